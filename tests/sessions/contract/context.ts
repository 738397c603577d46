import { describe, expect, test } from "vitest";
import type { Block } from "../../../sessions/transcript.ts";
import { message } from "../messages.ts";
import { Compacting, text, usageOf } from "./compacting.ts";
import type { StoreScene } from "./scene.ts";

const account = { platform: "telegram", account: "default" } as const;

/** What a session gives the model beside words: how long it is, what is shown once, and files. */
export function context(scene: StoreScene): void {
  const { answer, claim, lane } = scene;
  const { begin, speak, turn, compact, sumUp } = new Compacting(scene);
  const tokens = async (sessionId: number) => (await scene.store.context(sessionId)).tokens;

  describe("the length of a conversation", () => {
    test("is what the model counted for its latest reply, from the moment that is written down", async () => {
      const run = await begin(message("alice", "one"));
      expect(await tokens(run.sessionId)).toBe(0);
      await speak(run, { tokens: 4_003 });
      expect(await tokens(run.sessionId)).toBe(4_003);
      await scene.store.bookUsage(run, usageOf(77_000));
      const said = { role: "user" as const, content: [text("more")], author: run.author };
      await scene.store.journal(run, { message: said, usage: usageOf(88_000) });
      await scene.reopen();
      expect(await tokens(run.sessionId)).toBe(4_003);
      expect(await scene.store.contextSize(lane)).toEqual({ tokens: 4_003, compactions: 0 });
    });

    test("is not known where nobody counts", async () => {
      const { sessionId } = await turn("one", { tokens: 500 });
      await turn("two");
      expect(await tokens(sessionId)).toBe(0);
    });

    test("is not known after a run that does not say what it had left out", async () => {
      const { sessionId } = await turn("one", { tokens: 500 });
      await turn("two", { tokens: 600, ending: { outcome: "failed", cleared: undefined } });
      expect(await tokens(sessionId)).toBe(0);
    });

    test("is not known after a turn that was answered and is not kept, and stays after one without an answer", async () => {
      const { sessionId } = await turn("one", { tokens: 500 });
      const run = await begin(message("alice", "two"));
      await scene.store.end(run, { ...answer(run, "no"), forget: "if-unanswered" });
      expect(await tokens(sessionId)).toBe(500);
      await turn("three", { tokens: 600, ending: { outcome: "failed", forget: "always" } });
      expect(await tokens(sessionId)).toBe(0);
    });

    test("is that of the whole run once replies are taken in after a compaction", async () => {
      await turn("one", { tokens: 900 });
      const run = await begin(message("alice", "two"));
      await compact(run, { upTo: 2, summary: "S", tokensAfter: 10.2 });
      expect(await tokens(run.sessionId)).toBe(11);
      await speak(run, { tokens: 44 });
      expect(await tokens(run.sessionId)).toBe(44);
    });

    test("of nothing is nothing", async () => {
      expect(await scene.store.context(999)).toEqual({ messages: [], tokens: 0 });
    });
  });

  describe("background", () => {
    const background = "what others said meanwhile";

    test("is given again after a crash, and is in no transcript", async () => {
      const run = await begin(message("alice", "one"));
      const said = { role: "user" as const, content: [text("one")], author: run.author };
      await scene.store.journal(run, { message: { ...said, background } });
      await scene.reopen();
      const taken = await claim(lane);
      expect(taken.steps).toEqual([{ ...said, background }]);
      await scene.store.journal(taken, { message: { role: "assistant", content: [text("two")] } });
      await scene.store.end(taken, answer(taken, "two"));
      expect(await scene.store.history(run.sessionId)).toEqual([said, { role: "assistant", content: [text("two")] }]);
      expect(JSON.stringify(await scene.store.context(run.sessionId))).not.toContain(background);
      expect(JSON.stringify(await scene.store.exported({ account, userId: "alice" }))).not.toContain(background);
    });
  });

  describe("a file that was sent", () => {
    const put = (byte: number) => scene.store.putBlob(new Uint8Array([byte]), "application/pdf");
    const file = (blob: string): Block => ({ type: "document", blob, mimeType: "application/pdf", name: "a.pdf" });
    const sending = async (user: string, blob: string) => {
      const run = await begin(message(user, "look"), { strategy: "per-user" });
      const content = [text("look"), file(blob)];
      await scene.store.journal(run, { message: { role: "user", content, author: run.author } });
      await scene.store.journal(run, { message: { role: "assistant", content: [text("seen")] } });
      await scene.store.end(run, answer(run, "seen"));
      return run;
    };

    test("is kept as long as a conversation shows it, and goes with the last that does", async () => {
      const hash = await put(1);
      const alices = await sending("alice", hash);
      await put(1);
      await sending("bob", hash);
      expect(await scene.store.history(alices.sessionId)).toMatchObject([{ content: [{}, file(hash)] }, {}]);
      await scene.store.cleanUp(scene.clock.now + 1_000_000_000);
      const forget = (userId: string) =>
        scene.store.forget({ chatRef: alices.chat.ref, userId, before: 1_000, by: "telegram:x" });
      await forget("alice");
      expect(await scene.store.blob(hash)).not.toBeNull();
      await forget("bob");
      expect(await scene.store.blob(hash)).toBeNull();
    });

    test("goes when it has become too old", async () => {
      const hash = await put(2);
      await sending("alice", hash);
      await scene.store.prune(scene.clock.now + 1);
      expect(await scene.store.blob(hash)).toBeNull();
    });

    test("stays when its turn is summed up", async () => {
      const hash = await put(3);
      const run = await begin(message("alice", "look"));
      await scene.store.journal(run, { message: { role: "user", content: [file(hash)], author: run.author } });
      await scene.store.end(run, answer(run, "seen"));
      await sumUp({ upTo: 1, summary: "S" });
      await scene.store.cleanUp(scene.clock.now + 1_000_000_000);
      expect(await scene.store.blob(hash)).not.toBeNull();
    });
  });
}
