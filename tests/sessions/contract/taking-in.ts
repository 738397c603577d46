import { describe, expect, test } from "vitest";
import type { AcceptedMessage, RoutedPlan } from "../../../sessions/inbox.ts";
import type { Run } from "../../../sessions/runs.ts";
import { type TranscriptMessage, unknownResults } from "../../../sessions/transcript.ts";
import { message, planOf, type RoutingOptions, routing } from "../messages.ts";
import type { StoreScene } from "./scene.ts";

const text = (said: string) => [{ type: "text" as const, text: said }];
const reply = (said: string): TranscriptMessage => ({ role: "assistant", content: text(said) });
const asksForTool: TranscriptMessage = {
  role: "assistant",
  content: [{ type: "tool-use", id: "t1", name: "x", input: {} }],
};

/** What an author adds while being answered. */
export function takingIn(scene: StoreScene): void {
  const { accept, say, claim, texts, serveAll, lane, answer } = scene;
  const steer: RoutingOptions = { busy: "steer" };

  const turn = ({ author }: Run, messages: readonly AcceptedMessage[]): TranscriptMessage => ({
    role: "user",
    content: messages.flatMap((each) => text(each.text)),
    author,
  });
  async function begin(user = "alice", options = steer): Promise<Run> {
    await say(user, `${user} begins`, options);
    const run = await claim();
    await scene.store.journal(run, { message: turn(run, run.messages) });
    return run;
  }
  const following = async (run: Run) => (await scene.store.following(run)).map((each) => each.text);
  async function takeIn(run: Run): Promise<boolean> {
    const messages = await scene.store.following(run);
    return scene.store.takeIn(run, messages, [{ message: turn(run, messages) }]);
  }
  const command = (user: string) =>
    accept(message(user, "/x", { command: { name: "x", args: "" } }), { isCommand: true });

  describe("what an author adds to a run", () => {
    test("is part of it from then on, as a whole burst, and is answered with it and never again", async () => {
      const run = await begin();
      await say("alice", "and this", steer);
      await say("alice", "and that", steer);
      expect(await following(run)).toEqual(["and this", "and that"]);
      expect(await takeIn(run)).toBe(true);
      expect(await following(run)).toEqual([]);
      expect(await takeIn(run)).toBe(false);
      await scene.store.journal(run, { message: reply("to all") });
      await scene.store.end(run, answer(run, "to all"));
      expect(await serveAll()).toEqual([]);
      const history = await scene.store.history(run.sessionId);
      expect(history.map(({ content }) => content)).toEqual([
        text("alice begins"),
        [...text("and this"), ...text("and that")],
        text("to all"),
      ]);
    });

    test("is part of it after a crash too, with its turn in the journal; what was not taken in waits", async () => {
      const run = await begin();
      await say("alice", "and this", steer);
      await takeIn(run);
      await say("alice", "and that", steer);
      await scene.reopen();
      const taken = await claim();
      expect(texts(taken)).toEqual(["alice begins", "and this"]);
      expect(taken.steps.map(({ content }) => content)).toEqual([text("alice begins"), text("and this")]);
      expect(await following(taken)).toEqual(["and that"]);
      await scene.store.end(taken, answer(taken, "ok"));
      expect(await serveAll()).toEqual([["alice", "and that"]]);
    });

    test("comes behind tools that were asked for, with unknown results", async () => {
      const run = await begin();
      await scene.store.journal(run, { message: asksForTool });
      await say("alice", "stop that, do this", steer);
      await takeIn(run);
      await scene.store.journal(run, { message: reply("done") });
      await scene.store.end(run, answer(run, "done"));
      expect((await scene.store.history(run.sessionId)).map(({ content }) => content)).toEqual([
        text("alice begins"),
        asksForTool.content,
        unknownResults(asksForTool)?.content,
        text("stop that, do this"),
        text("done"),
      ]);
    });

    test("comes with what was broken off and its tokens, in order", async () => {
      const run = await begin("alice", { busy: "interrupt" });
      await say("alice", "wait", { busy: "interrupt" });
      const messages = await scene.store.following(run);
      expect(messages).toMatchObject([{ text: "wait", interrupts: true }]);
      const usage = { model: "m", inputTokens: 3, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0 };
      const steps = [{ message: reply("so far …"), usage }, { message: turn(run, messages) }];
      expect(await scene.store.takeIn(run, messages, steps)).toBe(true);
      await scene.reopen();
      const taken = await claim();
      expect(taken.steps.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
      expect(await scene.store.sessions()).toMatchObject([{ inputTokens: 3, outputTokens: 2 }]);
    });

    test("waits where the chat collects, and where somebody else came before", async () => {
      const run = await begin("alice", {});
      await say("alice", "collected");
      expect(await following(run)).toEqual([]);
      await scene.store.end(run, answer(run, "ok"));
      await serveAll();
      const next = await begin();
      await say("bob", "first", steer);
      await say("alice", "second", steer);
      expect(await following(next)).toEqual([]);
      expect(await takeIn(next)).toBe(false);
      await scene.store.end(next, answer(next, "ok"));
      expect(await serveAll()).toEqual([
        ["bob", "first"],
        ["alice", "second"],
      ]);
    });

    test("lets nobody wait longer: who came before the next turn of its author is served before it", async () => {
      const run = await begin();
      await say("alice", "a2", steer);
      await say("bob", "b1", steer);
      await say("alice", "a3", steer);
      expect(await following(run)).toEqual(["a2"]);
      await takeIn(run);
      expect(await following(run)).toEqual([]);
      await say("carol", "c1", steer);
      await scene.store.end(run, answer(run, "ok"));
      expect((await serveAll()).map(([user]) => user)).toEqual(["bob", "carol", "alice"]);
    });

    test("is taken when it is complete, and a clock that was put back makes nobody wait", async () => {
      const run = await begin();
      const part = () => message("alice", "part", { albumId: "a" });
      await accept(part(), steer);
      expect(await following(run)).toEqual([]);
      scene.clock.now += 999;
      await accept(part(), steer);
      scene.clock.now += 500;
      expect(await following(run)).toEqual([]);
      scene.clock.now += 500;
      expect(await following(run)).toEqual(["part", "part"]);
      await takeIn(run);
      await accept(message("alice", "rest", { albumId: "b" }), steer);
      scene.clock.now -= 3_600_000;
      expect(await following(run)).toEqual(["rest"]);
    });

    test("waits for the commands that its author sent before it", async () => {
      const run = await begin();
      await command("bob");
      const sent = await command("alice");
      await say("alice", "after it", steer);
      expect(await following(run)).toEqual([]);
      await scene.store.answerCommand("seq" in sent ? sent.seq : 0, []);
      expect(await following(run)).toEqual(["after it"]);
    });

    test("is left alone if it was edited, deleted or added to since it was looked at", async () => {
      const run = await begin();
      const added = message("alice", "tpyo", { albumId: "a" });
      await accept(added, { ...steer, settleMs: 0 });
      const seen = await scene.store.following(run);
      const steps = [{ message: turn(run, seen) }];
      await scene.store.edit({ ...added, text: "typo" });
      expect(await scene.store.takeIn(run, seen, steps)).toBe(false);
      const edited = await scene.store.following(run);
      await accept(message("alice", "more", { albumId: "a" }), { ...steer, settleMs: 0 });
      expect(await scene.store.takeIn(run, edited, steps)).toBe(false);
      const whole = await scene.store.following(run);
      expect(whole.map((each) => each.text)).toEqual(["typo", "more"]);
      const { platform, account, chat, messageId } = added.source;
      await scene.store.remove({ platform, account, chatId: chat.id }, messageId);
      expect(await scene.store.takeIn(run, whole, steps)).toBe(false);
      await scene.reopen();
      const taken = await claim();
      expect(taken.steps).toHaveLength(1);
      expect(texts(taken)).toEqual(["alice begins"]);
      expect(await following(taken)).toEqual(["more"]);
    });

    test("stays with whoever has the lease", async () => {
      const run = await begin();
      await say("alice", "and this", steer);
      const messages = await scene.store.following(run);
      await scene.reopen();
      await claim();
      await expect(scene.store.following(run)).rejects.toMatchObject({ code: "lease-lost" });
      await expect(scene.store.takeIn(run, messages, [])).rejects.toMatchObject({ code: "lease-lost" });
    });

    test("does not go down with a run that was stopped before it was taken in", async () => {
      const run = await begin();
      const sent = await command("alice");
      const before = "seq" in sent ? sent.seq : 0;
      await say("alice", "a better idea", steer);
      const notice = { chunks: [] };
      await scene.store.stop({ chatRef: run.chat.ref, userId: "alice", before, notice, dropped: notice });
      await scene.store.answerCommand(before, []);
      expect(await following(run)).toEqual([]);
      await scene.store.end(run, { outcome: "stopped", deliveries: [] });
      expect(await serveAll()).toEqual([["alice", "a better idea"]]);
    });

    test("is forgotten with the rest of a turn that was stopped without an answer", async () => {
      const run = await begin();
      await say("alice", "and this", steer);
      await takeIn(run);
      await scene.store.end(run, { outcome: "stopped", deliveries: [], closing: reply("-"), forget: "if-unanswered" });
      expect(await scene.store.history(run.sessionId)).toEqual([]);
    });

    test("has its own answer where the platform waits for one, on either side", async () => {
      const run = await begin();
      await accept(message("alice", "asked apart", { replyToken: "token" }), steer);
      expect(await following(run)).toEqual([]);
      await scene.store.end(run, answer(run, "ok"));
      const apart = await claim();
      await say("alice", "and this", steer);
      expect(await following(apart)).toEqual([]);
    });

    test("is not what stands in another thread, session or manner, or what nobody is known to have said", async () => {
      const planned = (user: string, changes: Partial<RoutedPlan>, threadId?: string) => {
        const thread = threadId === undefined ? {} : { source: { thread: { id: threadId, kind: "native" as const } } };
        const inbound = message(user, "next", thread);
        const plan: RoutedPlan = { ...planOf(inbound), session: lane, lane, busy: "steer", ...changes };
        return scene.store.accept(inbound, {
          ...routing(inbound),
          decide: () => ({ kind: "turn", plan, readyAfterMs: 0 }),
        });
      };
      const others: Array<[Partial<RoutedPlan>, string?]> = [
        [{ session: "elsewhere" }],
        [{ strategy: "tagged-hybrid" }],
        [{ attribution: "none" }],
        [{}, "77"],
      ];
      for (const other of others) {
        const run = await begin();
        await planned("alice", ...other);
        expect(await following(run)).toEqual([]);
        await scene.store.end(run, answer(run, "ok"));
        await serveAll();
      }
      const run = await begin();
      await planned("alice", { busy: "interrupt", replyTo: "other", fork: { session: 1, upTo: 1, after: 1 } });
      expect(await following(run)).toEqual(["next"]);
      await scene.store.end(run, answer(run, "ok"));
      await serveAll();
      const nobodys = await begin("");
      await planned("", {});
      expect(await following(nobodys)).toEqual([]);
    });

    test("may stand inside the thread that was opened for the run", async () => {
      const opening = message("alice", "q", { source: { chat: { id: "-100", kind: "group", opensThreads: true } } });
      const accepted = await accept(opening, { ...steer, strategy: "per-thread" });
      const run = await claim("lane" in accepted ? accepted.lane : "");
      await scene.store.threadOpened(run, "77");
      const inside = message("alice", "more", { source: { thread: { id: "77", kind: "native" } } });
      await accept(inside, { ...steer, strategy: "per-thread" });
      expect(await following(run)).toEqual(["more"]);
      expect(await takeIn(run)).toBe(true);
      await scene.reopen();
      expect(await claim(run.lane)).toMatchObject({
        to: { threadId: "77" },
        messages: [{ text: "q" }, { text: "more" }],
      });
    });
  });

  test("a run knows its author's other ids", async () => {
    const user = { id: "alice", name: "ALICE", aliases: ["+49170"], isBot: false };
    await accept(message("alice", "hi", { source: { user } }));
    expect(await claim()).toMatchObject({ author: { id: "alice" }, aliases: ["+49170"] });
    await scene.reopen();
    expect(await claim()).toMatchObject({ author: { id: "alice" }, aliases: ["+49170"] });
  });
}
