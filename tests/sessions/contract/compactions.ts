import { describe, expect, test } from "vitest";
import { LeaseLostError } from "../../../sessions/runs.ts";
import { message } from "../messages.ts";
import { Compacting, given } from "./compacting.ts";
import type { StoreScene } from "./scene.ts";

const account = { platform: "telegram", account: "default" } as const;

/** How a conversation is given once it was summed up, and that what stands behind a summary is kept. */
export function compactions(scene: StoreScene): void {
  const { lane, answer } = scene;
  const { begin, speak, turn, sumUp, compact } = new Compacting(scene);
  const context = (sessionId: number) => scene.store.context(sessionId);
  const numbers = async (sessionId: number) => (await context(sessionId)).messages.map(({ seq }) => seq);

  describe("a conversation that was summed up", () => {
    test("gives the summary in the place of what it stands for, which stays as it was said", async () => {
      const { sessionId } = await turn("one");
      await turn("two");
      expect(await context(sessionId)).toMatchObject({ messages: [{ seq: 1, author: { id: "alice" } }, {}, {}, {}] });
      expect(await sumUp({ upTo: 2, summary: "S1", model: "m", askedBy: "alice" })).toBe(true);
      await scene.reopen();
      const after = await context(sessionId);
      expect(given(after)).toEqual(["S1", "two", "to two"]);
      expect(after.compaction).toEqual({
        id: 1,
        upTo: 2,
        summary: "S1",
        clearedTo: 2,
        method: "model",
        model: "m",
        askedBy: "alice",
        tokensBefore: 1_000,
        tokensAfter: 100,
        at: scene.clock.now,
      });
      expect(after.tokens).toBe(100);
      expect(await scene.store.history(sessionId)).toHaveLength(4);
    });

    test("is told of from the latest on, each time with what it stands for", async () => {
      await turn("one");
      await turn("two");
      await sumUp({ upTo: 2, summary: "S1" });
      const { sessionId } = await turn("three");
      await sumUp({ upTo: 6, summary: "S2", method: "provider" });
      await sumUp({ upTo: 6, clearedTo: 6, summary: "S2, better" });
      expect((await scene.store.compactions(lane)).map(({ id, summary }) => [id, summary])).toEqual([
        [3, "S2, better"],
        [2, "S2"],
        [1, "S1"],
      ]);
      expect(await scene.store.contextSize(lane)).toEqual({ tokens: 100, compactions: 3 });
      const stoodFor = async (id: number) => {
        const { key, messages = [] } = (await scene.store.compacted(id)) ?? {};
        return [key, messages.map(({ seq }) => seq)];
      };
      expect(await stoodFor(1)).toEqual([lane, [1, 2]]);
      expect(await stoodFor(2)).toEqual([lane, [3, 4, 5, 6]]);
      expect(await stoodFor(3)).toEqual([lane, [3, 4, 5, 6]]);
      expect(given(await context(sessionId))).toEqual(["S2, better"]);
      expect(await scene.store.compacted(4)).toBeNull();
      expect(await scene.store.compactions("nothing")).toEqual([]);
      expect(await scene.store.contextSize("nothing")).toBeNull();
    });

    test("keeps its summary when only results of tools are left out, and gives none of those again", async () => {
      await turn("one");
      const { sessionId } = await turn("two", { tools: 2 });
      await sumUp({ upTo: 2, summary: "S1", clearedTo: 6 });
      await sumUp({ method: "cleared", clearedTo: 4 });
      expect((await context(sessionId)).compaction).toMatchObject({
        upTo: 2,
        summary: "S1",
        clearedTo: 6,
        method: "cleared",
      });
      await sumUp({ upTo: 2, summary: "S1, better", clearedTo: 2 });
      expect((await context(sessionId)).compaction).toMatchObject({ summary: "S1, better", clearedTo: 6 });
    });

    test("is begun anew with nothing of it", async () => {
      const { plan } = await turn("one");
      await sumUp({ upTo: 2, summary: "S1" });
      await scene.store.endSession(plan.session, 1_000);
      const next = await turn("two");
      expect(given(await context(next.sessionId))).toEqual(["two", "to two"]);
      expect(await scene.store.compactions(lane)).toEqual([]);
      expect(await scene.store.compacted(1)).toMatchObject({ key: lane, messages: [{ seq: 1 }, { seq: 2 }] });
    });

    test("follows its chat to another id", async () => {
      const { sessionId } = await turn("one");
      await sumUp({ upTo: 2, summary: "S1" });
      await scene.store.moveChat({ ...account, chatId: "-100" }, "-300");
      expect(given(await context(sessionId))).toEqual(["S1"]);
      expect(await scene.store.contextSize("agent:main:telegram:group:-300")).toEqual({ tokens: 100, compactions: 1 });
    });
  });

  describe("a compaction", () => {
    test("that stands for less than the present one comes too late, and changes nothing", async () => {
      await turn("one");
      const { sessionId } = await turn("two");
      await sumUp({ upTo: 4, summary: "S of both" });
      const before = await context(sessionId);
      expect(await sumUp({ upTo: 2, summary: "S of one" })).toBe(false);
      expect(await context(sessionId)).toEqual({ ...before, tokens: 100 });
    });

    test("of somebody who lost the run is not written", async () => {
      await turn("one");
      const run = await begin(message("alice", "/compact"));
      await scene.reopen();
      const taken = await scene.claim(lane);
      await expect(compact(run, { upTo: 2, summary: "S1" })).rejects.toThrow(LeaseLostError);
      expect(await scene.store.contextSize(lane)).toEqual({ tokens: 0, compactions: 0 });
      expect(await compact(taken, { upTo: 2, summary: "S1" })).toBe(true);
    });

    test.each([
      ["stands for more than was said", { upTo: 9, summary: "S" }, RangeError],
      ["ends within a turn", { upTo: 6, summary: "S" }, RangeError],
      ["leaves out more than was said", { clearedTo: 9 }, RangeError],
      ["stands for nothing", { upTo: 0, summary: "S" }, RangeError],
      ["has no words", { upTo: 8 }, TypeError],
      ["stands for nobody knows what", { summary: "S" }, TypeError],
    ])("that %s is a fault, and changes nothing", async (_what, compaction, fault) => {
      await turn("one");
      await turn("two");
      const { sessionId } = await turn("three", { tools: 1 });
      await sumUp({ upTo: 4, summary: "S1" });
      const before = await context(sessionId);
      const run = await begin(message("alice", "/compact"));
      await expect(compact(run, compaction)).rejects.toThrow(fault);
      expect(await context(sessionId)).toEqual(before);
    });
  });

  describe("results of tools", () => {
    test("that were left out in a run stay so, with the summary that counts then", async () => {
      await turn("one");
      const cleared = { ending: { cleared: 3 }, tools: 2 };
      const { sessionId } = await turn("two", cleared);
      expect((await context(sessionId)).compaction).toMatchObject({ clearedTo: 5, method: "cleared" });
      expect((await context(sessionId)).compaction?.summary).toBeUndefined();
      await sumUp({ upTo: 8, summary: "S1" });
      await turn("three", cleared);
      expect((await context(sessionId)).compaction).toMatchObject({ upTo: 8, summary: "S1", clearedTo: 11 });
      await turn("four", cleared);
      expect(await scene.store.compactions(lane)).toMatchObject([
        { method: "cleared", summary: "S1", clearedTo: 17 },
        { method: "model", summary: "S1", clearedTo: 8 },
        { method: "cleared", clearedTo: 5 },
      ]);
      expect(await numbers(sessionId)).toEqual([9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
      const { messages = [] } = (await scene.store.compacted(3)) ?? {};
      expect(messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    });

    test("of a run that gave fewer steps than it says are all left out, and of a turn that is forgotten there are none", async () => {
      const { sessionId } = await turn("one", { ending: { cleared: 9 } });
      expect((await context(sessionId)).compaction).toMatchObject({ clearedTo: 2 });
      await turn("two", { ending: { cleared: 2, forget: "always" } });
      expect((await context(sessionId)).compaction).toMatchObject({ clearedTo: 2 });
      const run = await begin(message("alice", "three"));
      await speak(run);
      await scene.store.end(run, { ...answer(run, "ok"), cleared: 0 });
      expect((await context(sessionId)).compaction).toMatchObject({ clearedTo: 2 });
    });
  });
}
