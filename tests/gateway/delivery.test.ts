import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Adapter, type OutboundChunk, SendError } from "../../adapters/adapter.ts";
import type { Platform } from "../../adapters/record.ts";
import { Delivery } from "../../gateway/delivery.ts";
import { createLog } from "../../gateway/log.ts";
import { createMetrics } from "../../gateway/metrics.ts";
import { Platforms } from "../../gateway/platforms.ts";
import type { NewDelivery } from "../../sessions/outbox.ts";
import { openDatabase } from "../../sessions/sqlite/database.ts";
import { sqliteStore } from "../../sessions/sqlite/store.ts";
import type { Store } from "../../sessions/store.ts";
import { message, NOW, routing } from "../sessions/messages.ts";
import { VirtualClock } from "../sessions/virtual-clock.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe("delivery", () => {
  let store: Store;
  let clock: VirtualClock;
  let delivery: Delivery;
  let sent: string[];
  let maxAgeMs: number;
  /** What the platform does with a chunk before it takes it. */
  let answer: (chunk: OutboundChunk, signal: AbortSignal) => Promise<void>;

  beforeEach(() => {
    clock = new VirtualClock(NOW);
    store = sqliteStore(openDatabase(":memory:"), { now: () => clock.now() });
    sent = [];
    maxAgeMs = 48 * HOUR;
    answer = async () => {};
    const adapter = (platform: Platform): Adapter => ({
      platform,
      account: "default",
      start: async () => {},
      stop: async () => {},
      close: async () => {},
      render: (markdown) => [{ text: markdown, plain: markdown }],
      async send(chunk, signal) {
        await answer(chunk, signal);
        sent.push(chunk.text);
        return `${sent.length}`;
      },
    });
    delivery = new Delivery({
      store,
      platforms: new Platforms([adapter("telegram"), adapter("discord")]),
      clock,
      log: createLog("silent"),
      metrics: createMetrics(() => store.counts()),
      onChatMoved: async () => {},
      maxAgeMs: () => maxAgeMs,
      maxChats: 2,
    });
  });
  afterEach(async () => {
    await delivery.close();
    expect(clock.pending).toBe(0);
    await store.close();
  });

  /** Put an answer into the outbox of a chat. @returns the chat's number */
  const enqueueAnswer = (chat: string, ...texts: string[]) => put(chat, texts, { isAnswer: true });
  /** The same for what is no answer to anything. */
  const enqueue = (chat: string, ...texts: string[]) => put(chat, texts, {});

  async function put(
    chat: string,
    texts: string[],
    more: Partial<NewDelivery>,
    platform: Platform = "telegram",
  ): Promise<number> {
    const inbound = message("alice", "q", { source: { platform, chat: { id: chat, kind: "group" } } });
    const accepted = await store.accept(inbound, routing(inbound));
    const claim = await store.claim("lane" in accepted ? accepted.lane : "");
    if (claim.kind !== "run") throw new Error("no run");
    const chunks = texts.map((text) => ({ text, plain: text }));
    await store.end(claim.run, { outcome: "done", deliveries: [{ to: claim.run.to, chunks, ...more }] });
    return claim.run.chat.ref;
  }

  /** Let time pass in steps, so that whatever becomes due is carried out on the way. */
  async function pass(ms: number, step = ms): Promise<void> {
    for (let passed = 0; passed < ms; passed += step) {
      clock.advance(step);
      await delivery.settled();
    }
  }

  test("chats that the platform asks to wait hold up nobody", async () => {
    answer = async ({ to }) => {
      if (to.chatId !== "good") throw new SendError("rate-limited", "slow down", { retryAfterMs: MINUTE });
    };
    for (const chat of ["one", "two", "three"]) delivery.wake(await enqueue(chat, chat));
    await delivery.settled();
    delivery.wake(await enqueue("good", "good"));
    await delivery.settled();
    expect(sent).toEqual(["good"]);
    answer = async () => {};
    await pass(MINUTE - 1);
    expect(sent).toEqual(["good"]);
    await pass(1);
    expect(sent.toSorted()).toEqual(["good", "one", "three", "two"]);
  });

  test("one chat's answers leave in order, also when one of them had to wait", async () => {
    let limited = true;
    answer = async () => {
      if (!limited) return;
      limited = false;
      throw new SendError("rate-limited", "slow down", { retryAfterMs: 5_000 });
    };
    delivery.wake(await enqueue("c", "one", "two"));
    await delivery.settled();
    delivery.wake(await enqueue("c", "three"));
    await pass(5_000);
    expect(sent).toEqual(["one", "two", "three"]);
  });

  test("what may have been taken is sent again soon once, and then rarely", async () => {
    let tries = 0;
    answer = async () => {
      tries += 1;
      throw new SendError("temporary", "reset", { uncertain: true });
    };
    delivery.wake(await enqueue("c", "text"));
    await delivery.settled();
    await pass(4 * MINUTE, 1_000);
    expect(tries).toBe(2);
    await pass(23 * HOUR, MINUTE);
    expect(tries).toBeLessThanOrEqual(6);
  });

  test("neither rate limits nor refused connections make a doubtful send wait longer", async () => {
    const failures = [
      ...Array.from({ length: 6 }, () => new SendError("rate-limited", "slow down", { retryAfterMs: 1_000 })),
      ...Array.from({ length: 4 }, () => new SendError("temporary", "connection refused")),
      new SendError("temporary", "reset", { uncertain: true }),
    ];
    answer = async () => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
    };
    delivery.wake(await enqueue("c", "text"));
    await delivery.settled();
    // Six times one second, then 1 + 2 + 4 + 8, and one more behind the reset.
    await pass(22_000, 1_000);
    expect(sent).toEqual(["text"]);
  });

  test("what was certainly not taken is tried again and again, and given up after a day", async () => {
    let tries = 0;
    answer = async () => {
      tries += 1;
      throw new SendError("temporary", "connection refused");
    };
    const ref = await enqueue("c", "text");
    delivery.wake(ref);
    await delivery.settled();
    await pass(24 * HOUR, MINUTE);
    expect(tries).toBeGreaterThan(1_000);
    await pass(10 * MINUTE, MINUTE);
    expect(await store.nextChunk(ref)).toBeNull();
    expect(await store.chats()).toMatchObject([{ failed: 1 }]);
  });

  test("an answer as old as fifteen hours is not sent blindly: its reader is told instead", async () => {
    maxAgeMs = 12 * HOUR;
    const ref = await enqueueAnswer("c", "yesterday's news", "and more of it");
    clock.advance(15 * HOUR);
    delivery.wake(ref);
    await delivery.settled();
    expect(sent).toEqual([expect.stringContaining("Ask again if you still need it")]);
    expect(await store.chats()).toMatchObject([{ failed: 1 }]);
  });

  test("what says that an answer was kept back is itself given up after a day, without another word", async () => {
    maxAgeMs = 12 * HOUR;
    answer = async () => {
      throw new SendError("temporary", "out of reach");
    };
    delivery.wake(await enqueueAnswer("c", "news"));
    await delivery.settled();
    await pass(72 * HOUR, MINUTE);
    answer = async () => {};
    await pass(2 * HOUR, MINUTE);
    expect(sent).toEqual([]);
    expect(await store.chats()).toMatchObject([{ failed: 2 }]);
  });

  test("a notice is not old news, nor is what may have been shown already", async () => {
    maxAgeMs = 12 * HOUR;
    const ref = await enqueue("notice", "a notice");
    const other = await enqueueAnswer("shown", "an answer");
    await store.nextChunk(other);
    clock.advance(15 * HOUR);
    for (const chat of [ref, other]) delivery.wake(chat);
    await delivery.settled();
    expect(sent.toSorted()).toEqual(["a notice", "an answer"]);
  });

  test("an answer that the platform will never take ends with a word to its reader", async () => {
    answer = async ({ text }) => {
      if (text === "forbidden") throw new SendError("refused", "blocked");
    };
    delivery.wake(await enqueueAnswer("c", "forbidden"));
    await delivery.settled();
    expect(sent).toEqual([expect.stringContaining("cannot be posted here")]);
  });

  test("what was begun goes on, however long it took", async () => {
    maxAgeMs = 12 * HOUR;
    answer = async ({ index }) => {
      if (index === 1 && clock.now() < NOW + 13 * HOUR)
        throw new SendError("rate-limited", "wait", { retryAfterMs: 13 * HOUR });
    };
    delivery.wake(await enqueueAnswer("c", "one", "two"));
    await delivery.settled();
    await pass(14 * HOUR);
    expect(sent).toEqual(["one", "two"]);
  });

  test("an answer whose thread is gone goes where its question stands, and the chat is told once", async () => {
    answer = async ({ to }) => {
      if (to.threadId !== undefined) throw new SendError("thread-gone", "unknown thread");
    };
    for (const text of ["first", "second"]) {
      const inbound = message("alice", "q");
      const accepted = await store.accept(inbound, routing(inbound));
      const claim = await store.claim("lane" in accepted ? accepted.lane : "");
      if (claim.kind !== "run") throw new Error("no run");
      const to = { ...claim.run.to, threadId: "gone" };
      await store.end(claim.run, {
        outcome: "done",
        deliveries: [{ to, opened: true, chunks: [{ text, plain: text }] }],
      });
      delivery.wake(claim.run.chat.ref);
      await delivery.settled();
      await pass(2_000);
    }
    expect(sent).toEqual(["first", expect.stringContaining("gone or locked"), "second"]);
    expect(await store.chats()).toMatchObject([{ failed: 0 }]);
  });

  test("an answer whose thread goes away between its chunks stands whole outside, under keys of its own", async () => {
    const keys: string[] = [];
    answer = async ({ to, index, key }) => {
      if (to.threadId !== undefined && index === 1) throw new SendError("thread-gone", "unknown thread");
      keys.push(key);
    };
    const inbound = message("alice", "q");
    const accepted = await store.accept(inbound, routing(inbound));
    const claim = await store.claim("lane" in accepted ? accepted.lane : "");
    if (claim.kind !== "run") throw new Error("no run");
    const to = { ...claim.run.to, threadId: "gone" };
    const chunks = ["one", "two"].map((text) => ({ text, plain: text }));
    await store.end(claim.run, { outcome: "done", deliveries: [{ to, opened: true, chunks }] });
    delivery.wake(claim.run.chat.ref);
    await delivery.settled();
    await pass(2_000);
    expect(sent).toEqual(["one", "one", "two", expect.stringContaining("gone or locked")]);
    expect(new Set(keys).size).toBe(4);
  });

  test("a fault in an adapter blocks its chat for some seconds, not for a day", async () => {
    answer = async ({ text }) => {
      if (text === "bad") throw new TypeError("x is not a function");
    };
    delivery.wake(await enqueue("c", "bad"));
    delivery.wake(await enqueue("c", "good"));
    await delivery.settled();
    await pass(10_000, 1_000);
    expect(sent).toEqual(["good"]);
  });

  test("what the platform will never take is given up at once, and the next one goes out", async () => {
    answer = async ({ text }) => {
      if (text === "bad") throw new SendError("refused", "no");
    };
    delivery.wake(await enqueue("c", "bad", "the rest of bad"));
    delivery.wake(await enqueue("c", "good"));
    await delivery.settled();
    expect(sent).toEqual(["good"]);
  });

  test("closing cuts off what is being sent, also if other chats are woken meanwhile", async () => {
    const begun = Promise.withResolvers<void>();
    answer = (_, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(new SendError("temporary", "aborted", { uncertain: true })));
        begun.resolve();
      });
    delivery.wake(await enqueue("one", "text"));
    await begun.promise;
    const other = await enqueue("two", "text");
    const closing = delivery.close();
    delivery.wake(other);
    await closing;
    expect(sent).toEqual([]);
    expect(await store.chatsWithDeliveries()).toHaveLength(2);
  });

  test("a platform that does not answer holds up no other", async () => {
    const stuck = Promise.withResolvers<void>();
    answer = ({ to }) => (to.platform === "telegram" ? stuck.promise : Promise.resolve());
    for (const chat of ["1", "2", "3"]) delivery.wake(await enqueue(chat, `to ${chat}`));
    delivery.wake(await put("4", ["elsewhere"], {}, "discord"));
    while (sent.length === 0) await new Promise(setImmediate);
    expect(sent).toEqual(["elsewhere"]);
    stuck.resolve();
    await delivery.settled();
    expect(sent.toSorted()).toEqual(["elsewhere", "to 1", "to 2", "to 3"]);
  });
});
