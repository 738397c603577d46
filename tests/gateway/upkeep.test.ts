import { expect, onTestFinished, test } from "vitest";
import { createLog } from "../../gateway/log.ts";
import { Upkeep } from "../../gateway/upkeep.ts";
import { openDatabase } from "../../sessions/sqlite/database.ts";
import { sqliteStore } from "../../sessions/sqlite/store.ts";
import { VirtualClock } from "../../sessions/virtual-clock.ts";
import { message, NOW, planOf, routing } from "../sessions/messages.ts";
import { platform } from "./runner-stage.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A store with a session of one turn, and what is done to it by and by. */
async function stage({ retentionMs }: { retentionMs?: number } = {}) {
  const clock = new VirtualClock(NOW);
  const store = sqliteStore(openDatabase(":memory:"), { now: () => clock.now() });
  onTestFinished(() => store.close());
  const erased: number[] = [];
  const woken: string[] = [];
  const aborted: number[] = [];
  const recovered: number[] = [];
  const cleaned: number[] = [];
  const lines: Array<{ level: number; msg: string; byMs?: number; rows?: number }> = [];
  const log = createLog("info", { write: (line) => void lines.push(JSON.parse(line)) });
  let [changed, failing] = [false, false];
  const upkeep = new Upkeep({
    store: {
      ...store,
      changedElsewhere: () => changed,
      cleanUp(at) {
        cleaned.push(at);
        return store.cleanUp(at);
      },
      stoppedRuns: async () => (failing ? Promise.reject(new Error("the store fails")) : store.stoppedRuns()),
    },
    lanes: { wake: (lane) => void woken.push(lane), wakeAt: () => {}, drain: async () => {} },
    delivery: { recover: async () => void recovered.push(clock.now()) },
    adapters: [platform({ erase: { before: async (time) => erased.push(time), of: async () => 0 } })],
    abort: (runIds) => aborted.push(...runIds),
    heldMs: 0,
    ambientMs: 1_000,
    retentionMs,
    clock,
    log,
  });
  const inbound = message("alice", "hello");
  const lane = planOf(inbound).lane;
  const say = async () => store.accept(inbound, routing(inbound));

  /** Let time pass, task by task, each to its end. */
  async function pass(ms: number): Promise<void> {
    const until = clock.now() + ms;
    while (clock.now() < until) {
      clock.advance(1_000);
      await new Promise(setImmediate);
    }
  }
  return {
    ...{ clock, store, upkeep, lane, say, pass, erased, woken, aborted, recovered, lines, cleaned },
    change: (yes: boolean) => {
      changed = yes;
    },
    fail: (yes: boolean) => {
      failing = yes;
    },
  };
}

test("what is older than the retention is erased here and on platforms of our own, an hour apart", async () => {
  const { store, clock, upkeep, lane, say, pass, erased } = await stage({ retentionMs: DAY_MS });
  await say();
  const claim = await store.claim(lane);
  if (claim.kind !== "run") throw new Error(claim.kind);
  const { run } = claim;
  await store.journal(run, {
    message: { role: "user", content: [{ type: "text", text: "hello" }], author: run.author },
  });
  await store.end(run, { outcome: "done", deliveries: [] });
  clock.advance(DAY_MS - 30_000);
  upkeep.start();
  expect(await store.history(run.sessionId)).toHaveLength(1);
  await pass(MINUTE_MS);
  expect(await store.history(run.sessionId)).toEqual([]);
  expect(erased).toEqual([clock.now() - DAY_MS]);
  await pass(HOUR_MS - MINUTE_MS);
  expect(erased).toHaveLength(1);
  await pass(2 * MINUTE_MS);
  expect(erased).toHaveLength(2);
  upkeep.stop();
  expect(clock.pending).toBe(0);
});

test("without a retention nothing is erased", async () => {
  const { upkeep, pass, erased } = await stage();
  upkeep.start();
  await pass(2 * HOUR_MS);
  upkeep.stop();
  expect(erased).toEqual([]);
});

test("what another process has changed is told within a second, and nothing is where nothing was", async () => {
  const { store, upkeep, lane, say, pass, change, woken, aborted, recovered } = await stage();
  await say();
  const claim = await store.claim(lane);
  if (claim.kind !== "run") throw new Error(claim.kind);
  upkeep.start();
  await pass(3_000);
  expect([woken, aborted, recovered]).toEqual([[], [], []]);
  await store.setAccess({ kind: "user", platform: "telegram", account: "default", id: "alice" }, "blocked", "cli:test");
  change(true);
  await pass(1_000);
  change(false);
  await pass(3_000);
  expect([woken, aborted, recovered.length]).toEqual([[lane], [claim.run.runId], 1]);
  upkeep.stop();
});

test("what could not be told is told the next time", async () => {
  const { upkeep, pass, change, recovered, fail } = await stage();
  upkeep.start();
  change(true);
  fail(true);
  await pass(1_000);
  change(false);
  fail(false);
  expect(recovered).toEqual([]);
  await pass(1_000);
  expect(recovered).toHaveLength(1);
  upkeep.stop();
});

test("what nobody needs any more is cleaned up soon after the start, and then once an hour", async () => {
  const { store, clock, upkeep, lane, say, pass, lines, cleaned } = await stage();
  const finish = async () => {
    await say();
    const claim = await store.claim(lane);
    if (claim.kind === "run") await store.end(claim.run, { outcome: "done", deliveries: [] });
  };
  const rows = () => lines.flatMap((line) => line.rows ?? []);
  await finish();
  clock.advance(7 * DAY_MS);
  const began = clock.now();
  upkeep.start();
  await pass(HOUR_MS + 2 * MINUTE_MS);
  expect(cleaned.map((at) => Math.round((at - began) / MINUTE_MS))).toEqual([1, 61]);
  expect(rows()).toEqual([1]);
  upkeep.stop();
  expect(clock.pending).toBe(0);
});

test("a clock that is put forth or back by more than a minute is told of once, with how far", async () => {
  const { clock, upkeep, pass, lines } = await stage();
  upkeep.start();
  const told = () => lines.filter(({ byMs }) => byMs !== undefined).map(({ byMs, level }) => [byMs, level]);
  clock.put(MINUTE_MS);
  await pass(5 * MINUTE_MS);
  expect(told()).toEqual([]);
  clock.put(HOUR_MS);
  await pass(5 * MINUTE_MS);
  clock.put(-2 * HOUR_MS);
  await pass(5 * MINUTE_MS);
  expect(told()).toEqual([
    [HOUR_MS, 40],
    [-2 * HOUR_MS, 40],
  ]);
  expect(lines.map(({ msg }) => /was put (forth|back)/.exec(msg)?.[1])).toEqual(["forth", "back"]);
  upkeep.stop();
});
