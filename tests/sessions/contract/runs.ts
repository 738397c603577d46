import { describe, expect, test } from "vitest";
import type { Ending } from "../../../sessions/runs.ts";
import { type TranscriptMessage, unknownResults } from "../../../sessions/transcript.ts";
import { message } from "../messages.ts";
import type { StoreScene } from "./scene.ts";

const usage = { model: "m", inputTokens: 3, outputTokens: 2, cacheReadTokens: 1, cacheWriteTokens: 0 };

/** Leases, journals, transcripts, and what is sent. */
export function runs(scene: StoreScene): void {
  const { accept, say, claim, texts, serveAll, lane, answer } = scene;

  describe("runs", () => {
    test("the transcript holds the turn, its steps and whose it was", async () => {
      await say("alice", "hi");
      const run = await claim();
      const turn = { role: "user" as const, content: [{ type: "text" as const, text: "hi" }], author: run.author };
      const reply = { role: "assistant" as const, content: [{ type: "text" as const, text: "hello" }] };
      await scene.store.journal(run, { message: turn });
      await scene.store.journal(run, { message: reply, usage });
      expect(await scene.store.history(run.sessionId)).toEqual([]);
      await scene.store.end(run, answer(run, "hello"));
      expect(await scene.store.history(run.sessionId)).toEqual([turn, reply]);
      expect(await scene.store.participants(run.sessionId)).toEqual([{ id: "alice", name: "ALICE", turns: 1 }]);
      expect(await scene.store.sessions()).toMatchObject([{ key: lane, messages: 2, inputTokens: 4, outputTokens: 2 }]);
    });

    test("a run whose process is gone is taken over with its steps, and the old lease writes nothing", async () => {
      await say("alice", "hi");
      await say("bob", "me too");
      const run = await claim();
      await scene.store.journal(run, {
        message: { role: "user", content: [{ type: "text", text: "hi" }], author: run.author },
      });
      await scene.reopen();
      expect(await scene.store.lanesWithWork()).toMatchObject([{ lane }]);
      const taken = await claim();
      expect(taken).toMatchObject({ runId: run.runId, attempt: 2, author: run.author });
      expect(taken.steps).toHaveLength(1);
      expect(texts(taken)).toEqual(["hi"]);
      const stale = [
        scene.store.journal(run, { message: { role: "assistant", content: [] } }),
        scene.store.end(run, answer(run, "from the dead")),
        scene.store.threadOpened(run, "t"),
        scene.store.park(run),
      ];
      const refused = stale.map((attempt) => expect(attempt).rejects.toMatchObject({ code: "lease-lost" }));
      await Promise.all(refused);
      expect(await scene.store.chatsWithDeliveries()).toEqual([]);
      await scene.store.end(taken, answer(taken, "ok"));
      expect(await serveAll()).toEqual([["bob", "me too"]]);
    });

    test("a parked run counts as not begun again", async () => {
      await say("alice", "hi");
      const run = await claim();
      await scene.store.park(run);
      expect(await claim()).toMatchObject({ runId: run.runId, attempt: 1 });
    });

    test("a failed run leaves a row with its reason, and no tool use without its result", async () => {
      await say("alice", "hi");
      const run = await claim();
      const turn = { role: "user" as const, content: [{ type: "text" as const, text: "hi" }], author: run.author };
      await scene.store.journal(run, { message: turn });
      const asking: TranscriptMessage = {
        role: "assistant",
        content: [{ type: "tool-use", id: "t1", name: "x", input: {} }],
      };
      await scene.store.journal(run, { message: asking });
      const closing = { role: "assistant" as const, content: [{ type: "text" as const, text: "(no answer)" }] };
      await scene.store.end(run, { ...answer(run, "sorry"), outcome: "failed", failure: "timeout", closing });
      expect(await scene.store.history(run.sessionId)).toEqual([turn, asking, unknownResults(asking), closing]);
    });

    test("a session that was ended begins with nothing; a run that was on keeps the one it had", async () => {
      await say("alice", "a1");
      const run = await claim();
      await scene.store.journal(run, { message: { role: "user", content: [], author: run.author } });
      expect(await scene.store.endSession(lane, 1_000)).toBe(true);
      await scene.store.end(run, answer(run, "ok"));
      await say("alice", "a2");
      const next = await claim();
      expect(next.sessionId).not.toBe(run.sessionId);
      expect(await scene.store.history(next.sessionId)).toEqual([]);
      expect(await scene.store.history(run.sessionId)).toHaveLength(1);
      await scene.store.end(next, answer(next, "ok"));
    });

    const notice = { chunks: [{ text: "an admin stopped it", plain: "an admin stopped it" }] };
    const dropped = { chunks: [{ text: "stopped", plain: "stopped" }] };

    test("stopping drops one's own waiting messages and marks one's own runs; others are not touched", async () => {
      await say("alice", "a1");
      const run = await claim();
      await say("alice", "a2");
      await say("bob", "b1");
      const stop = (userId: string) =>
        scene.store.stop({ chatRef: run.chat.ref, userId, before: 1_000, notice, dropped });
      expect(await stop("bob")).toEqual({ dropped: 1, runIds: [] });
      await say("bob", "b2");
      expect(await stop("alice")).toEqual({ dropped: 1, runIds: [run.runId] });
      await scene.reopen();
      const taken = await claim();
      expect(taken).toMatchObject({ runId: run.runId, stopped: true });
      await scene.store.end(taken, { outcome: "stopped", deliveries: [] });
      expect(await serveAll()).toEqual([["bob", "b2"]]);
    });

    test("an order to stop does not reach what came after it, however late it is carried out", async () => {
      const order = await accept(message("alice", "/stop", { command: { name: "stop", args: "" } }), {
        isCommand: true,
      });
      await say("alice", "a better idea");
      const before = "seq" in order ? order.seq : 0;
      const [chat] = await scene.store.chats();
      const work = await scene.store.stop({ chatRef: chat?.ref ?? 0, userId: "alice", before, notice, dropped });
      expect(work).toEqual({ dropped: 0, runIds: [] });
      await scene.store.answerCommand(before, []);
      expect(await serveAll()).toEqual([["alice", "a better idea"]]);
    });

    test("whoever loses something by an admin's order is told, once", async () => {
      await say("alice", "a1");
      const run = await claim();
      await say("bob", "b1");
      await say("alice", "a2");
      const order = { chatRef: run.chat.ref, userId: "admin", before: 1_000, everybody: true, notice, dropped };
      expect(await scene.store.stop(order)).toEqual({ dropped: 2, runIds: [run.runId] });
      const told: unknown[] = [];
      for (;;) {
        const chunk = await scene.store.nextChunk(run.chat.ref);
        if (chunk === null) break;
        told.push(chunk.forUserId);
        await scene.store.chunkSent(chunk, `${told.length}`);
      }
      expect(told).toEqual(["alice", "bob"]);
    });

    test("a run that was stopped says nothing more, also if it was done in the same moment", async () => {
      await say("alice", "a1");
      const run = await claim();
      await scene.store.stop({ chatRef: run.chat.ref, userId: "alice", before: 1_000, notice, dropped });
      await scene.store.end(run, answer(run, "too late"));
      expect(await scene.store.chatsWithDeliveries()).toEqual([]);
    });

    test("what was done before it was stopped stays in the transcript; a turn without any of it does not", async () => {
      const turn = (run: { author: { id: string; name: string } }) => ({
        message: { role: "user" as const, content: [{ type: "text" as const, text: "do it" }], author: run.author },
      });
      const closing = { role: "assistant" as const, content: [{ type: "text" as const, text: "(stopped)" }] };
      const ending: Ending = { outcome: "stopped", deliveries: [], closing, forget: "if-unanswered" };
      await say("alice", "a1");
      const one = await claim();
      await scene.store.journal(one, turn(one));
      await scene.store.end(one, ending);
      expect(await scene.store.history(one.sessionId)).toEqual([]);
      await say("alice", "a2");
      const two = await claim();
      await scene.store.journal(two, turn(two));
      await scene.store.journal(two, {
        message: { role: "assistant", content: [{ type: "tool-use", id: "t1", name: "x", input: {} }] },
      });
      await scene.store.journal(two, {
        message: { role: "user", content: [{ type: "tool-result", toolUseId: "t1", text: "done", isError: false }] },
      });
      await scene.store.end(two, ending);
      expect(await scene.store.history(two.sessionId)).toHaveLength(4);
    });

    test("blobs come back as they were, whoever put them twice", async () => {
      const bytes = new Uint8Array([0, 255, 7]);
      const hash = await scene.store.putBlob(bytes, "image/png");
      expect(await scene.store.putBlob(bytes, "image/png")).toBe(hash);
      expect(Array.from((await scene.store.blob(hash)) ?? [])).toEqual([0, 255, 7]);
      expect(await scene.store.blob("none")).toBeNull();
    });
  });

  describe("outbox", () => {
    async function enqueue(text: string, ...more: string[]): Promise<number> {
      await say("alice", text);
      const run = await claim();
      const chunks = [text, ...more].map((part) => ({ text: part, plain: part }));
      await scene.store.end(run, { outcome: "done", deliveries: [{ to: run.to, chunks, replyTo: "q" }] });
      return run.chat.ref;
    }

    test("chunks leave in order, the first one quoting; a crash while sending is remembered", async () => {
      const ref = await enqueue("one", "two");
      await enqueue("three");
      const first = await scene.store.nextChunk(ref);
      expect(first).toMatchObject({ text: "one", replyTo: "q", uncertain: false });
      await scene.reopen();
      expect(await scene.store.chatsWithDeliveries()).toEqual([ref]);
      const again = await scene.store.nextChunk(ref);
      expect(again).toMatchObject({ text: "one", uncertain: true, deliveryId: first?.deliveryId });
      await scene.store.chunkSent(again as NonNullable<typeof again>, "1");
      const second = await scene.store.nextChunk(ref);
      expect(second).toMatchObject({ text: "two", uncertain: false });
      expect(second?.replyTo).toBeUndefined();
      await scene.store.chunkUnsent(second as NonNullable<typeof second>);
      const retried = await scene.store.nextChunk(ref);
      expect(retried).toMatchObject({ text: "two", uncertain: false });
      await scene.store.deliveryFailed(retried as NonNullable<typeof retried>, "refused");
      const third = await scene.store.nextChunk(ref);
      expect(third?.text).toBe("three");
      await scene.store.chunkSent(third as NonNullable<typeof third>, "3");
      expect(await scene.store.nextChunk(ref)).toBeNull();
      expect(await scene.store.chatsWithDeliveries()).toEqual([]);
      expect(await scene.store.chats()).toMatchObject([{ id: "-100", failed: 1 }]);
    });
  });
}
