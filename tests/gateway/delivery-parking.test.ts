import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SendError } from "../../adapters/adapter.ts";
import { StoreError } from "../../sessions/store.ts";
import { DeliveryStage, HOUR, MINUTE } from "./delivery-stage.ts";

const BY = "cli:olga";
const failing = async () => {
  throw new SendError("temporary", "500", { answered: true });
};
const refusing = async () => {
  throw new SendError("refused", "no");
};

describe("parking", () => {
  let stage: DeliveryStage;
  beforeEach(() => {
    stage = new DeliveryStage({ maxFailures: 3 });
  });
  afterEach(async () => {
    await stage.delivery.close();
    expect(stage.clock.pending).toBe(0);
    await stage.store.close();
  });

  const views = () => stage.store.deliveries();
  const retry = async () => {
    const { done } = await stage.store.retryDeliveries({ parked: "everywhere" }, BY);
    await stage.delivery.recover();
    await stage.delivery.settled();
    return done;
  };

  test("what the platform fails at again and again is parked, also if the program is started anew in between", async () => {
    let tries = 0;
    stage.answer = async ({ text }) => {
      if (text !== "poison") return;
      tries += 1;
      await failing();
    };
    await stage.enqueueAnswer("c", "poison");
    const chat = await stage.enqueueAnswer("c", "next");
    await stage.send(chat);
    await stage.restart();
    expect(await views()).toMatchObject([{ state: "pending", code: "temporary", failures: 2 }, { state: "pending" }]);
    await stage.restart();
    expect(tries).toBe(3);
    expect(stage.sent).toEqual([expect.stringContaining("cannot be posted here"), "next"]);
    expect(await views()).toMatchObject([{ state: "parked", code: "failing", failures: 3, sent: 0, chunks: 1 }]);
    expect(await stage.counted("failedDeliveries")).toBe(1);
  });

  test("an outage and rate limits park nothing, however often they meet it", async () => {
    const errors = [
      ...Array.from({ length: 30 }, () => new SendError("temporary", "connection refused")),
      ...Array.from({ length: 30 }, () => new SendError("rate-limited", "slow down", { retryAfterMs: MINUTE })),
    ];
    stage.answer = async () => {
      const error = errors.shift();
      if (error !== undefined) throw error;
    };
    const chat = await stage.enqueueAnswer("c", "text");
    await stage.send(chat);
    await stage.pass(2 * HOUR, MINUTE);
    expect(stage.sent).toEqual(["text"]);
  });

  test("what the program has ended on five times is not sent a sixth time, and the next one goes on", async () => {
    await stage.enqueueAnswer("c", "killer");
    const chat = await stage.enqueueAnswer("c", "next");
    await stage.crashesWhileSending(chat, 5);
    await stage.send(chat);
    expect(stage.sent).toEqual([expect.stringContaining("cannot tell whether my answer arrived"), "next"]);
    expect(await views()).toMatchObject([{ state: "parked", code: "crashed", failures: 5 }]);
    expect(await stage.counted("possibleDuplicates")).toBe(0);
  });

  test("what the program has ended on four times is sent, and counted as a possible copy", async () => {
    const chat = await stage.enqueueAnswer("c", "text");
    await stage.crashesWhileSending(chat, 4);
    await stage.send(chat);
    expect(stage.sent).toEqual(["text"]);
    expect(await stage.counted("possibleDuplicates")).toBe(1);
  });

  test("ending in order in the middle of a send is no crash", async () => {
    let hold = true;
    let begun = Promise.withResolvers<void>();
    stage.answer = (_, signal) =>
      new Promise((resolve, reject) => {
        if (!hold) return resolve();
        signal.addEventListener("abort", () => reject(new SendError("temporary", "aborted", { uncertain: true })));
        begun.resolve();
      });
    const chat = await stage.enqueueAnswer("c", "text");
    stage.delivery.wake(chat);
    for (let i = 0; i < 7; i++) {
      await begun.promise;
      begun = Promise.withResolvers();
      hold = i < 6;
      await stage.restart({ settle: !hold });
    }
    expect(stage.sent).toEqual(["text"]);
  });

  test("a fault of our own is counted over restarts as well", async () => {
    let tries = 0;
    stage.answer = async ({ text }) => {
      if (text !== "bad") return;
      tries += 1;
      throw new TypeError("x is not a function");
    };
    const chat = await stage.enqueueAnswer("c", "bad");
    await stage.send(chat);
    for (let i = 0; i < 6; i++) await stage.restart();
    expect(tries).toBe(5);
    expect(await views()).toMatchObject([{ state: "parked", code: "fault" }]);
    expect(stage.sent).toHaveLength(1);
  });

  test("who has seen a part is told that the rest could not be posted", async () => {
    stage.answer = async ({ index, text }) => {
      if (index === 1 && text === "two") await refusing();
    };
    await stage.send(await stage.enqueueAnswer("c", "one", "two", "three"));
    expect(stage.sent).toEqual(["one", expect.stringContaining("the rest of this answer")]);
    expect(await views()).toMatchObject([{ state: "parked", code: "refused", sent: 1, chunks: 3 }]);
  });

  test("a word on what is parked that cannot be sent either is parked in silence", async () => {
    stage.answer = refusing;
    await stage.send(await stage.enqueueAnswer("c", "text"));
    expect(await views()).toMatchObject([{ state: "parked" }, { state: "parked" }]);
    stage.answer = async () => {};
    expect(await retry()).toHaveLength(1);
    expect(stage.sent).toEqual(["text"]);
    expect(await views()).toEqual([]);
  });

  test("what is put back after days is sent under the key that it had, whatever its age", async () => {
    const keys: string[] = [];
    stage.maxAgeMs = HOUR;
    stage.answer = async ({ key, text }) => {
      if (text !== "text") return;
      keys.push(key);
      if (keys.length === 1) await refusing();
    };
    await stage.send(await stage.enqueueAnswer("c", "text"));
    await stage.pass(72 * HOUR);
    expect(await retry()).toHaveLength(1);
    expect(stage.sent).toEqual([expect.stringContaining("cannot be posted here"), "text"]);
    expect(new Set(keys).size).toBe(1);
    expect(await views()).toEqual([]);
  });

  test("a chat that sleeps because of what is dropped then wakes with what is next", async () => {
    stage.answer = async ({ text }) => {
      if (text === "limited") throw new SendError("rate-limited", "slow down", { retryAfterMs: 6 * HOUR });
    };
    const chat = await stage.enqueueAnswer("c", "limited");
    await stage.enqueueAnswer("c", "next");
    await stage.send(chat);
    const [limited] = await views();
    await stage.delivery.recover();
    await stage.delivery.settled();
    expect(stage.sent).toEqual([]);
    await stage.store.dropDeliveries({ id: limited?.id ?? 0 }, BY);
    await stage.delivery.recover();
    await stage.delivery.settled();
    expect(stage.sent).toEqual(["next"]);
  });

  test("a chat all of whose messages were dropped while it slept is not deaf to new ones", async () => {
    stage.answer = async ({ text }) => {
      if (text === "limited") throw new SendError("rate-limited", "slow down", { retryAfterMs: 6 * HOUR });
    };
    const chat = await stage.enqueueAnswer("c", "limited");
    await stage.send(chat);
    const [limited] = await views();
    await stage.store.dropDeliveries({ id: limited?.id ?? 0 }, BY);
    await stage.delivery.recover();
    await stage.enqueueAnswer("c", "new");
    await stage.send(chat);
    expect(stage.sent).toEqual(["new"]);
  });

  test("a chat that the platform sends from one id to the next is not followed for ever", async () => {
    let tries = 0;
    stage.answer = async ({ text }) => {
      if (text !== "text") return;
      tries += 1;
      throw new SendError("chat-moved", "moved", { movedTo: `c${tries}` });
    };
    await stage.send(await stage.enqueueAnswer("c", "text"));
    for (let i = 0; i < 10; i++) await stage.pass(1);
    expect(tries).toBe(6);
    expect(await views()).toMatchObject([{ state: "parked", code: "chat-moved" }]);
  });

  test("what the platform took while the store was failing is not sent again when that has recovered", async () => {
    const { chunkSent } = stage.store;
    let failures = 3;
    stage.store.chunkSent = (...told) => {
      failures -= 1;
      if (failures < 0) return chunkSent(...told);
      return Promise.reject(new StoreError("unwritable", "the disk is full"));
    };
    await stage.send(await stage.enqueueAnswer("c", "one", "two"));
    expect(stage.sent).toEqual(["one"]);
    await stage.pass(5_000, 1_000);
    expect(stage.sent).toEqual(["one", "two"]);
    expect(await views()).toEqual([]);
    expect(await stage.counted("possibleDuplicates")).toBe(0);
  });
});

