import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Adapter, type OutboundChunk, SendError } from "../../adapters/adapter.ts";
import { Delivery } from "../../gateway/delivery.ts";
import { Draft } from "../../gateway/draft.ts";
import { Answer, answered } from "../../gateway/endings.ts";
import { createLog } from "../../gateway/log.ts";
import { createMetrics } from "../../gateway/metrics.ts";
import { Platforms } from "../../gateway/platforms.ts";
import type { Run } from "../../sessions/runs.ts";
import { openDatabase } from "../../sessions/sqlite/database.ts";
import { sqliteStore } from "../../sessions/sqlite/store.ts";
import type { Store } from "../../sessions/store.ts";
import { VirtualClock } from "../../sessions/virtual-clock.ts";
import { message, NOW, planOf, routing } from "../sessions/messages.ts";

const EVERY_MS = 1_000;

/** A platform that shows drafts and knows the keys of what it was sent. */
class Screen {
  /** Texts by message id, as people see them. */
  readonly messages = new Map<string, string>();
  readonly calls: OutboundChunk[] = [];
  readonly #byKey = new Map<string, string>();
  /** What happens before a chunk is taken. */
  before: (chunk: OutboundChunk) => Promise<void> = async () => {};
  /** Takes the next one, and the acknowledgement is lost. */
  losesNext = false;
  readonly adapter: Adapter & { drafts: { everyMs?: number } } = {
    platform: "telegram",
    account: "default",
    start: async () => {},
    stop: async () => {},
    close: async () => {},
    render: (markdown) => [{ text: markdown, plain: markdown }],
    send: (chunk) => this.#send(chunk),
    drafts: {
      everyMs: EVERY_MS,
      remove: async ({ replaces }) => void this.messages.delete(replaces),
    },
  };

  async #send(chunk: OutboundChunk): Promise<string> {
    this.calls.push(chunk);
    await this.before(chunk);
    const id = chunk.replaces ?? this.#byKey.get(chunk.key) ?? `m${this.messages.size + 1}`;
    this.#byKey.set(chunk.key, id);
    this.messages.set(id, chunk.text);
    if (this.losesNext) {
      this.losesNext = false;
      throw new SendError("temporary", "the acknowledgement was lost");
    }
    return id;
  }

  get texts(): string[] {
    return [...this.messages.values()];
  }
}

