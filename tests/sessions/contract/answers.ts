import { describe, expect, test } from "vitest";
import type { Run } from "../../../sessions/runs.ts";
import { message } from "../messages.ts";
import type { StoreScene } from "./scene.ts";

/** Drafts, answers with a way of their own, what a chat is told once, and bookmarks. */
export function answers(scene: StoreScene): void {
  const { accept, say, claim, lane, answer } = scene;
  const notice = (text: string) => ({ chunks: [{ text, plain: text }] });

  /** The chat's next chunk, which is then sent. */
  async function next({ chat }: Run, messageId = "sent") {
    const chunk = await scene.store.nextChunk(chat.ref);
    if (chunk !== null) await scene.store.chunkSent(chunk, messageId);
    return chunk;
  }

  describe("a draft", () => {
    test("is what the answer's first chunk takes the place of, under the same key", async () => {
      await say("alice", "hi");
      const run = await claim();
      expect(run.draft).toMatchObject({ begun: false });
      await scene.store.draftBegun(run, {});
      await scene.store.draftShown(run, "m-9");
      const chunks = ["one", "two"].map((text) => ({ text, plain: text }));
      await scene.store.end(run, { outcome: "done", deliveries: [{ to: run.to, chunks }] });
      const [first, second] = [await next(run), await next(run)];
      expect(first).toMatchObject({ text: "one", key: run.draft.key, draft: { messageId: "m-9" }, takesBack: false });
      expect(second?.draft).toBeUndefined();
      expect(second?.key).not.toBe(first?.key);
      for (const chunk of [first, second]) expect(chunk?.key.length).toBeLessThanOrEqual(25);
    });

    test("outlives a crash with its run, shown or just begun", async () => {
      await say("alice", "hi");
      const run = await claim();
      await scene.store.draftBegun(run, { threadId: "t" });
      await scene.reopen();
      const taken = await claim();
      expect(taken.draft).toEqual({ key: run.draft.key, begun: true });
      await scene.store.draftShown(taken, "m-9");
      await scene.reopen();
      const again = await claim();
      expect(again.draft).toEqual({ key: run.draft.key, begun: true, messageId: "m-9" });
      await expect(scene.store.draftShown(run, "m-1")).rejects.toMatchObject({ code: "lease-lost" });
      await expect(scene.store.draftBegun(run, {})).rejects.toMatchObject({ code: "lease-lost" });
    });

    test("of a run that says nothing is taken back where it stands", async () => {
      await say("alice", "hi");
      const run = await claim();
      await scene.store.draftBegun(run, { threadId: "t" });
      await scene.store.draftShown(run, "m-9");
      const order = {
        chatRef: run.chat.ref,
        userId: "alice",
        before: 1_000,
        notice: notice("-"),
        dropped: notice("-"),
      };
      await scene.store.stop(order);
      // The run did not know yet that it was stopped.
      await scene.store.end(run, answer(run, "too late"));
      const chunk = await next(run);
      expect(chunk).toMatchObject({ takesBack: true, draft: { messageId: "m-9" }, to: { threadId: "t" } });
      expect(await next(run)).toBeNull();
    });

    test("that was never shown is not there when nothing was begun", async () => {
      await say("alice", "hi");
      const run = await claim();
      await scene.store.end(run, { outcome: "stopped", deliveries: [] });
      expect(await next(run)).toBeNull();
    });
  });

  describe("a message that awaits an answer of its own", () => {
    const asked = (user: string, token: string) => message(user, `asked with ${token}`, { replyToken: token });

    test("is answered by itself, whatever its author writes around it", async () => {
      await accept(message("alice", "one"));
      await accept(asked("alice", "token-1"));
      await accept(asked("alice", "token-2"));
      await accept(message("alice", "two"));
      const turns = [];
      for (let i = 0; i < 4; i++) {
        const run = await claim();
        turns.push(run.messages.map(({ text }) => text));
        await scene.store.end(run, answer(run, "ok"));
      }
      expect(turns).toEqual([["one"], ["asked with token-1"], ["asked with token-2"], ["two"]]);
    });

    test("keeps what it is answered by until the answer is sent", async () => {
      await accept(asked("alice", "token-1"));
      await scene.reopen();
      const run = await claim();
      expect(run).toMatchObject({ replyToken: "token-1", messages: [{ replyToken: "token-1" }] });
      const { replyToken } = run;
      await scene.store.end(run, { outcome: "done", deliveries: [{ to: run.to, replyToken, ...notice("ok") }] });
      expect(await next(run)).toMatchObject({ text: "ok", replyToken: "token-1" });
    });

    test("is told if it is dropped before it was begun, and if the run is stopped", async () => {
      await accept(asked("alice", "token-1"));
      const run = await claim();
      await accept(asked("alice", "token-2"));
      const order = { chatRef: run.chat.ref, userId: "alice", before: 1_000, notice: notice("-") };
      expect(await scene.store.stop({ ...order, dropped: notice("dropped") })).toMatchObject({ dropped: 1 });
      const ifStopped = [{ to: run.to, replyToken: "token-1", ...notice("stopped") }];
      await scene.store.draftBegun(run, { replyToken: "token-1" });
      await scene.store.draftShown(run, "m-1");
      await scene.store.end(run, { ...answer(run, "too late"), ifStopped });
      expect(await next(run)).toMatchObject({ text: "dropped", replyToken: "token-2" });
      expect(await next(run)).toMatchObject({ text: "stopped", replyToken: "token-1", draft: { messageId: "m-1" } });
      expect(await next(run)).toBeNull();
    });

    test("that an admin stops is told by its own way, and nobody else is", async () => {
      await accept(asked("alice", "token-1"));
      const run = await claim();
      await accept(asked("alice", "token-2"));
      const order = { chatRef: run.chat.ref, userId: "admin", before: 1_000, everybody: true };
      await scene.store.stop({ ...order, notice: notice("by an admin"), dropped: notice("-") });
      expect(await next(run)).toMatchObject({ text: "by an admin", replyToken: "token-2" });
      expect(await next(run)).toBeNull();
    });

    test("over the limit is told by its own way, too", async () => {
      await accept(asked("alice", "token-1"), { maxWaiting: 1 });
      expect(await accept(asked("alice", "token-2"), { maxWaiting: 1 })).toMatchObject({ told: true });
      const run = await claim();
      expect(await next(run)).toMatchObject({ text: "too many", replyToken: "token-2" });
    });
  });

  test("what goes with a chunk is kept with it", async () => {
    await say("alice", "hi");
    const run = await claim();
    const files = [{ name: "a.ts", mimeType: "text/plain", text: "let a = 1;" }];
    await scene.store.end(run, {
      outcome: "done",
      deliveries: [{ to: run.to, chunks: [{ text: "t", plain: "t", files }] }],
    });
    await scene.reopen();
    expect(await next(run)).toMatchObject({ files });
  });

  test("a draft is not handed over to what stands elsewhere, but taken back", async () => {
    await say("alice", "hi");
    const run = await claim();
    await scene.store.draftBegun(run, { threadId: "t" });
    await scene.store.draftShown(run, "m-9");
    await scene.store.end(run, { outcome: "done", deliveries: [{ to: run.to, ...notice("elsewhere") }] });
    const [first, second] = [await next(run), await next(run)];
    expect(first?.draft).toBeUndefined();
    expect(second).toMatchObject({ takesBack: true, draft: { messageId: "m-9" } });
  });

  test("a draft that cannot become the answer is dropped, and the chunk has a key of its own", async () => {
    await say("alice", "hi");
    const run = await claim();
    await scene.store.draftBegun(run, {});
    await scene.store.draftShown(run, "m-9");
    await scene.store.end(run, answer(run, "ok"));
    const chunk = await scene.store.nextChunk(run.chat.ref);
    await scene.store.dropDraft(chunk as NonNullable<typeof chunk>);
    const again = await next(run);
    expect(again?.draft).toBeUndefined();
    expect(again?.key).not.toBe(chunk?.key);
  });

  test("an answer whose thread is gone goes outside, and so does what is said in its conversation later", async () => {
    await say("alice", "hi");
    const run = await claim();
    const to = { ...run.to, threadId: "gone" };
    const chunks = ["one", "two"].map((text) => ({ text, plain: text }));
    await scene.store.end(run, { outcome: "done", deliveries: [{ to, opened: true, replyTo: "m", chunks }] });
    const inside = await scene.store.nextChunk(run.chat.ref);
    expect(inside).toMatchObject({ opened: true, to: { threadId: "gone" } });
    await scene.store.deliverOutside(inside as NonNullable<typeof inside>, notice("it is gone"));
    const [first, second] = [await next(run), await next(run)];
    expect([first?.text, second?.text]).toEqual(["one", "two"]);
    expect(first).toMatchObject({ opened: false, replyTo: "m", uncertain: false });
    for (const chunk of [first, second]) expect(chunk?.to.threadId).toBeUndefined();
    expect(first?.key).not.toBe(inside?.key);
    expect(await next(run)).toMatchObject({ text: "it is gone" });
    expect(await next(run)).toBeNull();
  });

  test("a delivery that failed can leave a word in its place, to the same reader", async () => {
    await say("alice", "hi");
    const run = await claim();
    const deliveries = [{ to: run.to, replyTo: run.quote, replyToken: "token", ...notice("old news") }];
    await scene.store.end(run, { outcome: "done", deliveries });
    const chunk = await scene.store.nextChunk(run.chat.ref);
    await scene.store.deliveryFailed(chunk as NonNullable<typeof chunk>, "expired", notice("it was too old"));
    expect(await next(run)).toMatchObject({ text: "it was too old", replyTo: run.quote, replyToken: "token" });
    expect(await next(run)).toBeNull();
    expect(await scene.store.chats()).toMatchObject([{ failed: 1 }]);
  });

  test("a chat is told a thing once, and again after a thread could be opened", async () => {
    const asking = () => message("alice", "q", { source: { chat: { id: "-100", kind: "group", opensThreads: true } } });
    const opening = asking();
    const accepted = await accept(opening, { strategy: "per-thread" });
    const run = await claim("lane" in accepted ? accepted.lane : lane);
    expect(await scene.store.remark(run.to, "no-thread", notice("no rights"))).toBe(true);
    expect(await scene.store.remark(run.to, "no-thread", notice("no rights"))).toBe(false);
    expect(await next(run)).toMatchObject({ text: "no rights" });
    expect(await next(run)).toBeNull();
    await scene.store.threadOpened(run, "77");
    expect(await scene.store.remark(run.to, "no-thread", notice("again"))).toBe(true);
    expect(await next(run)).toMatchObject({ text: "again" });
    expect(await scene.store.remark(run.to, "thread-gone", notice("gone"))).toBe(true);
    await scene.store.threadOpened(run, "78");
    expect(await scene.store.remark(run.to, "thread-gone", notice("gone"))).toBe(false);
    const to = { ...run.to, threadId: "77" };
    await scene.store.end(run, { outcome: "done", deliveries: [{ to, opened: true, ...notice("inside") }] });
    while ((await next(run)) !== null);
    expect(await scene.store.remark(run.to, "thread-gone", notice("gone again"))).toBe(true);
    expect(await scene.store.remark({ ...run.to, chatId: "unheard-of" }, "no-thread", notice("x"))).toBe(false);
  });

  test("bookmarks are kept for each account, and can be removed", async () => {
    const main = { platform: "discord", account: "default" } as const;
    await scene.store.setBookmarks(
      main,
      new Map([
        ["1", "a"],
        ["2", "b"],
      ]),
    );
    await scene.store.setBookmarks({ ...main, account: "other" }, new Map([["1", "z"]]));
    await scene.store.setBookmarks(
      main,
      new Map([
        ["1", "c"],
        ["2", null],
      ]),
    );
    await scene.reopen();
    expect(await scene.store.bookmarks(main)).toEqual(new Map([["1", "c"]]));
    expect(await scene.store.bookmarks({ ...main, platform: "telegram" })).toEqual(new Map());
  });
}
