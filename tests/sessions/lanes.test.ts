import { describe, expect, test } from "vitest";
import type { LaneHandler } from "../../sessions/lanes.ts";
import { LocalLanes } from "../../sessions/local-lanes.ts";
import { VirtualClock } from "../../sessions/virtual-clock.ts";
import { simulate } from "./lane-simulation.ts";
import { NOW } from "./messages.ts";

describe("the lane engine, simulated", () => {
  const cases = ["shared", "per-user", "per-thread", "tagged-hybrid"].flatMap((strategy) =>
    [1, 2, 3, 4, 5].map((seed) => ({ strategy, seed })),
  );

  test.each(cases)(
    "$strategy, seed $seed: nothing lost, in order, one run per lane, bounded wait",
    async ({ strategy, seed }) => {
      const story = await simulate({
        seed,
        strategy,
        messages: 300,
        chats: 3,
        users: 6,
        maxRuns: 4,
        throws: 0.1,
        crash: 0.01,
      });
      const answered = story.runs.flatMap(({ ids }) => ids);
      expect(answered.toSorted(byNumber)).toEqual(story.accepted.map(({ id }) => id).toSorted(byNumber));
      expect(answered).toHaveLength(300);
      expect(story.mostInLane).toBe(1);
      expect(story.mostRuns).toBeLessThanOrEqual(4);
      expect(story.left).toEqual({ queued: 0, running: 0, timers: 0 });

      for (const lane of new Set(story.accepted.map((entry) => entry.lane))) {
        const runs = story.runs.filter((run) => run.lane === lane);
        for (const user of new Set(runs.map((run) => run.user))) {
          const mine = (entry: { user: string; lane: string }) => entry.user === user && entry.lane === lane;
          const arrived = story.accepted.filter(mine).map(({ id }) => id);
          expect(runs.filter(mine).flatMap(({ ids }) => ids)).toEqual(arrived);
        }
        for (const [index, { waited, user }] of runs.entries()) {
          for (const other of new Set(waited.filter((who) => who !== user))) {
            const until = runs.slice(index + 1).findIndex((run) => run.user === other);
            const before = runs.slice(index + 1, index + 1 + until).map((run) => run.user);
            // Everybody else at most once before somebody who waits.
            expect(new Set(before).size).toBe(before.length);
          }
        }
      }
    },
  );

  test("the stories really crash, and the same seed tells the same one", async () => {
    const options = {
      seed: 9,
      strategy: "shared",
      messages: 200,
      chats: 2,
      users: 5,
      maxRuns: 2,
      throws: 0.1,
      crash: 0.02,
    };
    const [one, other] = [await simulate(options), await simulate(options)];
    expect(one.crashes).toBeGreaterThan(0);
    expect(other).toEqual(one);
  });
});