describe("a send that is not answered", () => {
  let stage: DeliveryStage;
  beforeEach(() => {
    stage = new DeliveryStage();
  });
  afterEach(async () => {
    await stage.delivery.close();
    expect(stage.clock.pending).toBe(0);
    await stage.store.close();
  });

  test("does not hold its chat for ever, though the adapter ignores what it is told", async () => {
    let calls = 0;
    const begun = Promise.withResolvers<void>();
    stage.answer = () => {
      calls += 1;
      begun.resolve();
      return calls === 1 ? new Promise(() => {}) : Promise.resolve();
    };
    const chat = await stage.enqueueAnswer("c", "text");
    stage.delivery.wake(chat);
    await begun.promise;
    stage.clock.advance(MINUTE);
    await stage.pass(1_000);
    expect(await stage.store.deliveries()).toMatchObject([{ state: "pending", code: "temporary", failures: 1 }]);
    await stage.pass(1_000);
    expect(stage.sent).toEqual(["text"]);
    expect(await stage.counted("possibleDuplicates")).toBe(1);
  });

  test("is what the adapter says of it, where it knows that nothing was taken", async () => {
    let calls = 0;
    const begun = Promise.withResolvers<void>();
    stage.answer = (_, signal) => {
      calls += 1;
      begun.resolve();
      if (calls > 1) return Promise.resolve();
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(new SendError("temporary", "called off")));
      });
    };
    stage.delivery.wake(await stage.enqueueAnswer("c", "text"));
    await begun.promise;
    await stage.pass(MINUTE);
    await stage.pass(1_000);
    expect(stage.sent).toEqual(["text"]);
    expect(await stage.counted("possibleDuplicates")).toBe(0);
  });
});
