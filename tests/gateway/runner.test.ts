import { describe, expect, test } from "vitest";
import { SendError } from "../../adapters/adapter.ts";
import { AgentError, type RunRequest } from "../../agents/agent.ts";
import { StoreError } from "../../sessions/store.ts";
import { message } from "../sessions/messages.ts";

import { agentThat, answer, noUsage, platform, stage } from "./runner-stage.ts";

describe("a run", () => {
  test("carries the rights of the turn's author, also right behind somebody else's turn", async () => {
    const authors: Array<[string, boolean]> = [];
    const { runner, accept, lane, store } = stage(
      agentThat(async function* ({ author, isAdmin }) {
        authors.push([author.id, (await isAdmin?.()) ?? false]);
        yield* answer(`for ${author.id}`);
      }),
      { admins: ["admin"] },
    );
    await accept(message("admin", "one"));
    await accept(message("bob", "two"));
    expect(await runner.handle(lane)).toBe("more");
    expect(await runner.handle(lane)).toBe("idle");
    expect(authors).toEqual([
      ["admin", true],
      ["bob", false],
    ]);
    await store.close();
  });

  test("that ignores its abort cannot hold the lane, and what it still does is void", async () => {
    const { promise: later, resolve } = Promise.withResolvers<void>();
    const written = Promise.withResolvers<void>();
    const { runner, accept, lane, clock, said, store } = stage(
      agentThat(async function* () {
        await later;
        written.resolve();
        yield* answer("from the dead");
      }),
    );
    await accept(message("alice", "hi"));
    const handled = runner.handle(lane);
    await expect.poll(() => clock.pending).toBeGreaterThan(0);
    clock.advance(60_000);
    expect(await handled).toBe("idle");
    resolve();
    await written.promise;
    expect(await said()).toMatchObject([{ text: expect.stringContaining("did not get this done within 1 minute") }]);
    expect(clock.pending).toBe(0);
    await store.close();
  });

  test.each([
    ["overloaded", "too much to do"],
    ["unavailable", "cannot reach"],
    ["unauthorized", "not set up correctly"],
    ["invalid-request", "would not take"],
    ["context-full", "/new"],
  ] as const)("that fails as %s says so to its author, and the next turn is answered", async (code, words) => {
    let first = true;
    const { runner, accept, lane, said, store } = stage(
      agentThat((request) => {
        if (!first) return answer(`hello ${request.author.id}`);
        first = false;
        throw new AgentError(code, "details that nobody sees");
      }),
    );
    await accept(message("alice", "hi"));
    await accept(message("bob", "hi"));
    expect(await runner.handle(lane)).toBe("more");
    expect(await runner.handle(lane)).toBe("idle");
    const texts = (await said()).map(({ text }) => text);
    expect(texts).toEqual([expect.stringContaining(words), "hello bob"]);
    // A turn that the model cannot take must not be in the way of the next one.
    const [{ messages } = { messages: 0 }] = await store.sessions();
    expect(messages).toBe(["invalid-request", "context-full"].includes(code) ? 2 : 4);
    await store.close();
  });

  test("that was cut off at the length limit says so", async () => {
    const { runner, accept, lane, said, store } = stage(
      agentThat(async function* () {
        yield { type: "reply", content: [{ type: "text", text: "half an ans" }], usage: noUsage, model: "m" };
        yield { type: "done", reason: "max-tokens" };
      }),
    );
    await accept(message("alice", "hi"));
    await runner.handle(lane);
    expect((await said())[0]?.text).toMatch(/^half an ans\n\n.*length limit/s);
    await store.close();
  });

  test("that is stopped in mid-answer keeps what it had in the conversation", async () => {
    const begun = Promise.withResolvers<void>();
    const { runner, accept, lane, said, store } = stage(
      agentThat(async function* ({ signal }) {
        yield { type: "text", text: "the first half" };
        begun.resolve();
        await new Promise((_, reject) => signal.addEventListener("abort", reject));
      }),
    );
    await accept(message("alice", "hi"));
    const handled = runner.handle(lane);
    await begun.promise;
    const [chat] = await store.chats();
    const notice = { chunks: [] };
    const { runIds } = await store.stop({
      chatRef: chat?.ref ?? 0,
      userId: "alice",
      before: 1_000,
      notice,
      dropped: notice,
    });
    runner.stop(runIds);
    expect(await handled).toBe("idle");
    expect(await said()).toEqual([]);
    const history = await store.history(1);
    expect(JSON.stringify(history)).toContain("the first half");
    await store.close();
  });

  test("that was finished before a crash is only ended, however often it was begun", async () => {
    const { runner, accept, lane, said, store } = stage(
      agentThat(() => {
        throw new Error("nothing is left to do");
      }),
    );
    await accept(message("alice", "hi"));
    for (let attempt = 1; attempt <= 5; attempt++) {
      const claim = await store.claim(lane);
      if (claim.kind !== "run") throw new Error("no run");
      if (attempt > 1) continue;
      await store.journal(claim.run, { message: { role: "user", content: [], author: claim.run.author } });
      await store.journal(claim.run, {
        message: { role: "assistant", content: [{ type: "text", text: "done long ago" }] },
      });
    }
    await runner.handle(lane);
    expect(await said()).toMatchObject([{ text: "done long ago" }]);
    await store.close();
  });

  test("that is claimed while all are being parked is parked as well", async () => {
    const { runner, accept, lane, store } = stage(agentThat(() => answer("too late")));
    await accept(message("alice", "hi"));
    const handled = runner.handle(lane);
    runner.parkAll();
    expect(await handled).toBe("idle");
    expect(await store.claim(lane)).toMatchObject({ kind: "run", run: { attempt: 1 } });
    await store.close();
  });

  test("whose answer has no text is not silent", async () => {
    const { runner, accept, lane, said, store } = stage(agentThat(() => answer(" ")));
    await accept(message("alice", "hi"));
    await runner.handle(lane);
    expect(await said()).toMatchObject([{ text: "I have nothing to say to that." }]);
    await store.close();
  });

  test("fetches pictures within the limits, and names what it does not", async () => {
    const png = new Uint8Array([137, 80, 78, 71]);
    const fetched: string[] = [];
    const requests: RunRequest[] = [];
    const adapter = platform({
      fetchAttachment: async ({ ref }) => {
        fetched.push(ref);
        if (ref === "broken") throw new SendError("temporary", "the network failed");
        return { bytes: png, mimeType: "image/png" };
      },
    });
    const { runner, accept, lane, store } = stage(
      agentThat((request) => {
        requests.push(request);
        return answer("ok");
      }),
      { adapter },
    );
    const picture = (ref: string, bytes = 4) => ({ kind: "image" as const, ref, bytes, name: `${ref}.png` });
    await accept(
      message("alice", "look", {
        attachments: [
          picture("broken"),
          picture("huge", 5_000),
          { ...picture("gone"), unavailable: "over 20 MB" },
          picture("a"),
          picture("b"),
          picture("c"),
        ],
      }),
    );
    await runner.handle(lane);
    expect(fetched).toEqual(["broken", "a"]);
    const blocks = requests[0]?.messages.at(-1)?.content ?? [];
    expect(blocks.filter(({ type }) => type === "image")).toHaveLength(1);
    const [text] = blocks.filter((block) => block.type === "text");
    for (const words of ["could not be fetched", "too large", "over 20 MB", "a.png", "only 2 files"])
      expect(text?.text).toContain(words);
    await store.close();
  });

  test.each(["journal", "end"] as const)(
    "that the store fails under at its %s keeps what the model has said, however long it takes, and asks it once",
    async (method) => {
      let asked = 0;
      const desk = agentThat(() => {
        asked += 1;
        return answer("in the end");
      });
      const { runner, accept, lane, said, store, clock } = stage(desk);
      await accept(message("alice", "hi"));
      const { journal, end } = store;
      const failed = Promise.withResolvers<void>();
      const fail = async () => {
        failed.resolve();
        throw new StoreError("unwritable", "the disk is full");
      };
      if (method === "end") store.end = fail;
      else store.journal = (lease, step) => (step.message.role === "assistant" ? fail() : journal(lease, step));
      const handled = runner.handle(lane);
      await failed.promise;
      for (let second = 0; second < 300; second++) {
        await new Promise(setImmediate);
        clock.advance(1_000);
      }
      expect(await said()).toEqual([]);
      Object.assign(store, { journal, end });
      await new Promise(setImmediate);
      clock.advance(1_000);
      expect(await handled).toBe("idle");
      expect(await said()).toMatchObject([{ text: "in the end" }]);
      expect(asked).toBe(1);
      expect(clock.pending).toBe(0);
      await store.close();
    },
  );

  test("that waits for the store when the program stops is given back, and goes on after the next start", async () => {
    const { runner, accept, lane, store, db } = stage(agentThat(() => answer("in the end")));
    await accept(message("alice", "hi"));
    const failed = Promise.withResolvers<void>();
    store.end = async () => {
      failed.resolve();
      throw new StoreError("unwritable", "the disk is full");
    };
    const handled = runner.handle(lane);
    await failed.promise;
    runner.parkAll();
    await expect(handled).rejects.toMatchObject({ code: "unwritable" });
    const next = stage(
      agentThat(() => answer("never said")),
      { db },
    );
    expect(await next.runner.handle(lane)).toBe("idle");
    expect(await next.said()).toMatchObject([{ text: "in the end" }]);
    await store.close();
  });

  test("that does not come to its end is taken over, and what it still does is void", async () => {
    const { runner, accept, lane, said, store } = stage(agentThat(() => answer("once")));
    await accept(message("alice", "hi"));
    const { end } = store;
    const stuck = Promise.withResolvers<void>();
    const late = Promise.withResolvers<void>();
    store.end = async (lease, ending) => {
      stuck.resolve();
      await late.promise;
      return end(lease, ending);
    };
    const hung = runner.handle(lane);
    await stuck.promise;
    expect(await runner.handle(lane)).toBe("idle");
    expect(await said()).toEqual([]);
    store.end = end;
    runner.abandon(lane);
    expect(await runner.handle(lane)).toBe("idle");
    late.resolve();
    expect(await hung).toBe("idle");
    expect(await said()).toMatchObject([{ text: "once" }]);
    await store.close();
  });

  test("whose answer shows nothing says that there is nothing to say", async () => {
    const blank = platform({
      render: (markdown) => (markdown === "&nbsp;" ? [] : [{ text: markdown, plain: markdown }]),
    });
    const { runner, accept, lane, said, store } = stage(
      agentThat(() => answer("&nbsp;")),
      { adapter: blank },
    );
    await accept(message("alice", "hi"));
    await runner.handle(lane);
    expect(await said()).toMatchObject([{ text: "I have nothing to say to that." }]);
    await store.close();
  });
});
