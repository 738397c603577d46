import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { InboundMessage } from "../../adapters/record.ts";
import type { Claim, Ending, Run } from "../../sessions/runs.ts";
import type { Store } from "../../sessions/store.ts";
import { message, NOW, planOf, type RoutingOptions, routing } from "./messages.ts";

export interface StoreUnderTest {
  store: Store;
  /** The same data in a new store, as after a crash of the process that had it. */
  reopen(): Promise<Store>;
  dispose(): Promise<void>;
}

const usage = { model: "m", inputTokens: 3, outputTokens: 2, cacheReadTokens: 1, cacheWriteTokens: 0 };
const answer = (run: Run, text: string): Ending => ({
  outcome: "done",
  deliveries: [{ to: run.to, chunks: [{ text, plain: text }], replyTo: run.messages.at(-1)?.messageId }],
});

/** What every store has to keep to; `clock.now` is what the store takes for the time. */
export function storeContract(name: string, open: (clock: { now: number }) => Promise<StoreUnderTest>): void {
  describe(`store ${name}`, () => {
    const clock = { now: NOW };
    let under: StoreUnderTest;
    let store: Store;
    const lane = planOf(message("x", "")).lane;

    beforeEach(async () => {
      clock.now = NOW;
      under = await open(clock);
      store = under.store;
    });
    afterEach(() => under.dispose());

    const accept = (inbound: InboundMessage, options?: RoutingOptions) =>
      store.accept(inbound, routing(inbound, options));
    const say = (user: string, text: string, options?: RoutingOptions) => accept(message(user, text), options);
    async function claim(of = lane): Promise<Run> {
      const claimed: Claim = await store.claim(of);
      if (claimed.kind !== "run") throw new Error(`no run but ${claimed.kind}`);
      return claimed.run;
    }
    const texts = (run: Run) => run.messages.map(({ text }) => text);
    async function serveAll(of = lane): Promise<string[][]> {
      const served: string[][] = [];
      for (;;) {
        const claimed = await store.claim(of);
        if (claimed.kind !== "run") return served;
        served.push([claimed.run.author.id, ...texts(claimed.run)]);
        await store.end(claimed.run, answer(claimed.run, "ok"));
      }
    }

    describe("accepting", () => {
      test("the same message again changes nothing, also in parallel and after it was answered", async () => {
        const inbound = message("alice", "hi");
        const results = await Promise.all([accept(inbound), accept(inbound), accept(inbound)]);
        expect(results.map(({ kind }) => kind).sort()).toEqual(["duplicate", "duplicate", "turn"]);
        expect(await serveAll()).toEqual([["alice", "hi"]]);
        expect(await accept(inbound)).toEqual({ kind: "duplicate" });
        expect(await store.claim(lane)).toEqual({ kind: "idle" });
      });

      test("the same id in another chat or account is another message", async () => {
        const inbound = message("alice", "hi", { source: { messageId: "same" } });
        await accept(inbound);
        for (const change of [{ chat: { id: "-200", kind: "group" as const } }, { account: "second" }]) {
          expect(await accept({ ...inbound, source: { ...inbound.source, ...change } })).toMatchObject({
            kind: "turn",
          });
        }
      });

      test("what is not for the bot leaves no trace", async () => {
        const inbound = message("alice", "hi all", { addressed: false });
        expect(await accept(inbound)).toEqual({ kind: "ignored" });
        expect(await store.lanesWithWork()).toEqual([]);
      });

      test("a decision that throws rejects and writes nothing, and others of the batch are taken", async () => {
        const inbound = message("alice", "bad");
        const broken = store.accept(inbound, {
          ...routing(inbound),
          decide: () => {
            throw new Error("broken strategy");
          },
        });
        const fine = say("bob", "fine");
        await expect(broken).rejects.toThrow("broken strategy");
        expect(await fine).toMatchObject({ kind: "turn" });
        expect(await serveAll()).toEqual([["bob", "fine"]]);
      });

      test("an author at the limit is refused and told once; nobody else is touched", async () => {
        const options = { maxWaiting: 3 };
        await say("bob", "mine", options);
        const results = [];
        for (let i = 0; i < 6; i++) results.push(await say("alice", `a${i}`, options));
        expect(results.map(({ kind }) => kind)).toEqual([
          "turn",
          "turn",
          "turn",
          "over-limit",
          "over-limit",
          "over-limit",
        ]);
        expect(results.map((result) => "told" in result && result.told)).toEqual([
          false,
          false,
          false,
          true,
          false,
          false,
        ]);
        const served = await serveAll();
        expect(served).toEqual([
          ["bob", "mine"],
          ["alice", "a0", "a1", "a2"],
        ]);
        await say("alice", "again", options);
        expect(await say("bob", "b2", options)).toMatchObject({ kind: "turn" });
      });

      test("the refusal is told again after a message was taken in between", async () => {
        const options = { maxWaiting: 1 };
        await say("alice", "a1", options);
        expect(await say("alice", "a2", options)).toMatchObject({ kind: "over-limit", told: true });
        await serveAll();
        await say("alice", "a3", options);
        expect(await say("alice", "a4", options)).toMatchObject({ kind: "over-limit", told: true });
      });

      test("a stranger is told once and leaves one row", async () => {
        const refuse = (inbound: InboundMessage) =>
          store.accept(inbound, {
            ...routing(inbound),
            decide: () => ({ kind: "deny", notice: { chunks: [{ text: "no", plain: "no" }] } }),
          });
        expect(await refuse(message("mallory", "let me in"))).toMatchObject({ kind: "denied", told: true });
        expect(await refuse(message("mallory", "please"))).toMatchObject({ kind: "denied", told: false });
        const [chatRef] = await store.chatsWithDeliveries();
        const chunk = await store.nextChunk(chatRef as number);
        expect(chunk?.text).toBe("no");
        await store.chunkSent(chunk as NonNullable<typeof chunk>, "9");
        expect(await store.nextChunk(chatRef as number)).toBeNull();
      });
    });

    describe("turns", () => {
      test("consecutive messages of one author are one turn; another author's message ends it", async () => {
        for (const [user, text] of [
          ["alice", "a1"],
          ["alice", "a2"],
          ["bob", "b1"],
          ["alice", "a3"],
        ] as const) {
          await say(user, text);
        }
        expect(await serveAll()).toEqual([
          ["alice", "a1", "a2"],
          ["bob", "b1"],
          ["alice", "a3"],
        ]);
      });

      test("what is written while one's own run is on is the next turn", async () => {
        await say("alice", "a1");
        const run = await claim();
        await say("alice", "a2");
        await say("alice", "a3");
        await store.end(run, answer(run, "ok"));
        expect(await serveAll()).toEqual([["alice", "a2", "a3"]]);
      });

      test("people take turns: whoever was answered goes behind all who wait by then", async () => {
        await say("alice", "a1");
        const run = await claim();
        // Waiting as: a2 | b1 | a3 | c1
        for (const [user, text] of [
          ["alice", "a2"],
          ["bob", "b1"],
          ["alice", "a3"],
          ["carol", "c1"],
        ] as const) {
          await say(user, text);
        }
        await store.end(run, answer(run, "ok"));
        expect(await serveAll()).toEqual([
          ["bob", "b1"],
          ["carol", "c1"],
          ["alice", "a2"],
          ["alice", "a3"],
        ]);
      });

      test("people keep taking turns while nobody writes any more", async () => {
        for (const user of ["zoe", "yan", "xia", "zoe", "yan", "xia", "zoe", "yan", "xia"]) await say(user, "x");
        const order = (await serveAll()).map(([user]) => user);
        expect(order).toEqual(["zoe", "yan", "xia", "zoe", "yan", "xia", "zoe", "yan", "xia"]);
      });

      test("a stream of newcomers cannot hold somebody back for ever", async () => {
        await say("alice", "a1");
        const run = await claim();
        await say("alice", "a2");
        await say("n1", "x");
        await store.end(run, answer(run, "ok"));
        const order: string[] = [];
        for (let i = 2; i < 6; i++) {
          const next = await claim();
          order.push(next.author.id);
          await say(`n${i}`, "x");
          await store.end(next, answer(next, "ok"));
        }
        expect(order.slice(0, 2)).toEqual(["n1", "alice"]);
      });

      test("order is that of arrival, whatever the clock does", async () => {
        await say("alice", "first");
        clock.now -= 3_600_000;
        await say("bob", "second");
        clock.now += 7_200_000;
        await say("carol", "third");
        expect((await serveAll()).map(([user]) => user)).toEqual(["alice", "bob", "carol"]);
      });

      test("messages of one author in two places are two turns", async () => {
        const inThread = (text: string, id: string) =>
          message("alice", text, { source: { thread: { id, kind: "native" } } });
        await accept(inThread("in one", "7"), { strategy: "per-user" });
        await accept(inThread("in two", "8"), { strategy: "per-user" });
        const lanes = (await store.lanesWithWork()).map(({ lane }) => lane);
        expect(lanes).toHaveLength(2);
        expect((await claim(lanes[0])).to).toMatchObject({ chatId: "-100", threadId: "7" });
      });

      test("a lane that runs is busy for this process, and idle once nothing waits", async () => {
        await say("alice", "a1");
        const run = await claim();
        expect(await store.claim(lane, new Set([run.runId]))).toEqual({ kind: "busy" });
        await say("bob", "b1");
        expect(await store.end(run, answer(run, "ok"))).toEqual({ lane, more: true });
        const next = await claim();
        expect(await store.end(next, answer(next, "ok"))).toEqual({ lane, more: false });
        expect(await store.claim(lane)).toEqual({ kind: "idle" });
      });
    });

    describe("albums and long texts", () => {
      const part = (user: string, caption: string, addressed: boolean) =>
        message(user, caption, {
          addressed,
          albumId: `album-${user}`,
          attachments: [{ kind: "image", ref: caption || "no caption" }],
        });

      test("are one turn once no further part has come for a while", async () => {
        await accept(part("alice", "@bot what is this?", true));
        expect(await store.claim(lane)).toEqual({ kind: "later", at: NOW + 1_000 });
        clock.now += 600;
        await accept(part("alice", "", false));
        expect(await store.claim(lane)).toEqual({ kind: "later", at: NOW + 1_600 });
        clock.now += 1_000;
        const run = await claim();
        expect(run.messages.map(({ attachments }) => attachments.length)).toEqual([1, 1]);
      });

      test("are one turn also if the part that asks comes last", async () => {
        expect(await accept(part("alice", "", false))).toEqual({ kind: "held" });
        expect(await accept(part("alice", "", false))).toEqual({ kind: "held" });
        expect(await store.lanesWithWork()).toEqual([]);
        await accept(part("alice", "@bot?", true));
        clock.now += 1_000;
        expect(texts(await claim())).toEqual(["", "", "@bot?"]);
      });

      test("that never address the bot are dropped", async () => {
        await accept(part("alice", "", false));
        expect(await store.dropHeld(NOW)).toBe(0);
        expect(await store.dropHeld(NOW + 1)).toBe(1);
        await accept(part("alice", "@bot?", true));
        clock.now += 1_000;
        expect(texts(await claim())).toEqual(["@bot?"]);
      });

      test("of somebody who still uploads hold up nobody else", async () => {
        await accept(part("alice", "@bot?", true));
        await say("bob", "b1");
        expect((await claim()).author.id).toBe("bob");
      });

      test("a text that the platform cut is one turn with its rest", async () => {
        await accept(message("alice", "@bot begin", { mayContinue: true }));
        await accept(message("alice", "rest", { addressed: false }));
        clock.now += 1_000;
        expect(texts(await claim())).toEqual(["@bot begin", "rest"]);
      });

      test("somebody else's text right behind a long one is not its rest", async () => {
        await accept(message("alice", "@bot begin", { mayContinue: true }));
        expect(await accept(message("bob", "by the way", { addressed: false }))).toEqual({ kind: "ignored" });
      });
    });

    describe("edits and deletions", () => {
      test("an edit replaces a message that waits", async () => {
        const inbound = message("alice", "wrnog");
        await accept(inbound);
        expect(await store.edit({ ...inbound, text: "right" })).toBe(true);
        expect(texts(await claim())).toEqual(["right"]);
      });

      test("an edit of a message that runs, was answered or was never ours starts nothing", async () => {
        const inbound = message("alice", "hi");
        await accept(inbound);
        const run = await claim();
        expect(await store.edit({ ...inbound, text: "changed" })).toBe(false);
        await store.end(run, answer(run, "ok"));
        expect(await store.edit({ ...inbound, text: "changed" })).toBe(false);
        expect(await store.edit(message("bob", "@bot now"))).toBe(false);
        expect(await store.claim(lane)).toEqual({ kind: "idle" });
      });

      test("a deleted message that waits is dropped; a running one is not", async () => {
        const [one, two] = [message("alice", "one"), message("bob", "two")];
        await accept(one);
        await accept(two);
        const run = await claim();
        const place = { platform: "telegram", account: "default", chatId: "-100" } as const;
        expect(await store.remove(place, one.source.messageId)).toBe(false);
        expect(await store.remove(place, two.source.messageId)).toBe(true);
        await store.end(run, answer(run, "ok"));
        expect(await store.claim(lane)).toEqual({ kind: "idle" });
      });
    });

    describe("runs", () => {
      test("the transcript holds the turn, its steps and whose it was", async () => {
        await say("alice", "hi");
        const run = await claim();
        const turn = { role: "user" as const, content: [{ type: "text" as const, text: "hi" }], author: run.author };
        const reply = { role: "assistant" as const, content: [{ type: "text" as const, text: "hello" }] };
        await store.journal(run, { message: turn });
        await store.journal(run, { message: reply, usage });
        expect(await store.history(run.sessionId)).toEqual([]);
        await store.end(run, answer(run, "hello"));
        expect(await store.history(run.sessionId)).toEqual([turn, reply]);
        expect(await store.participants(run.sessionId)).toEqual([{ id: "alice", name: "ALICE", turns: 1 }]);
        expect(await store.sessions()).toMatchObject([{ key: lane, messages: 2, inputTokens: 4, outputTokens: 2 }]);
      });

      test("a run whose process is gone is taken over with its steps, and the old lease writes nothing", async () => {
        await say("alice", "hi");
        await say("bob", "me too");
        const run = await claim();
        await store.journal(run, {
          message: { role: "user", content: [{ type: "text", text: "hi" }], author: run.author },
        });
        store = await under.reopen();
        expect(await store.lanesWithWork()).toMatchObject([{ lane }]);
        const taken = await claim();
        expect(taken).toMatchObject({ runId: run.runId, attempt: 2, author: run.author });
        expect(taken.steps).toHaveLength(1);
        expect(texts(taken)).toEqual(["hi"]);
        const stale = [
          store.journal(run, { message: { role: "assistant", content: [] } }),
          store.end(run, answer(run, "from the dead")),
          store.threadOpened(run, "t"),
          store.park(run),
        ];
        for (const attempt of stale) await expect(attempt).rejects.toMatchObject({ code: "lease-lost" });
        expect(await store.chatsWithDeliveries()).toEqual([]);
        await store.end(taken, answer(taken, "ok"));
        expect(await serveAll()).toEqual([["bob", "me too"]]);
      });

      test("a parked run counts as not begun again", async () => {
        await say("alice", "hi");
        const run = await claim();
        await store.park(run);
        expect(await claim()).toMatchObject({ runId: run.runId, attempt: 1 });
      });

      test("a failed run leaves a row with its reason, and no tool use without its result", async () => {
        await say("alice", "hi");
        const run = await claim();
        const turn = { role: "user" as const, content: [{ type: "text" as const, text: "hi" }], author: run.author };
        await store.journal(run, { message: turn });
        await store.journal(run, {
          message: { role: "assistant", content: [{ type: "tool-use", id: "t1", name: "x", input: {} }] },
        });
        const closing = { role: "assistant" as const, content: [{ type: "text" as const, text: "(no answer)" }] };
        await store.end(run, { ...answer(run, "sorry"), outcome: "failed", failure: "timeout", closing });
        expect(await store.history(run.sessionId)).toEqual([turn, closing]);
      });

      test("a session that was ended begins with nothing; a run that was on keeps the one it had", async () => {
        await say("alice", "a1");
        const run = await claim();
        await store.journal(run, { message: { role: "user", content: [], author: run.author } });
        expect(await store.endSession(lane)).toBe(true);
        await store.end(run, answer(run, "ok"));
        await say("alice", "a2");
        const next = await claim();
        expect(next.sessionId).not.toBe(run.sessionId);
        expect(await store.history(next.sessionId)).toEqual([]);
        expect(await store.history(run.sessionId)).toHaveLength(1);
        await store.end(next, answer(next, "ok"));
      });

      test("stopping drops one's own waiting messages and marks one's own runs; others are not touched", async () => {
        await say("alice", "a1");
        const run = await claim();
        await say("alice", "a2");
        await say("bob", "b1");
        const { ref } = run.chat;
        expect(await store.stop(ref, "bob")).toEqual({ dropped: 1, runIds: [] });
        await say("bob", "b2");
        expect(await store.stop(ref, "alice")).toEqual({ dropped: 1, runIds: [run.runId] });
        store = await under.reopen();
        const taken = await claim();
        expect(taken).toMatchObject({ runId: run.runId, stopped: true });
        await store.end(taken, { outcome: "stopped", deliveries: [] });
        expect(await serveAll()).toEqual([["bob", "b2"]]);
      });

      test("blobs come back as they were, whoever put them twice", async () => {
        const bytes = new Uint8Array([0, 255, 7]);
        const hash = await store.putBlob(bytes, "image/png");
        expect(await store.putBlob(bytes, "image/png")).toBe(hash);
        expect(Array.from((await store.blob(hash)) ?? [])).toEqual([0, 255, 7]);
        expect(await store.blob("none")).toBeNull();
      });
    });

    describe("outbox", () => {
      async function enqueue(text: string, ...more: string[]): Promise<number> {
        await say("alice", text);
        const run = await claim();
        const chunks = [text, ...more].map((part) => ({ text: part, plain: part }));
        await store.end(run, { outcome: "done", deliveries: [{ to: run.to, chunks, replyTo: "q" }] });
        return run.chat.ref;
      }

      test("chunks leave in order, the first one quoting; a crash while sending is remembered", async () => {
        const ref = await enqueue("one", "two");
        await enqueue("three");
        const first = await store.nextChunk(ref);
        expect(first).toMatchObject({ text: "one", replyTo: "q", uncertain: false });
        store = await under.reopen();
        expect(await store.chatsWithDeliveries()).toEqual([ref]);
        const again = await store.nextChunk(ref);
        expect(again).toMatchObject({ text: "one", uncertain: true, deliveryId: first?.deliveryId });
        await store.chunkSent(again as NonNullable<typeof again>, "1");
        const second = await store.nextChunk(ref);
        expect(second).toMatchObject({ text: "two", uncertain: false });
        expect(second?.replyTo).toBeUndefined();
        await store.chunkUnsent(second as NonNullable<typeof second>);
        const retried = await store.nextChunk(ref);
        expect(retried).toMatchObject({ text: "two", uncertain: false });
        await store.deliveryFailed(retried as NonNullable<typeof retried>, "refused");
        const third = await store.nextChunk(ref);
        expect(third?.text).toBe("three");
        await store.chunkSent(third as NonNullable<typeof third>, "3");
        expect(await store.nextChunk(ref)).toBeNull();
        expect(await store.chatsWithDeliveries()).toEqual([]);
        expect(await store.chats()).toMatchObject([{ id: "-100", failed: 1 }]);
      });
    });

    describe("reply chains and threads", () => {
      const options = { strategy: "per-thread" };

      test("a reply to any message of a chain continues it, the bot's own messages included", async () => {
        const opening = message("alice", "@bot begin");
        await accept(opening, options);
        const [{ lane: chain } = { lane: "" }] = await store.lanesWithWork();
        const run = await claim(chain);
        await store.end(run, {
          outcome: "done",
          deliveries: [{ to: run.to, chunks: [{ text: "ok", plain: "ok" }], chainRoot: run.plan.root }],
        });
        const chunk = await store.nextChunk(run.chat.ref);
        await store.chunkSent(chunk as NonNullable<typeof chunk>, "bot-1");
        store = await under.reopen();
        const reply = (to: string, fromSelf: boolean) =>
          message("bob", "and?", { replyTo: { messageId: to, fromSelf } });
        for (const inbound of [reply("bot-1", true), reply(opening.source.messageId, false)]) {
          expect(await accept(inbound, options)).toMatchObject({ kind: "turn", lane: chain });
        }
        const fresh = await accept(reply("unknown", true), options);
        expect(fresh).not.toMatchObject({ lane: chain });
      });

      test("what is said in a thread that was opened for a message belongs to that message's session", async () => {
        const opening = message("alice", "@bot begin", {
          source: { chat: { id: "-100", kind: "group", opensThreads: true } },
        });
        await accept(opening, options);
        const [{ lane: opened } = { lane: "" }] = await store.lanesWithWork();
        const run = await claim(opened);
        expect(run.to.threadId).toBeUndefined();
        await store.threadOpened(run, "77");
        store = await under.reopen();
        const taken = await claim(opened);
        expect(taken.to.threadId).toBe("77");
        const inside = message("bob", "and?", {
          addressed: false,
          source: { thread: { id: "77", kind: "native" }, chat: { id: "-100", kind: "group", opensThreads: true } },
        });
        expect(await accept(inside, options)).toMatchObject({ kind: "turn", lane: opened });
      });
    });

    describe("commands", () => {
      test("wait in no lane, run again after a crash until they are answered, and are never run twice after", async () => {
        const inbound = message("alice", "/status", { command: { name: "status", args: "" } });
        const accepted = await accept(inbound, { isCommand: true });
        expect(accepted).toMatchObject({ kind: "command" });
        expect(await store.claim(lane)).toEqual({ kind: "idle" });
        expect(await store.lanesWithWork()).toEqual([]);
        store = await under.reopen();
        const [pending] = await store.pendingCommands();
        expect(pending).toMatchObject({ plan: { session: lane, lane }, user: { id: "alice" }, to: { chatId: "-100" } });
        const seq = pending?.message.seq ?? 0;
        const reply = {
          to: pending?.to ?? { platform: "web", account: "", chatId: "" },
          chunks: [{ text: "s", plain: "s" }],
        };
        await store.answerCommand(seq, [reply]);
        await store.answerCommand(seq, [reply]);
        expect(await store.pendingCommands()).toEqual([]);
        const ref = pending?.chat.ref ?? 0;
        const chunk = await store.nextChunk(ref);
        await store.chunkSent(chunk as NonNullable<typeof chunk>, "1");
        expect(await store.nextChunk(ref)).toBeNull();
        expect(await accept(inbound, { isCommand: true })).toEqual({ kind: "duplicate" });
      });
    });

    describe("chats", () => {
      const place = { level: "chat", platform: "telegram", account: "default", chatId: "-100" } as const;

      test("settings are found by the chat and change what comes next, not what waits", async () => {
        await say("alice", "under the old plan");
        await store.setSetting(place, "strategy", "per-user", "test");
        const accepted = await say("alice", "under the new one");
        expect(accepted).toMatchObject({ lane: `${lane}:user:alice` });
        expect(texts(await claim())).toEqual(["under the old plan"]);
        await store.setSetting(place, "strategy", null, "test");
        expect(await store.setting(place, "strategy")).toBeNull();
      });

      test("a group that becomes a supergroup keeps its settings, sessions, chains and what waits", async () => {
        await store.setSetting(place, "strategy", "per-user", "test");
        await say("alice", "before");
        const before = await claim(`${lane}:user:alice`);
        await store.journal(before, { message: { role: "user", content: [], author: before.author } });
        await store.end(before, answer(before, "ok"));
        await say("alice", "running");
        const running = await claim(`${lane}:user:alice`);
        await say("alice", "waiting");
        // The new id was seen before the platform said that the chat moved.
        const early = message("bob", "early", { source: { chat: { id: "-100999", kind: "group" } } });
        await accept(early, { strategy: "per-user" });

        const moved = await store.moveChat({ platform: "telegram", account: "default", chatId: "-100" }, "-100999");
        const movedLane = "agent:main:telegram:group:-100999:user:alice";
        expect(moved.map(({ lane }) => lane).sort()).toEqual([movedLane, "agent:main:telegram:group:-100999:user:bob"]);
        expect(await store.claim(movedLane, new Set([running.runId]))).toEqual({ kind: "busy" });
        expect(await store.end(running, answer(running, "ok"))).toEqual({ lane: movedLane, more: true });

        const next = await claim(movedLane);
        expect(texts(next)).toEqual(["waiting"]);
        expect(next.to.chatId).toBe("-100999");
        expect(await store.history(next.sessionId)).toHaveLength(1);
        const inNew = message("alice", "after", { source: { chat: { id: "-100999", kind: "group" } } });
        expect(await accept(inNew)).toMatchObject({ lane: movedLane });
        expect(await store.chats()).toMatchObject([{ id: "-100999", strategy: "per-user" }]);
      });
    });

    test("counts say what waits, runs and is to be sent", async () => {
      await say("alice", "a1");
      await say("bob", "b1");
      const run = await claim();
      expect(await store.counts()).toEqual({ waiting: 1, running: 1, pendingDeliveries: 0 });
      await store.end(run, answer(run, "ok"));
      expect(await store.counts()).toEqual({ waiting: 1, running: 0, pendingDeliveries: 1 });
      expect(await store.lane(lane)).toMatchObject({ running: null, waiting: [{ userId: "bob", userName: "BOB" }] });
    });

    test("a closed store takes nothing, says so, and can be closed again", async () => {
      await store.close();
      await expect(say("alice", "late")).rejects.toMatchObject({ code: "closed" });
      await store.close();
    });
  });
}
