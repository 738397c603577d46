import { describe, expect, test } from "vitest";
import { FORK_SETTING, forkText } from "../../../sessions/forks.ts";
import type { Run } from "../../../sessions/runs.ts";
import { message } from "../messages.ts";
import { Compacting, given } from "./compacting.ts";
import type { StoreScene } from "./scene.ts";

const account = { platform: "telegram", account: "default" } as const;
const place = { level: "chat", ...account, chatId: "-100" } as const;
const LATER = 1_000_000;

/** What becomes of summaries when what they stand for is erased, copied or joined to something else. */
export function summariesErased(scene: StoreScene): void {
  const { lane, answer } = scene;
  const { begin, speak, turn, sumUp, compact } = new Compacting(scene);
  const contextOf = ({ sessionId }: Run) => scene.store.context(sessionId);
  const gives = async (run: Run) => given(await contextOf(run));
  const forget = ({ chat }: Run, before = LATER) =>
    scene.store.forget({ chatRef: chat.ref, userId: "alice", before, by: "telegram:alice" });
  const orderOf = async (name: string) => {
    const inbound = message("alice", `/${name}`, { command: { name, args: "" } });
    const accepted = await scene.accept(inbound, { isCommand: true });
    const seq = "seq" in accepted ? accepted.seq : 0;
    await scene.store.answerCommand(seq, []);
    return seq;
  };

  describe("the summary of what is erased", () => {
    test("goes with a conversation that is forgotten", async () => {
      const run = await turn("one");
      await sumUp({ upTo: 2, summary: "S1" });
      await forget(run);
      expect(await scene.store.compacted(1)).toBeNull();
      expect(await contextOf(run)).toEqual({ messages: [], tokens: 0 });
    });

    test("goes with a beginning that is forgotten; what came after it is given as it was said", async () => {
      const run = await turn("one");
      const order = await orderOf("forget");
      await turn("two", { tools: 1, tokens: 300 });
      await sumUp({ upTo: 2, summary: "S1" });
      await sumUp({ upTo: 6, summary: "S2" });
      expect(await forget(run, order)).toMatchObject({ sessions: 1 });
      expect(await gives(run)).toEqual(["two", "found for two", "to two"]);
      expect(await scene.store.contextSize(lane)).toEqual({ tokens: 0, compactions: 0 });
    });

    test("goes with a beginning that grew too old, and only then", async () => {
      const run = await turn("one", { tools: 1, ending: { cleared: 3 } });
      await turn("two", { ending: { cleared: 2 } });
      await sumUp({ upTo: 4, summary: "S1" });
      scene.clock.now += 1_000;
      await turn("three");
      await scene.store.prune(scene.clock.now - 5_000);
      expect(await gives(run)).toEqual(["S1", "two", "to two", "three", "to three"]);
      // Whoever has it summed up anew may want to do that less often.
      await scene.store.prune(scene.clock.now - 500, scene.clock.now - 5_000);
      expect(await gives(run)).toEqual(["S1", "two", "to two", "three", "to three"]);
      await scene.store.prune(scene.clock.now - 500);
      expect(await gives(run)).toEqual(["three", "to three"]);
      // That results were left out tells nobody anything.
      expect(await scene.store.compactions(lane)).toMatchObject([{ method: "cleared", clearedTo: 6 }]);
      await scene.store.prune(scene.clock.now + 1);
      expect(await scene.store.compactions(lane)).toEqual([]);
    });

    test("is not written by a run that read it before it was erased, and what that run counts is not the conversation's", async () => {
      const run = await turn("one");
      scene.clock.now += 1_000;
      await turn("two");
      const summing = await begin(message("alice", "three"));
      await scene.store.prune(scene.clock.now - 500);
      expect(await compact(summing, { upTo: 4, summary: "S of one and two" })).toBe(false);
      await speak(summing, { tokens: 700 });
      await scene.store.end(summing, { ...answer(summing, "ok"), cleared: 1 });
      expect(await gives(run)).toEqual(["two", "to two", "three", "to three"]);
      expect(await contextOf(run)).toMatchObject({ tokens: 0, compaction: { method: "cleared", clearedTo: 5 } });
      expect(await sumUp({ upTo: 4, summary: "S of two" })).toBe(true);
    });

    test("is not written by a run that is forgotten itself", async () => {
      const run = await turn("one");
      const summing = await begin(message("alice", "two"));
      await speak(summing, { tokens: 50 });
      await forget(run);
      expect(await compact(summing, { upTo: 2, summary: "S" })).toBe(false);
      await scene.store.end(summing, { ...answer(summing, "ok"), cleared: 2 });
      expect(await contextOf(run)).toEqual({ messages: [], tokens: 0 });
    });
  });

  describe("the copy of a conversation that was summed up", () => {
    const forked = async () => {
      const taken = await scene.store.forkOf(lane);
      if (taken === null) throw new Error("nothing to take along");
      return taken;
    };
    const choose = (fork: Awaited<ReturnType<typeof forked>>) =>
      scene.store.setSettings(place, { strategy: "per-user", [FORK_SETTING]: forkText("per-user", fork) }, "test");

    test("is given as it was given then: by the latest summary that is of no more than the copy", async () => {
      await turn("one", { tools: 1 });
      await turn("two", { tools: 1, ending: { cleared: 3 } });
      await sumUp({ upTo: 4, clearedTo: 7, summary: "S1", askedBy: "alice" });
      const fork = await forked();
      await turn("three");
      await sumUp({ upTo: 10, summary: "S2, of what came later" });
      await choose(fork);
      const bobs = await turn(message("bob", "mine"));
      expect(bobs.lane).toBe(`${lane}:user:bob`);
      expect(await gives(bobs)).toEqual(["S1", "two", "found for two", "to two", "mine", "to mine"]);
      expect(await contextOf(bobs)).toMatchObject({ compaction: { upTo: 4, clearedTo: 7 }, tokens: 0 });
      expect(await scene.store.compactions(bobs.lane)).toHaveLength(1);
      expect(await sumUp({ upTo: 10, summary: "S3" }, message("bob", "/compact"))).toBe(true);
    });

    test("holds no summary of what was erased before it was taken", async () => {
      await turn("one");
      await sumUp({ upTo: 2, summary: "S1" });
      scene.clock.now += 1_000;
      await turn("two");
      const fork = await forked();
      await scene.store.prune(scene.clock.now - 500);
      await choose(fork);
      expect(await gives(await turn(message("bob", "mine")))).toEqual(["two", "to two", "mine", "to mine"]);
    });

    test("of one that was joined to another holds no summary of that other", async () => {
      const there = (user: string, said: string) =>
        message(user, said, { source: { chat: { id: "-300", kind: "group" } } });
      await turn(there("zoe", "was here first"));
      await turn("one");
      const fork = await forked();
      await scene.store.moveChat({ ...account, chatId: "-100" }, "-300");
      await sumUp({ upTo: 4, clearedTo: 4, summary: "S of zoe's and one" }, there("zoe", "/compact"));
      await choose(fork);
      await scene.store.setSettings(
        { ...place, chatId: "-300" },
        { strategy: "per-user", [FORK_SETTING]: forkText("per-user", fork) },
        "test",
      );
      const alices = await turn(there("alice", "mine"));
      expect(await gives(alices)).toEqual(["one", "to one", "mine", "to mine"]);
    });
  });

  describe("two conversations that become one", () => {
    const whatsapp = { platform: "whatsapp", account: "default" } as const;
    const inGroup = (user: string, said: string) =>
      message(user, said, { source: { ...whatsapp, chat: { id: "g@g.us", kind: "group" } } });
    const perUser = { strategy: "per-user" };

    test("keep the summary of the earlier one, and the later one's messages as they were said", async () => {
      const first = await turn(inGroup("lid", "one"), { routing: perUser });
      const second = await turn(inGroup("phone", "two"), { routing: perUser, tokens: 90 });
      for (const user of ["lid", "phone"]) {
        const run = await begin(inGroup(user, "/compact"), perUser);
        await compact(run, { upTo: 2, summary: `S of ${user}` });
        await scene.store.end(run, { ...answer(run, "ok"), forget: "always" });
      }
      await scene.store.samePerson(whatsapp, "phone", "lid");
      expect(await gives(first)).toEqual(["S of lid", "two", "to two"]);
      expect(await contextOf(second)).toEqual(await contextOf(first));
      expect((await contextOf(first)).messages).toMatchObject([{ seq: 3, author: { id: "lid" } }, { seq: 4 }]);
      expect(await scene.store.contextSize(first.lane)).toEqual({ tokens: 0, compactions: 1 });
      expect(await scene.store.compacted(2)).toBeNull();
    });

    test("are not summed up by a run that has read the later one under its own numbers", async () => {
      const first = await turn(inGroup("lid", "one"), { routing: perUser });
      await turn(inGroup("phone", "two"), { routing: perUser });
      const summing = await begin(inGroup("phone", "three"), perUser);
      await scene.store.samePerson(whatsapp, "phone", "lid");
      expect(await compact(summing, { upTo: 2, summary: "S of two" })).toBe(false);
      await speak(summing, { tokens: 70 });
      await scene.store.end(summing, answer(summing, "ok"));
      expect(await gives(first)).toEqual(["one", "to one", "two", "to two", "three", "to three"]);
      expect((await contextOf(first)).tokens).toBe(0);
    });
  });

  describe("taking along", () => {
    const summaries = async (userId: string) =>
      (await scene.store.exported({ account, userId })).map(({ key, summaries }) => [key, summaries]);

    test("gives the summaries of what is one's own, each once, and none of what others have said as well", async () => {
      await turn("one", { routing: { strategy: "per-user" } });
      const own = await begin(message("alice", "/compact"), { strategy: "per-user" });
      await compact(own, { upTo: 2, summary: "S of alice's" });
      await compact(own, { clearedTo: 2, method: "cleared" });
      await scene.store.end(own, { ...answer(own, "ok"), forget: "always" });
      await turn("ours");
      await turn(message("bob", "ours too"));
      await sumUp({ upTo: 4, summary: "S of both" });
      expect(await summaries("alice")).toEqual([
        [`${lane}:user:alice`, [{ at: scene.clock.now, text: "S of alice's" }]],
        [lane, []],
      ]);
      expect(await summaries("bob")).toEqual([[lane, []]]);
    });
  });
}
