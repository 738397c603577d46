import { describe, expect, test } from "vitest";
import { type Adapter, SendError } from "../../adapters/adapter.ts";
import type { Destination, InboundMessage } from "../../adapters/record.ts";
import { type Agent, AgentError, type AgentEvent, type RunRequest, type Tool } from "../../agents/agent.ts";
import { createLog } from "../../gateway/log.ts";
import { createMetrics } from "../../gateway/metrics.ts";
import { Platforms } from "../../gateway/platforms.ts";
import { Runner } from "../../gateway/runner.ts";
import { openDatabase } from "../../sessions/sqlite/database.ts";
import { sqliteStore } from "../../sessions/sqlite/store.ts";
import { StoreError } from "../../sessions/store.ts";
import { message, NOW, planOf, type RoutingOptions, routing } from "../sessions/messages.ts";
import { VirtualClock } from "../sessions/virtual-clock.ts";

const noUsage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

/** An agent that does what a test says. */
function agentThat(run: (request: RunRequest) => AsyncIterable<AgentEvent>): Agent {
  return { description: "a test", run };
}

async function* answer(text: string): AsyncIterable<AgentEvent> {
  yield { type: "text", text };
  yield { type: "reply", content: [{ type: "text", text }], usage: noUsage, model: "m" };
  yield { type: "done", reason: "end" };
}

/** A platform of which only what runs need is there. */
function platform(more: Partial<Adapter> = {}): Adapter {
  return {
    platform: "telegram",
    account: "default",
    start: async () => {},
    stop: async () => {},
    close: async () => {},
    send: async () => "1",
    render: (markdown) => [{ text: markdown, plain: markdown }],
    ...more,
  };
}

function stage(agent: Agent, { adapter = platform(), tools = [] }: { adapter?: Adapter; tools?: Tool[] } = {}) {
  const clock = new VirtualClock(NOW);
  const store = sqliteStore(openDatabase(":memory:"), { now: () => clock.now() });
  const delivered: number[] = [];
  const runner = new Runner({
    store,
    platforms: new Platforms([adapter]),
    agent,
    tools,
    persona: "You are a test.",
    timeoutMs: 60_000,
    maxAttempts: 3,
    attachments: { maxBytes: 1_000, maxPerTurn: 2 },
    clock,
    log: createLog("silent"),
    metrics: createMetrics(() => store.counts()),
    delivered: (chatRef) => delivered.push(chatRef),
    moved: () => {},
  });
  const accept = (inbound: InboundMessage, options?: RoutingOptions) =>
    store.accept(inbound, routing(inbound, options));
  const lane = planOf(message("x", "")).lane;
  async function said(): Promise<Array<{ text: string; to: Destination; replyTo?: string }>> {
    const texts = [];
    for (const chat of await store.chatsWithDeliveries()) {
      for (;;) {
        const chunk = await store.nextChunk(chat);
        if (chunk === null) break;
        texts.push({ text: chunk.text, to: chunk.to, replyTo: chunk.replyTo });
        await store.chunkSent(chunk, `sent-${chunk.deliveryId}`);
      }
    }
    return texts;
  }
  return { clock, store, runner, accept, lane, said };
}

describe("a run", () => {
  test("carries the rights of the turn's author, also right behind somebody else's turn", async () => {
    const authors: string[] = [];
    const { runner, accept, lane, store } = stage(
      agentThat((request) => {
        authors.push(request.author.id);
        return answer(`for ${request.author.id}`);
      }),
    );
    await accept(message("admin", "one"));
    await accept(message("bob", "two"));
    expect(await runner.handle(lane)).toBe("more");
    expect(await runner.handle(lane)).toBe("idle");
    expect(authors).toEqual(["admin", "bob"]);
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

  test("opens its thread once, and answers in place where it may not", async () => {
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

  test("opens one thread although the store failed right after it", async () => {
    let opened = 0;
    const adapter = platform({
      openThread: async () => {
        opened += 1;
        return `${opened}`;
      },
    });
    const { runner, accept, said, store } = stage(
      agentThat(() => answer("ok")),
      { adapter },
    );
    const inForum = message("alice", "hi", { source: { chat: { id: "-100", kind: "group", opensThreads: true } } });
    const accepted = await accept(inForum, { strategy: "per-thread" });
    const lane = "lane" in accepted ? accepted.lane : "";
    const { threadOpened } = store;
    store.threadOpened = async () => {
      throw new StoreError("unwritable", "the disk is full");
    };
    await expect(runner.handle(lane)).rejects.toMatchObject({ code: "unwritable" });
    store.threadOpened = threadOpened;
    expect(await runner.handle(lane)).toBe("idle");
    expect(opened).toBe(1);
    expect(await said()).toMatchObject([{ to: { threadId: "1" } }]);
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
    expect(fetched).toEqual(["broken", "a", "b"]);
    const blocks = requests[0]?.messages.at(-1)?.content ?? [];
    expect(blocks.filter(({ type }) => type === "image")).toHaveLength(2);
    const [text] = blocks.filter((block) => block.type === "text");
    for (const words of ["could not be fetched", "too large", "over 20 MB", "a.png"])
      expect(text?.text).toContain(words);
    await store.close();
  });

  test("that the store fails under is neither ended nor apologised for: the lane is tried again and it goes on", async () => {
    const { runner, accept, lane, said, store } = stage(agentThat(() => answer("in the end")));
    await accept(message("alice", "hi"));
    const journal = store.journal;
    store.journal = async () => {
      throw new StoreError("unwritable", "the disk is full");
    };
    await expect(runner.handle(lane)).rejects.toMatchObject({ code: "unwritable" });
    expect(await said()).toEqual([]);
    store.journal = journal;
    expect(await runner.handle(lane)).toBe("idle");
    expect(await said()).toMatchObject([{ text: "in the end" }]);
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

  test("in a thread that was opened for it says there what was asked with a way of its own", async () => {
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

  test("whose thread cannot be opened says so in the chat, once", async () => {
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
