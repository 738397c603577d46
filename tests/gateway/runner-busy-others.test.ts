import { describe, expect, test } from "vitest";
import { message } from "../sessions/messages.ts";
import { playBusily } from "./busy-stage.ts";

describe.each(["steer", "interrupt"] as const)("%s is for one's own messages alone:", (busy) => {
  test("somebody else's message is neither taken in nor breaks anything off", async () => {
    const { desk, say, serve, texts, store } = playBusily(busy, [
      { says: "for alice", meanwhile: () => say("bob", "mine") },
      { says: "for bob" },
    ]);
    await say("alice", "one");
    await serve();
    expect(desk.seen[1]).toEqual(["alice: one", "assistant: for alice", "bob: mine"]);
    expect(await texts()).toEqual(["for alice", "for bob"]);
    await store.close();
  });

  test("it does not overtake somebody who waits", async () => {
    const { desk, say, serve, texts, store } = playBusily(busy, [
      {
        says: "1",
        async meanwhile() {
          await say("bob", "mine");
          await say("alice", "two");
        },
      },
    ]);
    await say("alice", "one");
    await serve();
    expect(desk.seen.map((lines) => lines.at(-1))).toEqual(["alice: one", "bob: mine", "alice: two"]);
    expect(await texts()).toEqual(["1", "re bob: mine", "re alice: two"]);
    await store.close();
  });

  test("what came before somebody else's message comes in, what came after it waits", async () => {
    const { desk, say, serve, texts, store } = playBusily(busy, [
      {
        says: "1",
        async meanwhile() {
          await say("alice", "two");
          await say("bob", "mine");
          await say("alice", "three");
        },
      },
      { says: "2" },
      { says: "for bob" },
      { says: "3" },
    ]);
    await say("alice", "one");
    await serve();
    expect(desk.seen.map((lines) => lines.at(-1))).toEqual(["alice: one", "alice: two", "bob: mine", "alice: three"]);
    expect(await texts()).toEqual([busy === "steer" ? "1\n\n2" : "1 …\n\n2", "for bob", "3"]);
    await store.close();
  });

  test("it does not overtake a command of one's own", async () => {
    const { desk, accept, say, serve, texts, store, lane, runner } = playBusily(busy, [
      {
        says: "1",
        async meanwhile() {
          const command = message("alice", "/new", { command: { name: "new", args: "" } });
          await accept(command, { busy, isCommand: true });
          await say("alice", "two");
        },
      },
      { says: "2" },
    ]);
    await say("alice", "one");
    await serve();
    expect(desk.seen).toEqual([["alice: one"]]);
    const [command] = await store.pendingCommands();
    await store.endSession(command?.plan.session as string, command?.message.seq as number);
    await store.answerCommand(command?.message.seq as number, []);
    expect(await runner.handle(lane)).toBe("idle");
    // The conversation that the command ended is not what it is answered from.
    expect(desk.seen[1]).toEqual(["alice: two"]);
    expect(await texts()).toEqual(["1", "2"]);
    await store.close();
  });

  test("where the platform names nobody, nothing is anybody's own", async () => {
    const { desk, say, serve, store } = playBusily(busy, [{ says: "1", meanwhile: () => say("", "two") }]);
    await say("", "one");
    await serve();
    expect(desk.seen.map((lines) => lines.length)).toEqual([1, 3]);
    await store.close();
  });

  test("what has an answer of its own is answered by itself", async () => {
    const { write, say, serve, said, store } = playBusily(busy, [
      { says: "1", meanwhile: () => write(message("alice", "two", { replyToken: "token" })) },
      { says: "2" },
    ]);
    await say("alice", "one");
    await serve();
    expect((await said()).map(({ text }) => text)).toEqual(["1", "2"]);
    await store.close();
  });

  test("what was accepted under another strategy stays a turn of its own", async () => {
    const { desk, say, serve, store } = playBusily(busy, [
      { says: "1", meanwhile: () => say("alice", "two", { strategy: "tagged-hybrid" }) },
      { says: "2" },
    ]);
    await say("alice", "one");
    await serve();
    expect(desk.seen).toEqual([["alice: one"], ["alice: one", "assistant: 1", "alice: two"]]);
    await store.close();
  });

  test("what is edited or deleted at the last moment is not taken in as it was", async () => {
    const { desk, say, write, serve, store } = playBusily(busy, [
      {
        says: "1",
        async meanwhile() {
          await write(message("alice", "wrnog", { source: { messageId: "edited" } }));
        },
      },
    ]);
    const { takeIn } = store;
    store.takeIn = async (...parts) => {
      store.takeIn = takeIn;
      await store.edit(message("alice", "right", { source: { messageId: "edited" } }));
      return await takeIn(...parts);
    };
    await say("alice", "one");
    await serve();
    expect(desk.seen.flat().join()).not.toContain("wrnog");
    expect(desk.seen.at(-1)?.at(-1)).toBe("alice: right");
    expect(await store.counts()).toMatchObject({ waiting: 0, running: 0 });
    await store.close();
  });

  test("/stop stops all of it: nothing is said, and what was taken in is not answered later", async () => {
    const { desk, runner, clock, say, serve, texts, store } = playBusily(busy, [
      { says: "1", meanwhile: () => say("alice", "two") },
      {
        says: "2",
        async meanwhile() {
          const { runIds } = await store.stop({
            chatRef: 1,
            userId: "alice",
            before: 1_000,
            notice: { chunks: [] },
            dropped: { chunks: [] },
          });
          runner.stop(runIds);
        },
      },
    ]);
    await say("alice", "one");
    await serve();
    expect(await texts()).toEqual([]);
    expect(await store.counts()).toMatchObject({ waiting: 0, running: 0 });
    await say("bob", "who is there?");
    await serve();
    expect(desk.seen.at(-1)?.at(-1)).toBe("bob: who is there?");
    expect(clock.pending).toBe(0);
    await store.close();
  });
});