describe("a draft", () => {
  let clock: VirtualClock;
  let store: Store;
  let screen: Screen;

  beforeEach(() => {
    clock = new VirtualClock(NOW);
    store = sqliteStore(openDatabase(":memory:"), { now: () => clock.now() });
    screen = new Screen();
  });
  afterEach(async () => {
    expect(clock.pending).toBe(0);
    await store.close();
  });

  async function begin(): Promise<Run> {
    const inbound = message("alice", "tell me");
    await store.accept(inbound, routing(inbound));
    return claim();
  }

  async function claim(): Promise<Run> {
    const claimed = await store.claim(planOf(message("alice", "")).lane);
    if (claimed.kind !== "run") throw new Error("no run");
    return claimed.run;
  }

  const draftOf = (run: Run) => Draft.of(run, screen.adapter, { store, clock, log: createLog("silent") }) as Draft;

  /** Let what was begun come to rest; the platform and the store answer without a timer. */
  async function settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  }

  async function pass(ms: number): Promise<void> {
    clock.advance(ms);
    await settle();
  }

  async function deliverAll(run: Run, ending: Parameters<Store["end"]>[1]): Promise<void> {
    await store.end(run, ending);
    await deliver(run);
  }

  async function deliver(run: Run): Promise<void> {
    const delivery = new Delivery({
      store,
      platforms: new Platforms([screen.adapter]),
      clock,
      log: createLog("silent"),
      metrics: createMetrics(() => store.counts()),
      onChatMoved: async () => {},
      maxAgeMs: () => 1_000_000,
    });
    delivery.wake(run.chat.ref);
    await delivery.settled();
    clock.advance(0);
    await delivery.settled();
    await delivery.close();
  }

  function ending(run: Run, text: string) {
    const answer = new Answer([]);
    answer.keep([{ type: "text", text }]);
    return answered(run, screen.adapter, answer);
  }

  test("shows the latest text at the platform's pace, in one message that becomes the answer", async () => {
    const run = await begin();
    const draft = draftOf(run);
    for (const text of ["O", "On", "Once"]) draft.show(text);
    await settle();
    expect(screen.texts).toEqual([]);
    await pass(EVERY_MS);
    expect(screen.texts).toEqual(["Once"]);
    for (const text of ["Once up", "Once upon"]) draft.show(text);
    await pass(EVERY_MS);
    expect(screen.texts).toEqual(["Once upon"]);
    await draft.end();
    await deliverAll(run, ending(run, "Once upon a time."));
    expect(screen.texts).toEqual(["Once upon a time."]);
    expect(screen.calls).toHaveLength(3);
    expect(new Set(screen.calls.map(({ key }) => key))).toEqual(new Set([run.draft.key]));
  });

  test("rests once the first chunk is full", async () => {
    const run = await begin();
    const draft = draftOf(run);
    const long = "word ".repeat(1_600);
    draft.show(long);
    await pass(EVERY_MS);
    draft.show(`${long}and more`);
    await pass(10 * EVERY_MS);
    expect(screen.calls).toHaveLength(1);
    await draft.end();
  });

  test("is not begun for an answer that is complete at once", async () => {
    const run = await begin();
    const draft = draftOf(run);
    draft.show("Yes.");
    await draft.end();
    await deliverAll(run, ending(run, "Yes."));
    expect(screen.calls).toHaveLength(1);
    expect(screen.calls[0]?.replaces).toBeUndefined();
  });

  test("half shown when the process died is gone on with by the next one, and one final answer stands", async () => {
    const run = await begin();
    const draft = draftOf(run);
    draft.show("Half of");
    await pass(EVERY_MS);
    await draft.end();
    const taken = await claim();
    const next = draftOf(taken);
    next.show("Half of it, and");
    await pass(EVERY_MS);
    await next.end();
    await deliverAll(taken, ending(taken, "Half of it, and the rest."));
    expect(screen.texts).toEqual(["Half of it, and the rest."]);
  });

  test("whose message is not known is found by its key", async () => {
    const run = await begin();
    const draft = draftOf(run);
    screen.losesNext = true;
    draft.show("Half of");
    await pass(EVERY_MS);
    await draft.end();
    const taken = await claim();
    expect(taken.draft).toEqual({ key: run.draft.key, begun: true });
    await deliverAll(taken, ending(taken, "All of it."));
    expect(screen.texts).toEqual(["All of it."]);
  });

  test("whose message is not known is found by its key also to be taken back", async () => {
    const run = await begin();
    const draft = draftOf(run);
    screen.losesNext = true;
    draft.show("Half of");
    await pass(EVERY_MS);
    await draft.end();
    await deliverAll(run, { outcome: "stopped", deliveries: [] });
    expect(screen.texts).toEqual([]);
  });

  test("of a run that was stopped is taken back", async () => {
    const run = await begin();
    const draft = draftOf(run);
    draft.show("Never mi");
    await pass(EVERY_MS);
    await draft.end();
    await deliverAll(run, { outcome: "stopped", deliveries: [] });
    expect(screen.texts).toEqual([]);
  });

  test("waits as long as the platform asks; the final text stands all the same", async () => {
    const run = await begin();
    const draft = draftOf(run);
    draft.show("one");
    await pass(EVERY_MS);
    screen.before = async () => {
      screen.before = async () => {};
      throw new SendError("rate-limited", "slow down", { retryAfterMs: 30_000 });
    };
    draft.show("one two");
    await pass(EVERY_MS);
    await pass(29_999);
    expect(screen.texts).toEqual(["one"]);
    await pass(1);
    expect(screen.texts).toEqual(["one two"]);
    await draft.end();
    await deliverAll(run, ending(run, "one two three"));
    expect(screen.texts).toEqual(["one two three"]);
  });

  test("that the platform will not have is left, and the answer comes as a whole", async () => {
    const run = await begin();
    const draft = draftOf(run);
    screen.before = async () => {
      screen.before = async () => {};
      throw new SendError("refused", "missing permission");
    };
    draft.show("one");
    await pass(EVERY_MS);
    draft.show("one two");
    await pass(10 * EVERY_MS);
    expect(screen.calls).toHaveLength(1);
    await draft.end();
    await deliverAll(run, ending(run, "one two three"));
    expect(screen.texts).toEqual(["one two three"]);
  });

  test("that is never taken nor refused holds up the end of its run for a bounded time", async () => {
    const run = await begin();
    const draft = draftOf(run);
    screen.before = () => new Promise(() => {});
    draft.show("half");
    await pass(EVERY_MS);
    const ending = draft.end();
    await pass(5_000);
    await ending;
    const parked = draftOf(run);
    parked.show("half");
    await pass(EVERY_MS);
    const parking = parked.end(0);
    await pass(0);
    await parking;
  });

  test("that was begun and never known goes when the answer is too old to be sent", async () => {
    const run = await begin();
    const draft = draftOf(run);
    screen.losesNext = true;
    draft.show("Half of");
    await pass(EVERY_MS);
    await draft.end();
    await store.end(run, ending(run, "All of it."));
    clock.advance(2_000_000);
    await deliver(run);
    expect(screen.texts).toEqual([expect.stringContaining("kept it back")]);
  });

  test("is taken back also where drafts are not shown any more", async () => {
    const run = await begin();
    const draft = draftOf(run);
    draft.show("Half of");
    await pass(EVERY_MS);
    await draft.end();
    delete screen.adapter.drafts.everyMs;
    expect(Draft.of(run, screen.adapter, { store, clock, log: createLog("silent") })).toBeUndefined();
    await deliverAll(run, { outcome: "stopped", deliveries: [] });
    expect(screen.texts).toEqual([]);
  });

  test("whose last replacement is refused for good is taken back, and the answer is sent by itself", async () => {
    const run = await begin();
    const draft = draftOf(run);
    draft.show("Half of");
    await pass(EVERY_MS);
    await draft.end();
    screen.before = async ({ replaces }) => {
      if (replaces !== undefined) throw new SendError("refused", "not to be edited");
    };
    await deliverAll(run, ending(run, "All of it."));
    expect(screen.texts).toEqual(["All of it."]);
  });

  test("that is on its way when the run ends arrives before the answer is handed over", async () => {
    const run = await begin();
    const draft = draftOf(run);
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    screen.before = () => held;
    draft.show("half");
    await pass(EVERY_MS);
    let ended = false;
    const ending = draft.end().then(() => {
      ended = true;
    });
    await settle();
    expect(ended).toBe(false);
    release();
    await ending;
    expect(screen.texts).toEqual(["half"]);
  });
});
