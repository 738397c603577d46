import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SendError } from "../../adapters/adapter.ts";
import { message, NOW, routing } from "../sessions/messages.ts";
import { DeliveryStage, HOUR, MINUTE } from "./delivery-stage.ts";

describe("delivery", () => {
  let stage: DeliveryStage;
  beforeEach(() => {
    stage = new DeliveryStage();
  });
  afterEach(async () => {
    await stage.delivery.close();
    expect(stage.clock.pending).toBe(0);
    await stage.store.close();
  });

  test("chats that the platform asks to wait hold up nobody", async () => {
    stage.answer = async ({ to }) => {
      if (to.chatId !== "good") throw new SendError("rate-limited", "slow down", { retryAfterMs: MINUTE });
    };
    for (const chat of ["one", "two", "three"]) stage.delivery.wake(await stage.enqueue(chat, chat));
    await stage.delivery.settled();
    stage.delivery.wake(await stage.enqueue("good", "good"));
    await stage.delivery.settled();
    expect(stage.sent).toEqual(["good"]);
    stage.answer = async () => {};
    await stage.pass(MINUTE - 1);
    expect(stage.sent).toEqual(["good"]);
    await stage.pass(1);
    expect(stage.sent.toSorted()).toEqual(["good", "one", "three", "two"]);
  });

  test("one chat's answers leave in order, also when one of them had to wait", async () => {
    let limited = true;
    stage.answer = async () => {
      if (!limited) return;
      limited = false;
      throw new SendError("rate-limited", "slow down", { retryAfterMs: 5_000 });
    };
    stage.delivery.wake(await stage.enqueue("c", "one", "two"));
    await stage.delivery.settled();
    stage.delivery.wake(await stage.enqueue("c", "three"));
    await stage.pass(5_000);
    expect(stage.sent).toEqual(["one", "two", "three"]);
  });

  test("what may have been taken is sent again soon once, and then rarely", async () => {
    let tries = 0;
    stage.answer = async () => {
      tries += 1;
      throw new SendError("temporary", "reset", { uncertain: true });
    };
    stage.delivery.wake(await stage.enqueue("c", "text"));
    await stage.delivery.settled();
    await stage.pass(4 * MINUTE, 1_000);
    expect(tries).toBe(2);
    await stage.pass(23 * HOUR, MINUTE);
    expect(tries).toBeLessThanOrEqual(6);
  });

  test("neither rate limits nor refused connections make a doubtful send wait longer", async () => {
    const failures = [
      ...Array.from({ length: 6 }, () => new SendError("rate-limited", "slow down", { retryAfterMs: 1_000 })),
      ...Array.from({ length: 4 }, () => new SendError("temporary", "connection refused")),
      new SendError("temporary", "reset", { uncertain: true }),
    ];
    stage.answer = async () => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
    };
    stage.delivery.wake(await stage.enqueue("c", "text"));
    await stage.delivery.settled();
    // Six times one second, then 1 + 2 + 4 + 8, and one more behind the reset.
    await stage.pass(22_000, 1_000);
    expect(stage.sent).toEqual(["text"]);
  });

  test("what was certainly not taken is tried again and again, and given up after a day", async () => {
    let tries = 0;
    stage.answer = async () => {
      tries += 1;
      throw new SendError("temporary", "connection refused");
    };
    const ref = await stage.enqueue("c", "text");
    stage.delivery.wake(ref);
    await stage.delivery.settled();
    await stage.pass(24 * HOUR, MINUTE);
    expect(tries).toBeGreaterThan(1_000);
    await stage.pass(10 * MINUTE, MINUTE);
    expect(await stage.store.nextChunk(ref)).toBeNull();
    expect(await stage.store.chats()).toMatchObject([{ failed: 1 }]);
  });

  test("an answer as old as fifteen hours is not sent blindly: its reader is told instead", async () => {
    stage.maxAgeMs = 12 * HOUR;
    const ref = await stage.enqueueAnswer("c", "yesterday's news", "and more of it");
    stage.clock.advance(15 * HOUR);
    stage.delivery.wake(ref);
    await stage.delivery.settled();
    expect(stage.sent).toEqual([expect.stringContaining("Ask again if you still need it")]);
    expect(await stage.store.chats()).toMatchObject([{ failed: 1 }]);
  });

  test("what says that an answer was kept back is itself given up after a day, without another word", async () => {
    stage.maxAgeMs = 12 * HOUR;
    stage.answer = async () => {
      throw new SendError("temporary", "out of reach");
    };
    stage.delivery.wake(await stage.enqueueAnswer("c", "news"));
    await stage.delivery.settled();
    await stage.pass(72 * HOUR, MINUTE);
    stage.answer = async () => {};
    await stage.pass(2 * HOUR, MINUTE);
    expect(stage.sent).toEqual([]);
    expect(await stage.store.chats()).toMatchObject([{ failed: 2 }]);
  });

  test("a notice is not old news, nor is what may have been shown already", async () => {
    stage.maxAgeMs = 12 * HOUR;
    const ref = await stage.enqueue("notice", "a notice");
    const other = await stage.enqueueAnswer("shown", "an answer");
    await stage.store.nextChunk(other);
    stage.clock.advance(15 * HOUR);
    for (const chat of [ref, other]) stage.delivery.wake(chat);
    await stage.delivery.settled();
    expect(stage.sent.toSorted()).toEqual(["a notice", "an answer"]);
  });

  test("an answer that the platform will never take ends with a word to its reader", async () => {
    stage.answer = async ({ text }) => {
      if (text === "forbidden") throw new SendError("refused", "blocked");
    };
    stage.delivery.wake(await stage.enqueueAnswer("c", "forbidden"));
    await stage.delivery.settled();
    expect(stage.sent).toEqual([expect.stringContaining("cannot be posted here")]);
  });

  test("what was begun goes on, however long it took", async () => {
    stage.maxAgeMs = 12 * HOUR;
    stage.answer = async ({ index }) => {
      if (index === 1 && stage.clock.now() < NOW + 13 * HOUR)
        throw new SendError("rate-limited", "wait", { retryAfterMs: 13 * HOUR });
    };
    stage.delivery.wake(await stage.enqueueAnswer("c", "one", "two"));
    await stage.delivery.settled();
    await stage.pass(14 * HOUR);
    expect(stage.sent).toEqual(["one", "two"]);
  });

  test("an answer whose thread is gone goes where its question stands, and the chat is told once", async () => {
    stage.answer = async ({ to }) => {
      if (to.threadId !== undefined) throw new SendError("thread-gone", "unknown thread");
    };
    for (const text of ["first", "second"]) {
      const inbound = message("alice", "q");
      const accepted = await stage.store.accept(inbound, routing(inbound));
      const claim = await stage.store.claim("lane" in accepted ? accepted.lane : "");
      if (claim.kind !== "run") throw new Error("no run");
      const to = { ...claim.run.to, threadId: "gone" };
      await stage.store.end(claim.run, {
        outcome: "done",
        deliveries: [{ to, opened: true, chunks: [{ text, plain: text }] }],
      });
      stage.delivery.wake(claim.run.chat.ref);
      await stage.delivery.settled();
      await stage.pass(2_000);
    }
    expect(stage.sent).toEqual(["first", expect.stringContaining("gone or locked"), "second"]);
    expect(await stage.store.chats()).toMatchObject([{ failed: 0 }]);
  });

  test("an answer whose thread goes away between its chunks stands whole outside, under keys of its own", async () => {
    const keys: string[] = [];
    stage.answer = async ({ to, index, key }) => {
      if (to.threadId !== undefined && index === 1) throw new SendError("thread-gone", "unknown thread");
      keys.push(key);
    };
    const inbound = message("alice", "q");
    const accepted = await stage.store.accept(inbound, routing(inbound));
    const claim = await stage.store.claim("lane" in accepted ? accepted.lane : "");
    if (claim.kind !== "run") throw new Error("no run");
    const to = { ...claim.run.to, threadId: "gone" };
    const chunks = ["one", "two"].map((text) => ({ text, plain: text }));
    await stage.store.end(claim.run, { outcome: "done", deliveries: [{ to, opened: true, chunks }] });
    stage.delivery.wake(claim.run.chat.ref);
    await stage.delivery.settled();
    await stage.pass(2_000);
    expect(stage.sent).toEqual(["one", "one", "two", expect.stringContaining("gone or locked")]);
    expect(new Set(keys).size).toBe(4);
  });

  test("a fault in an adapter blocks its chat for some seconds, not for a day", async () => {
    stage.answer = async ({ text }) => {
      if (text === "bad") throw new TypeError("x is not a function");
    };
    stage.delivery.wake(await stage.enqueue("c", "bad"));
    stage.delivery.wake(await stage.enqueue("c", "good"));
    await stage.delivery.settled();
    await stage.pass(10_000, 1_000);
    expect(stage.sent).toEqual(["good"]);
  });

  test("what the platform will never take is given up at once, and the next one goes out", async () => {
    stage.answer = async ({ text }) => {
      if (text === "bad") throw new SendError("refused", "no");
    };
    stage.delivery.wake(await stage.enqueue("c", "bad", "the rest of bad"));
    stage.delivery.wake(await stage.enqueue("c", "good"));
    await stage.delivery.settled();
    expect(stage.sent).toEqual(["good"]);
  });

  test("closing cuts off what is being sent, also if other chats are woken meanwhile", async () => {
    const begun = Promise.withResolvers<void>();
    stage.answer = (_, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(new SendError("temporary", "aborted", { uncertain: true })));
        begun.resolve();
      });
    stage.delivery.wake(await stage.enqueue("one", "text"));
    await begun.promise;
    const other = await stage.enqueue("two", "text");
    const closing = stage.delivery.close();
    stage.delivery.wake(other);
    await closing;
    expect(stage.sent).toEqual([]);
    expect(await stage.store.chatsWithDeliveries()).toHaveLength(2);
  });

  test("a platform that does not answer holds up no other", async () => {
    const stuck = Promise.withResolvers<void>();
    stage.answer = ({ to }) => (to.platform === "telegram" ? stuck.promise : Promise.resolve());
    for (const chat of ["1", "2", "3"]) stage.delivery.wake(await stage.enqueue(chat, `to ${chat}`));
    stage.delivery.wake(await stage.put("4", ["elsewhere"], {}, "discord"));
    while (stage.sent.length === 0) await new Promise(setImmediate);
    expect(stage.sent).toEqual(["elsewhere"]);
    stuck.resolve();
    await stage.delivery.settled();
    expect(stage.sent.toSorted()).toEqual(["elsewhere", "to 1", "to 2", "to 3"]);
  });
});
