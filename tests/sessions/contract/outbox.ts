import { describe, expect, test } from "vitest";
import type { FailedSend, NewDelivery, PendingChunk } from "../../../sessions/outbox.ts";
import { message } from "../messages.ts";
import type { StoreScene } from "./scene.ts";

const HOUR = 3_600_000;
const BY = "cli:olga";
const CHAT = { platform: "telegram", account: "default", id: "-100" };
const REFUSED = "refused";

/** What cannot be sent: how often it was tried, how it is parked, and what operators do about it. */
export function outbox(scene: StoreScene): void {
  /** Put an answer into the outbox. @returns the chat's number */
  async function enqueue(texts: string[], more: Partial<NewDelivery> = {}): Promise<number> {
    const inbound = message("alice", "q");
    await scene.accept(inbound);
    const run = await scene.claim();
    const chunks = texts.map((text) => ({ text, plain: text }));
    await scene.store.end(run, {
      outcome: "done",
      deliveries: [{ to: run.to, chunks, isAnswer: true, forUserId: "alice", ...more }],
    });
    return run.chat.ref;
  }

  async function next(chatRef: number): Promise<PendingChunk> {
    const chunk = await scene.store.nextChunk(chatRef);
    if (chunk === null) throw new Error("nothing to send");
    return chunk;
  }

  /** Everything that can be sent, which is then sent. */
  async function drain(chatRef: number): Promise<string[]> {
    const texts: string[] = [];
    for (;;) {
      const chunk = await scene.store.nextChunk(chatRef);
      if (chunk === null) return texts;
      texts.push(chunk.text);
      await scene.store.chunkSent(chunk, `m-${texts.length}`);
    }
  }

  const notice = (text: string) => ({ chunks: [{ text, plain: text }] });

  describe("a chunk's failures", () => {
    test("are counted by their kinds, and outlive the program", async () => {
      const chat = await enqueue(["one"]);
      const kinds: FailedSend[] = [
        { code: "temporary", answered: true },
        { code: "temporary", doubtful: true },
        { code: "temporary", answered: true, doubtful: true },
        { code: "fault", fault: true },
      ];
      expect(await next(chat)).toMatchObject({ failures: 0, doubts: 0, faults: 0, crashes: 0 });
      for (const failure of kinds) {
        await scene.store.chunkFailed(await next(chat), failure);
        await scene.reopen();
      }
      expect(await next(chat)).toMatchObject({ failures: 2, doubts: 3, faults: 1, crashes: 0, uncertain: true });
    });

    test("do not grow by what is no fault of its own", async () => {
      const chat = await enqueue(["one"]);
      for (let i = 0; i < 7; i++) await scene.store.chunkUnsent(await next(chat), "rate-limited");
      expect(await scene.store.deliveries()).toMatchObject([{ state: "pending", code: "rate-limited", failures: 0 }]);
      expect(await next(chat)).toMatchObject({ failures: 0, doubts: 0, faults: 0, crashes: 0, uncertain: false });
    });

    test("are crashes where nobody wrote down what came of it, until somebody does", async () => {
      const chat = await enqueue(["one"]);
      for (let crashes = 0; crashes < 3; crashes++) {
        expect(await next(chat)).toMatchObject({ crashes, doubts: crashes, uncertain: crashes > 0 });
        await scene.reopen();
      }
      await scene.store.chunkUnsent(await next(chat));
      expect(await next(chat)).toMatchObject({ crashes: 0, doubts: 3, uncertain: false });
    });

    test("say nothing of the chunk behind it", async () => {
      const chat = await enqueue(["one", "two"]);
      await scene.store.chunkFailed(await next(chat), { code: "temporary", answered: true });
      await scene.store.chunkSent(await next(chat), "m1");
      expect(await next(chat)).toMatchObject({ text: "two", failures: 0, crashes: 0, uncertain: false });
      expect(await scene.store.deliveries()).toEqual([
        expect.objectContaining({ state: "sending", failures: 0, sent: 1, chunks: 2 }),
      ]);
      expect((await scene.store.deliveries())[0]).not.toHaveProperty("code");
    });
  });

  describe("a parked delivery", () => {
    test("lets the next one go on, and says nothing of its text to who looks at it", async () => {
      const chat = await enqueue(["the secret", "the rest"], { to: { ...destination(), threadId: "7" } });
      await enqueue(["next"]);
      await scene.store.chunkSent(await next(chat), "m1");
      await scene.store.deliveryFailed(await next(chat), { code: "failing", answered: true });
      const [view] = await scene.store.deliveries(chat);
      expect(view).toMatchObject({
        chat: { platform: "telegram", id: "-100", name: "Team" },
        threadId: "7",
        forUserId: "alice",
        state: "parked",
        code: "failing",
        failures: 1,
        since: scene.clock.now,
        sent: 1,
        chunks: 2,
      });
      expect(JSON.stringify(view)).not.toMatch(/secret|rest/);
      expect(await drain(chat)).toEqual(["next"]);
      expect(await scene.store.deliveries(chat)).toHaveLength(1);
      expect(await scene.store.deliveries(chat + 1)).toEqual([]);
    });

    test("tells its reader once, before what waits behind it", async () => {
      const chat = await enqueue(["one"]);
      await enqueue(["two"]);
      const chunk = await next(chat);
      await scene.store.deliveryFailed(chunk, REFUSED, notice("could not"));
      await scene.store.deliveryFailed(chunk, REFUSED, notice("could not"));
      expect(await drain(chat)).toEqual(["could not", "two"]);
      await scene.store.retryDeliveries({ id: chunk.deliveryId }, BY);
      await scene.store.deliveryFailed(await next(chat), REFUSED, notice("could not"));
      expect(await drain(chat)).toEqual([]);
    });

    test("put back goes on at its first unsent chunk, under the same key, with its counts and age at nothing", async () => {
      const chat = await enqueue(["one", "two"]);
      await scene.store.chunkSent(await next(chat), "m1");
      const { key, deliveryId: id } = await next(chat);
      await scene.reopen();
      const again = await next(chat);
      await scene.store.chunkFailed(again, { code: "temporary", answered: true, doubtful: true });
      await scene.store.deliveryFailed(await next(chat), { code: "failing", answered: true });
      scene.clock.now += 30 * HOUR;
      expect(await scene.store.retryDeliveries({ id }, BY)).toEqual({ done: [id], refused: [] });
      await scene.reopen();
      expect(await scene.store.deliveries()).toMatchObject([{ state: "pending", failures: 1, since: scene.clock.now }]);
      expect(await next(chat)).toMatchObject({ text: "two", key, failures: 0, crashes: 0, since: scene.clock.now });
      expect(await scene.store.audit()).toMatchObject([
        { by: BY, what: `delivery ${id}`, where: "telegram:-100", from: "parked (failing)", to: "pending" },
      ]);
    });

    test("put back comes behind what waits already, and never between the parts of another", async () => {
      const chat = await enqueue(["first"]);
      await enqueue(["second"]);
      for (const _ of [1, 2]) await scene.store.deliveryFailed(await next(chat), REFUSED);
      await enqueue(["a", "b"]);
      await scene.store.chunkSent(await next(chat), "m1");
      const all = await scene.store.retryDeliveries({ parked: chat }, BY);
      expect(all.done).toHaveLength(2);
      await enqueue(["later"]);
      expect(await scene.store.nextDelivery(chat)).toBe((await next(chat)).deliveryId);
      expect(await drain(chat)).toEqual(["b", "first", "second", "later"]);
      expect(await scene.store.nextDelivery(chat)).toBeNull();
    });

    test("put back takes the word on it along, unless that was sent", async () => {
      const chat = await enqueue(["one"]);
      const { deliveryId: id } = await failed(chat, notice("could not"));
      await failed(chat);
      expect(await scene.store.deliveries()).toHaveLength(2);
      expect((await scene.store.retryDeliveries({ parked: "everywhere" }, BY)).done).toEqual([id]);
      expect(await scene.store.deliveries()).toMatchObject([{ id, state: "pending" }]);
      await failed(chat, notice("could not again"));
      expect(await drain(chat)).toEqual(["could not again"]);
      await scene.store.retryDeliveries({ id }, BY);
      expect(await drain(chat)).toEqual(["one"]);
    });

    test("whose thread is gone goes outside as a whole when it is put back, files and all", async () => {
      const files = [{ name: "a.txt", mimeType: "text/plain", text: "a" }];
      const chunks = ["one", "two"].map((text) => ({ text, plain: text, files }));
      const chat = await enqueue([], { opened: true, to: { ...destination(), threadId: "7" }, chunks });
      await scene.store.chunkSent(await next(chat), "m1");
      const { deliveryId: id } = await failed(chat);
      await scene.store.retryDeliveries({ id }, BY);
      await scene.store.deliverOutside(await next(chat), { chunks: [] });
      for (const text of ["one", "two"]) {
        const chunk = await next(chat);
        expect(chunk).toMatchObject({ text, files });
        await scene.store.chunkSent(chunk, text);
      }
    });

    test("whose text is gone can be dropped, and not be put back", async () => {
      const chat = await enqueue(["one"]);
      const { deliveryId: id } = await failed(chat);
      scene.clock.now += HOUR;
      await scene.store.prune(scene.clock.now);
      expect(await scene.store.deliveries()).toMatchObject([{ id, state: "parked", sent: 0, chunks: 0 }]);
      const erased = [{ id, why: "erased" }];
      expect(await scene.store.retryDeliveries({ id }, BY)).toEqual({ done: [], refused: erased });
      expect(await scene.store.retryDeliveries({ parked: "everywhere" }, BY)).toEqual({ done: [], refused: erased });
      expect(await scene.store.dropDeliveries({ id }, BY)).toEqual({ done: [id], refused: [] });
      expect(await scene.store.deliveries()).toEqual([]);
      expect(await scene.store.audit()).toHaveLength(1);
    });

    test("counts as failed in its chat, until it is put back or dropped", async () => {
      const chat = await enqueue(["one"]);
      await enqueue(["two"]);
      const [one, two] = [await failed(chat), await failed(chat)];
      expect(await scene.store.chats()).toMatchObject([{ failed: 2 }]);
      await scene.store.retryDeliveries({ id: one.deliveryId }, BY);
      await scene.store.dropDeliveries({ id: two.deliveryId }, BY);
      expect(await scene.store.chats()).toMatchObject([{ failed: 0 }]);
    });
  });

  describe("dropping", () => {
    test("ends a delivery for good, and erases it", async () => {
      const chat = await enqueue(["one", "two"]);
      await enqueue(["next"]);
      const { deliveryId: id } = await failed(chat);
      expect(await scene.store.dropDeliveries({ id }, BY)).toEqual({ done: [id], refused: [] });
      await scene.reopen();
      expect(await drain(chat)).toEqual(["next"]);
      for (const change of [scene.store.retryDeliveries({ id }, BY), scene.store.dropDeliveries({ id }, BY)]) {
        expect(await change).toEqual({ done: [], refused: [{ id, why: "over" }] });
      }
      expect(await scene.store.audit({ where: "telegram:-100" })).toMatchObject([
        { by: BY, what: `delivery ${id}`, from: "parked (refused)", to: "dropped" },
      ]);
    });

    test("takes one that waits, and leaves one that is on its way", async () => {
      const chat = await enqueue(["one"]);
      await enqueue(["two"]);
      const chunk = await next(chat);
      const { deliveryId: id } = chunk;
      expect(await scene.store.deliveries()).toMatchObject([{ id, state: "sending" }, { state: "pending" }]);
      for (const change of [scene.store.retryDeliveries({ id }, BY), scene.store.dropDeliveries({ id }, BY)]) {
        expect(await change).toEqual({ done: [], refused: [{ id, why: "sending" }] });
      }
      await scene.store.chunkFailed(chunk, { code: "temporary", doubtful: true });
      expect(await scene.store.retryDeliveries({ id }, BY)).toMatchObject({ refused: [{ id, why: "pending" }] });
      expect(await scene.store.dropDeliveries({ id }, BY)).toEqual({ done: [id], refused: [] });
      expect(await drain(chat)).toEqual(["two"]);
    });

    test("of everything leaves what waits", async () => {
      const chat = await enqueue(["one"]);
      await failed(chat);
      await enqueue(["two"]);
      expect((await scene.store.dropDeliveries({ parked: chat }, BY)).done).toHaveLength(1);
      expect((await scene.store.dropDeliveries({ parked: "everywhere" }, BY)).done).toEqual([]);
      expect(await drain(chat)).toEqual(["two"]);
    });

    test("takes back a half-written message that shows the answer", async () => {
      await scene.say("alice", "hi");
      const run = await scene.claim();
      await scene.store.draftBegun(run, { replyToken: "t" });
      await scene.store.draftShown(run, "m-9");
      const deliveries = [{ to: run.to, replyToken: "t", ...notice("all of it") }];
      await scene.store.end(run, { outcome: "done", deliveries });
      const [view] = await scene.store.deliveries();
      await scene.store.dropDeliveries({ id: view?.id ?? 0 }, BY);
      expect(await next(run.chat.ref)).toMatchObject({
        takesBack: true,
        draft: { messageId: "m-9" },
        key: run.draft.key,
        replyToken: "t",
      });
    });

    test("or putting back what there is not is refused", async () => {
      const refused = { done: [], refused: [{ id: 77, why: "unknown" }] };
      expect(await scene.store.dropDeliveries({ id: 77 }, BY)).toEqual(refused);
      expect(await scene.store.retryDeliveries({ id: 77 }, BY)).toEqual(refused);
      expect(await scene.store.audit()).toEqual([]);
    });
  });

  /** The platform refuses what is next. */
  async function failed(chatRef: number, instead?: ReturnType<typeof notice>): Promise<PendingChunk> {
    const chunk = await next(chatRef);
    await scene.store.deliveryFailed(chunk, REFUSED, instead);
    return chunk;
  }
}

function destination() {
  const { platform, account, id } = CHAT;
  return { platform: platform as "telegram", account, chatId: id };
}