describe("the lane engine", () => {
  /** A handler whose runs end when the test says so. */
  function stage(maxRuns = 2) {
    const clock = new VirtualClock(NOW);
    const begun: string[] = [];
    const ends = new Map<string, (again: Awaited<ReturnType<LaneHandler>> | Error) => void>();
    const errors: string[] = [];
    const lanes = new LocalLanes({
      handler: (lane) =>
        new Promise((resolve, reject) => {
          begun.push(lane);
          ends.set(lane, (again) => (again instanceof Error ? reject(again) : resolve(again)));
        }),
      maxRuns,
      clock,
      onError: (_, lane) => errors.push(lane),
    });
    const end = async (lane: string, again: Awaited<ReturnType<LaneHandler>> | Error = "idle") => {
      ends.get(lane)?.(again);
      for (let i = 0; i < 5; i++) await Promise.resolve();
    };
    return { clock, begun, lanes, end, errors };
  }

  test("a wake-up while the lane runs is never lost", async () => {
    const { lanes, begun, end } = stage();
    lanes.wake("a", 1);
    lanes.wake("a", 1);
    await end("a", "idle");
    expect(begun).toEqual(["a", "a"]);
    await end("a", "idle");
    expect(lanes.size).toEqual({ queued: 0, running: 0, timers: 0 });
  });

  test("chats take turns, and lanes of a chat take turns", async () => {
    const { lanes, begun, end } = stage(1);
    lanes.wake("a1", 1);
    for (const [lane, chat] of [
      ["a2", 1],
      ["a3", 1],
      ["b1", 2],
      ["c1", 3],
    ] as const) {
      lanes.wake(lane, chat);
    }
    for (let i = 0; i < 5; i++) await end(begun.at(-1) ?? "", i === 0 ? "more" : "idle");
    expect(begun).toEqual(["a1", "a2", "b1", "c1", "a3", "a1"]);
  });

  test("a lane that is woken under both numbers of a chat that has moved runs once", async () => {
    const { lanes, begun, end } = stage(2);
    for (const lane of ["a", "b"]) lanes.wake(lane, 1);
    lanes.wake("c", 1);
    lanes.wake("c", 2);
    expect(lanes.size).toEqual({ queued: 1, running: 2, timers: 0 });
    await end("a");
    await end("b");
    expect(begun).toEqual(["a", "b", "c"]);
    await end("c");
    expect(lanes.size).toEqual({ queued: 0, running: 0, timers: 0 });
  });

  test("at most so many run side by side", () => {
    const { lanes, begun } = stage(2);
    for (const lane of ["a", "b", "c"]) lanes.wake(lane, 1);
    expect(begun).toEqual(["a", "b"]);
    expect(lanes.size).toEqual({ queued: 1, running: 2, timers: 0 });
  });

  test("a handler that throws frees its lane, which is tried again after a pause", async () => {
    const { lanes, begun, end, errors, clock } = stage();
    lanes.wake("a", 1);
    await end("a", new Error("the disk is full"));
    expect(errors).toEqual(["a"]);
    expect(begun).toEqual(["a"]);
    clock.advance(999);
    expect(begun).toEqual(["a"]);
    clock.advance(1);
    expect(begun).toEqual(["a", "a"]);
    await end("a");
  });

  test("a lane that has to wait is looked at when its time comes, or when it is woken before", async () => {
    const { lanes, begun, end, clock } = stage();
    lanes.wake("a", 1);
    await end("a", { at: NOW + 500 });
    lanes.wake("a", 1);
    expect(begun).toHaveLength(2);
    await end("a", { at: NOW + 500 });
    clock.advance(500);
    expect(begun).toHaveLength(3);
    await end("a");
    expect(clock.pending).toBe(0);
  });

  test("a handler that does not come back is given up: its place is free, and its lane is tried again", async () => {
    const clock = new VirtualClock(NOW);
    const begun: string[] = [];
    const stuck: string[] = [];
    const { promise: late, resolve } = Promise.withResolvers<"more">();
    const lanes = new LocalLanes({
      handler: (lane) => {
        begun.push(lane);
        return begun.length === 1 ? late : Promise.resolve("idle");
      },
      maxRuns: 1,
      clock,
      retryMs: 100,
      stuckMs: 5_000,
      onStuck: (lane) => stuck.push(lane),
    });
    lanes.wake("a", 1);
    lanes.wake("b", 2);
    clock.advance(4_999);
    expect(begun).toEqual(["a"]);
    clock.advance(1);
    await new Promise(setImmediate);
    expect(begun).toEqual(["a", "b"]);
    clock.advance(100);
    await new Promise(setImmediate);
    expect(begun).toEqual(["a", "b", "a"]);
    expect(stuck).toEqual(["a"]);
    resolve("more");
    await new Promise(setImmediate);
    // What it says of more is heard: whoever took over may have found the lane busy.
    expect(begun).toHaveLength(4);
    expect(clock.pending).toBe(0);
  });

  test("draining starts nothing more and waits for what runs", async () => {
    const { lanes, begun, end, clock } = stage(1);
    lanes.wake("a", 1);
    lanes.wake("b", 1);
    lanes.wakeAt("c", 1, NOW + 1);
    let drained = false;
    const draining = lanes.drain().then(() => {
      drained = true;
    });
    await end("b");
    expect(drained).toBe(false);
    await end("a", "more");
    await draining;
    clock.advance(10);
    expect(begun).toEqual(["a"]);
  });

  test("ten thousand lanes that are done leave nothing behind", async () => {
    const lanes = new LocalLanes({ handler: async () => "idle" });
    for (let i = 0; i < 10_000; i++) lanes.wake(`lane ${i}`, i % 100);
    await new Promise(setImmediate);
    expect(lanes.size).toEqual({ queued: 0, running: 0, timers: 0 });
  });
});

const byNumber = (one: string, other: string) => Number(one) - Number(other);
