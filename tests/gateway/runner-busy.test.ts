import { describe, expect, test } from "vitest";
import { message, NOW } from "../sessions/messages.ts";
import { playBusily } from "./busy-stage.ts";
import { noUsage, platform, stage } from "./runner-stage.ts";
import { ScriptedAgent } from "./scripted-agent.ts";

describe("collect", () => {
  test("what its author writes meanwhile is a turn of its own", async () => {
    const { desk, say, serve, texts, store } = playBusily("collect", [
      { says: "first", meanwhile: () => say("alice", "two") },
      { says: "second" },
    ]);
    await say("alice", "one");
    await serve();
    expect(desk.seen).toEqual([["alice: one"], ["alice: one", "assistant: first", "alice: two"]]);
    expect(await texts()).toEqual(["first", "second"]);
    await store.close();
  });
});

describe("steer", () => {
  test("it comes in after the results of a tool, and one message answers both", async () => {
    const { desk, say, serve, said, store } = playBusily("steer", [
      { says: "Let me look.", tool: true, meanwhile: () => say("alice", "two") },
      { says: "Both are done." },
    ]);
    await say("alice", "one");
    await serve();
    expect(desk.seen[1]).toEqual(["alice: one", "assistant: Let me look. [tool]", "user: [result]", "alice: two"]);
    expect(await said()).toMatchObject([{ text: "Let me look.\n\nBoth are done." }]);
    expect(await store.counts()).toMatchObject({ waiting: 0, running: 0 });
    await store.close();
  });

  test("it comes in after a reply, before the run would end", async () => {
    const { desk, say, serve, texts, kept, store } = playBusily("steer", [
      { says: "first", meanwhile: () => say("alice", "two") },
      { says: "second", meanwhile: () => say("alice", "three") },
      { says: "third" },
    ]);
    await say("alice", "one");
    await serve();
    expect(desk.seen.at(-1)).toEqual([
      "alice: one",
      "assistant: first",
      "alice: two",
      "assistant: second",
      "alice: three",
    ]);
    expect(await texts()).toEqual(["first\n\nsecond\n\nthird"]);
    expect(await kept()).toEqual([...(desk.seen.at(-1) as string[]), "assistant: third"]);
    await store.close();
  });

  test("nothing is broken off by it", async () => {
    const { runner, lane, say, serve, texts, store } = playBusily("steer", [
      {
        says: "first",
        async meanwhile() {
          await say("alice", "two");
          await runner.interrupt(lane, "alice", NOW);
        },
      },
      { says: "second" },
    ]);
    await say("alice", "one");
    await serve();
    expect(await texts()).toEqual(["first\n\nsecond"]);
    await store.close();
  });
});

