import { describe, expect, test } from "vitest";
import { message, routing } from "../messages.ts";
import type { StoreScene } from "./scene.ts";

/** Whose turn is next, and what commands wait for. */
export function turns(scene: StoreScene): void {
  const { accept, say, claim, serveAll, lane, answer } = scene;

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
      await scene.store.end(run, answer(run, "ok"));
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
      await scene.store.end(run, answer(run, "ok"));
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
      await scene.store.end(run, answer(run, "ok"));
      const order: string[] = [];
      for (let i = 2; i < 6; i++) {
        const next = await claim();
        order.push(next.author.id);
        await say(`n${i}`, "x");
        await scene.store.end(next, answer(next, "ok"));
      }
      expect(order.slice(0, 2)).toEqual(["n1", "alice"]);
    });

    test("order is that of arrival, whatever the clock does", async () => {
      await say("alice", "first");
      scene.clock.now -= 3_600_000;
      await say("bob", "second");
      scene.clock.now += 7_200_000;
      await say("carol", "third");
      expect((await serveAll()).map(([user]) => user)).toEqual(["alice", "bob", "carol"]);
    });

    test("messages of one author in two places are two turns", async () => {
      const inThread = (text: string, id: string) =>
        message("alice", text, { source: { thread: { id, kind: "native" } } });
      await accept(inThread("in one", "7"), { strategy: "per-user" });
      await accept(inThread("in two", "8"), { strategy: "per-user" });
      const lanes = (await scene.store.lanesWithWork()).map(({ lane }) => lane);
      expect(lanes).toHaveLength(2);
      expect((await claim(lanes[0])).to).toMatchObject({ chatId: "-100", threadId: "7" });
    });

    test("messages of different sessions in one lane are different turns", async () => {
      const inSession = (session: string) => {
        const inbound = message("alice", session);
        const plan = {
          session,
          lane: "lane",
          attribution: "none",
          thread: "stay",
          replyTo: "",
          strategy: "x",
          agent: "a",
        } as const;
        return scene.store.accept(inbound, {
          ...routing(inbound),
          decide: () => ({ kind: "turn", plan, readyAfterMs: 0 }),
        });
      };
      await inSession("one");
      await inSession("two");
      expect(await serveAll("lane")).toEqual([
        ["alice", "one"],
        ["alice", "two"],
      ]);
    });

    test("a lane that runs is busy for this process, and idle once nothing waits", async () => {
      await say("alice", "a1");
      const run = await claim();
      expect(await scene.store.claim(lane, new Set([run.runId]))).toEqual({ kind: "busy" });
      await say("bob", "b1");
      expect(await scene.store.end(run, answer(run, "ok"))).toEqual({ lane, more: true });
      const next = await claim();
      expect(await scene.store.end(next, answer(next, "ok"))).toEqual({ lane, more: false });
      expect(await scene.store.claim(lane)).toEqual({ kind: "idle" });
    });
  });

  describe("commands", () => {
    test("wait in no lane, run again after a crash until they are answered, and are never run twice after", async () => {
      const user = { id: "alice", name: "ALICE", aliases: ["+49170"], isBot: false };
      const inbound = message("alice", "/status", { command: { name: "status", args: "" }, source: { user } });
      const accepted = await accept(inbound, { isCommand: true });
      expect(accepted).toMatchObject({ kind: "command" });
      expect(await scene.store.claim(lane)).toEqual({ kind: "idle" });
      expect(await scene.store.lanesWithWork()).toEqual([]);
      await scene.reopen();
      const [pending] = await scene.store.pendingCommands();
      expect(pending).toMatchObject({ plan: { session: lane, lane }, user: { id: "alice", aliases: ["+49170"] } });
      expect(pending?.to).toMatchObject({ chatId: "-100" });
      const seq = pending?.message.seq ?? 0;
      const reply = {
        to: pending?.to ?? { platform: "web", account: "", chatId: "" },
        chunks: [{ text: "s", plain: "s" }],
      };
      await scene.store.answerCommand(seq, [reply]);
      await scene.store.answerCommand(seq, [reply]);
      expect(await scene.store.pendingCommands()).toEqual([]);
      const ref = pending?.chat.ref ?? 0;
      const chunk = await scene.store.nextChunk(ref);
      await scene.store.chunkSent(chunk as NonNullable<typeof chunk>, "1");
      expect(await scene.store.nextChunk(ref)).toBeNull();
      expect(await accept(inbound, { isCommand: true })).toEqual({ kind: "duplicate" });
    });

    test("what its author sends after a command waits for it, and nobody else does", async () => {
      const sent = await accept(message("alice", "/new", { command: { name: "new", args: "" } }), { isCommand: true });
      await say("alice", "a question");
      await say("bob", "another");
      expect(await serveAll()).toEqual([["bob", "another"]]);
      await scene.store.answerCommand("seq" in sent ? sent.seq : 0, []);
      expect(await serveAll()).toEqual([["alice", "a question"]]);
    });

    test("a command that ends a session does not end one that began after it", async () => {
      await say("alice", "before");
      await serveAll();
      const sent = await accept(message("alice", "/new", { command: { name: "new", args: "" } }), { isCommand: true });
      const seq = "seq" in sent ? sent.seq : 0;
      expect(await scene.store.endSession(lane, seq)).toBe(true);
      await say("bob", "after");
      await serveAll();
      expect(await scene.store.endSession(lane, seq)).toBe(false);
    });
  });
}
