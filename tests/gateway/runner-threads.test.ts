import { describe, expect, test } from "vitest";
import { SendError } from "../../adapters/adapter.ts";
import type { Destination } from "../../adapters/record.ts";
import { StoreError } from "../../sessions/store.ts";
import { message } from "../sessions/messages.ts";

import { agentThat, answer, platform, stage } from "./runner-stage.ts";

describe("a run and its thread", () => {
  test("is opened once, and answers in place where it may not", async () => {
    const options = { strategy: "per-thread" };
    const inForum = () =>
      message("alice", "hi", { source: { chat: { id: "-100", kind: "group", opensThreads: true } } });
    const opened: string[] = [];
    const opening = platform({
      openThread: async (_, { title }) => {
        opened.push(title);
        return "77";
      },
    });
    const one = stage(
      agentThat(() => answer("ok")),
      { adapter: opening },
    );
    const accepted = await one.accept(inForum(), options);
    await one.runner.handle("lane" in accepted ? accepted.lane : "");
    expect(opened).toEqual(["hi"]);
    expect(await one.said()).toMatchObject([{ to: { threadId: "77" } }]);
    await one.store.close();

    const forbidding = platform({
      openThread: async () => {
        throw new SendError("refused", "not enough rights");
      },
    });
    const other = stage(
      agentThat(() => answer("ok")),
      { adapter: forbidding },
    );
    const again = await other.accept(inForum(), options);
    await other.runner.handle("lane" in again ? again.lane : "");
    const [{ to } = { to: {} as Destination }] = await other.said();
    expect(to.threadId).toBeUndefined();
    await other.store.close();
  });

  test("is one although the store failed right after it", async () => {
    let opened = 0;
    const adapter = platform({
      openThread: async () => {
        opened += 1;
        return `${opened}`;
      },
    });
    const { runner, accept, said, store, clock } = stage(
      agentThat(() => answer("ok")),
      { adapter },
    );
    const inForum = message("alice", "hi", { source: { chat: { id: "-100", kind: "group", opensThreads: true } } });
    const accepted = await accept(inForum, { strategy: "per-thread" });
    const lane = "lane" in accepted ? accepted.lane : "";
    const { threadOpened } = store;
    const failed = Promise.withResolvers<void>();
    store.threadOpened = async () => {
      failed.resolve();
      throw new StoreError("unwritable", "the disk is full");
    };
    const handled = runner.handle(lane);
    await failed.promise;
    store.threadOpened = threadOpened;
    await new Promise(setImmediate);
    clock.advance(1_000);
    expect(await handled).toBe("idle");
    expect(opened).toBe(1);
    expect(await said()).toMatchObject([{ to: { threadId: "1" } }]);
    await store.close();
  });

  test("that the platform never opens holds up nobody: the answer stands in place", async () => {
    const asked = Promise.withResolvers<void>();
    const adapter = platform({
      openThread() {
        asked.resolve();
        return new Promise(() => {});
      },
    });
    const { runner, accept, said, store, clock } = stage(
      agentThat(() => answer("here")),
      { adapter },
    );
    const inForum = message("alice", "hi", { source: { chat: { id: "-100", kind: "group", opensThreads: true } } });
    const accepted = await accept(inForum, { strategy: "per-thread" });
    const handled = runner.handle("lane" in accepted ? accepted.lane : "");
    await asked.promise;
    clock.advance(30_000);
    await handled;
    const [{ text, to }] = (await said()) as [{ text: string; to: Destination }];
    expect([text, to.threadId]).toEqual(["here", undefined]);
    await store.close();
  });

  test("gets what was asked with a way of its own", async () => {
    const requests: unknown[] = [];
    const adapter = platform({
      openThread: async (_, request) => {
        requests.push(request);
        return "77";
      },
    });
    const { runner, accept, store } = stage(
      agentThat(() => answer("inside")),
      { adapter },
    );
    const source = { chat: { id: "-100", kind: "group" as const, opensThreads: true }, messageId: "i1" };
    const accepted = await accept(message("alice", "hi", { replyToken: "t1", source }), { strategy: "per-thread" });
    await runner.handle("lane" in accepted ? accepted.lane : "");
    expect(requests).toEqual([{ id: "i1", title: "hi", replyToken: "t1" }]);
    const [chat] = await store.chatsWithDeliveries();
    const chunk = await store.nextChunk(chat as number);
    expect(chunk).toMatchObject({ text: "inside", to: { threadId: "77" }, opened: true });
    expect(chunk).not.toHaveProperty("replyToken");
    expect(chunk).not.toHaveProperty("replyTo");
    await store.close();
  });

  test("that cannot be opened holds up nothing if the store fails to take a word on it", async () => {
    const adapter = platform({
      openThread: async () => {
        throw new SendError("refused", "not enough rights");
      },
    });
    const { runner, accept, said, store } = stage(
      agentThat(() => answer("ok")),
      { adapter },
    );
    store.remark = async () => {
      throw new StoreError("unwritable", "the disk is full");
    };
    const source = { chat: { id: "-100", kind: "group" as const, opensThreads: true } };
    const accepted = await accept(message("alice", "hi", { source }), { strategy: "per-thread" });
    expect(await runner.handle("lane" in accepted ? accepted.lane : "")).toBe("idle");
    expect(await said()).toMatchObject([{ text: "ok" }]);
    await store.close();
  });

  test("that cannot be opened is spoken of in the chat, once", async () => {
    const adapter = platform({
      openThread: async () => {
        throw new SendError("refused", "not enough rights");
      },
    });
    const { runner, accept, said, store } = stage(
      agentThat(() => answer("ok")),
      { adapter },
    );
    for (const text of ["one", "two"]) {
      const source = { chat: { id: "-100", kind: "group" as const, opensThreads: true } };
      const accepted = await accept(message("alice", text, { source }), { strategy: "per-thread" });
      await runner.handle("lane" in accepted ? accepted.lane : "");
    }
    expect((await said()).map(({ text }) => text)).toEqual([
      "ok",
      expect.stringContaining("right to open threads"),
      "ok",
    ]);
    await store.close();
  });
});