describe("interrupt", () => {
  test("the reply is broken off, what there is of it is kept, and one message answers both", async () => {
    const { desk, say, serve, texts, kept, store } = playBusily("interrupt", [
      { says: "Half of an ans", meanwhile: () => say("alice", "no, the other one") },
      { says: "The other one." },
    ]);
    await say("alice", "which one?");
    await serve();
    expect(desk.seen[1]).toEqual(["alice: which one?", "assistant: Half of an ans …", "alice: no, the other one"]);
    expect(await texts()).toEqual(["Half of an ans …\n\nThe other one."]);
    expect(await kept()).toEqual([...(desk.seen[1] as string[]), "assistant: The other one."]);
    await store.close();
  });

  test("twice in a row: both come in, in order", async () => {
    const { desk, say, serve, texts, store } = playBusily("interrupt", [
      {
        says: "a",
        async meanwhile() {
          await say("alice", "two");
          await say("alice", "three");
        },
      },
      { says: "b", meanwhile: () => say("alice", "four") },
      { says: "c" },
    ]);
    await say("alice", "one");
    await serve();
    const words = desk.seen.at(-1)?.join(" ").replaceAll("alice: ", "");
    expect(words).toBe("one assistant: a … two three assistant: b … four");
    expect(await texts()).toEqual(["a …\n\nb …\n\nc"]);
    await store.close();
  });

  test("what a tool did that was broken off is unknown, and it is not run again", async () => {
    const looking = Promise.withResolvers<void>();
    const desk = new ScriptedAgent({ says: "I see." });
    let first = true;
    const { runner, accept, lane, said, store } = stage({
      description: "a test",
      async *run(request) {
        if (!first) return yield* desk.agent.run(request);
        first = false;
        const call = { type: "tool-use", id: "t", name: "look", input: {} } as const;
        yield { type: "reply", content: [call], usage: noUsage, model: "m" };
        looking.resolve();
        await new Promise(() => {});
      },
    });
    await accept(message("alice", "one"), { busy: "interrupt" });
    const handled = runner.handle(lane);
    await looking.promise;
    await accept(message("alice", "two"), { busy: "interrupt" });
    await runner.interrupt(lane, "alice", NOW);
    await handled;
    expect(desk.seen).toEqual([["alice: one", "assistant: [tool]", "user: [result]", "alice: two"]]);
    expect(await said()).toMatchObject([{ text: "I see." }]);
    await store.close();
  });

  test("while the turn is still being put together: neither message is lost", async () => {
    const fetching = Promise.withResolvers<void>();
    const fetched = Promise.withResolvers<void>();
    const adapter = platform({
      async fetchAttachment() {
        fetching.resolve();
        await fetched.promise;
        return { bytes: Buffer.from("GIF89a"), mimeType: "image/gif" };
      },
    });
    const { desk, runner, lane, say, write, texts, store } = playBusily("interrupt", [{ says: "both" }], { adapter });
    const picture = { kind: "image", ref: "p", mimeType: "image/gif" } as const;
    await write(message("alice", "look at this", { attachments: [picture] }));
    const handled = runner.handle(lane);
    await fetching.promise;
    await say("alice", "and at this");
    fetched.resolve();
    await handled;
    expect(desk.seen.map((lines) => lines.join("; "))).toEqual([
      expect.stringMatching(/^alice: .*look at this \[image\]; alice: and at this$/s),
    ]);
    expect(await texts()).toEqual(["both"]);
    await store.close();
  });

  test("while a finished reply is being written down: it stands there once", async () => {
    const { desk, say, serve, texts, kept, store } = playBusily("interrupt", [{ says: "first" }, { says: "second" }]);
    const { journal } = store;
    let replies = 0;
    store.journal = async (lease, step) => {
      const written = journal(lease, step);
      if (step.message.role === "assistant" && replies++ === 0) await say("alice", "two");
      return written;
    };
    await say("alice", "one");
    await serve();
    expect(desk.seen.at(-1)).toEqual(["alice: one", "assistant: first", "alice: two"]);
    expect(await texts()).toEqual(["first\n\nsecond"]);
    expect(await kept()).toEqual(["alice: one", "assistant: first", "alice: two", "assistant: second"]);
    await store.close();
  });

  test("time is counted over all of it: whoever keeps adding does not get more", async () => {
    const { clock, say, serve, texts, store } = playBusily("interrupt", [
      {
        says: "a",
        async meanwhile() {
          clock.advance(40_000);
          await say("alice", "two");
        },
      },
      {
        says: "b",
        async meanwhile() {
          clock.advance(25_000);
        },
      },
    ]);
    await say("alice", "one");
    await serve();
    expect(await texts()).toEqual([expect.stringContaining("did not get this done within 1 minute")]);
    await store.close();
  });

  test("an album breaks nothing off before it is complete, and then comes in whole", async () => {
    const { desk, clock, write, say, serve, texts, store } = playBusily("interrupt", [
      {
        says: "a",
        async meanwhile() {
          await write(message("alice", "the pictures", { albumId: "x" }));
          clock.advance(500);
          await write(message("alice", "", { albumId: "x", addressed: false }));
          clock.advance(999);
        },
      },
      { says: "b" },
    ]);
    await say("alice", "one");
    await serve();
    // It was not complete when the first reply was: it is a turn of its own.
    expect(await texts()).toEqual(["a"]);
    clock.advance(1);
    await serve();
    expect(desk.seen.at(-1)?.at(-1)).toBe("alice: the pictures ");
    await store.close();
  });

  test("an album that is complete while the answer is being written breaks it off by itself", async () => {
    const { desk, clock, write, say, serve, texts, store } = playBusily("interrupt", [
      {
        says: "a",
        async meanwhile() {
          await write(message("alice", "the pictures", { albumId: "y" }));
          clock.advance(999);
          await write(message("alice", "", { albumId: "y", addressed: false }));
          clock.advance(1_000);
          // Whether it joins is looked up.
          await new Promise(setImmediate);
        },
      },
      { says: "b" },
    ]);
    await say("alice", "one");
    await serve();
    expect(desk.seen.at(-1)).toEqual(["alice: one", "assistant: a …", "alice: the pictures "]);
    expect(await texts()).toEqual(["a …\n\nb"]);
    await store.close();
  });
});
