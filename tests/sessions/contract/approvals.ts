import { describe, expect, test } from "vitest";
import type { ApprovalAnswer } from "../../../sessions/approvals.ts";
import type { Run } from "../../../sessions/runs.ts";
import { message } from "../messages.ts";
import type { StoreScene } from "./scene.ts";

const account = { platform: "telegram", account: "default" } as const;
const group = { ...account, chatId: "-100" } as const;
const text = (said: string) => [{ text: said, plain: said }];

/** Tools that run only if the author of the turn says yes. */
export function approvals(scene: StoreScene): void {
  const { say, accept, claim, answer } = scene;

  async function asking(user = "alice"): Promise<Run> {
    const accepted = await say(user, "do it", { strategy: "per-user" });
    return claim("lane" in accepted ? accepted.lane : "");
  }
  const question = (run: Run, toolUseId: string, code: string) => ({
    toolUseId,
    call: "delete everything",
    code,
    tool: "delete",
    expiresAt: scene.clock.now + 60_000,
    delivery: { to: run.to, chunks: text("May I?") },
    offer: { commands: [`approve ${code}`, `deny ${code}`], expiresAt: scene.clock.now + 60_000 },
  });
  const ask = (run: Run, toolUseId = "t1", code = "K3F7") =>
    scene.store.askApproval(run, question(run, toolUseId, code));
  const states = async ({ runId }: Run) =>
    (await scene.store.approvals(runId)).map(({ toolUseId, state }) => `${toolUseId} ${state}`);
  /** A word of somebody's, as a command that waits. */
  async function word(
    user: string,
    yes: boolean,
    code?: string,
    chatRef?: number,
    { text = "/approve", sentAt = scene.clock.now } = {},
  ): Promise<ApprovalAnswer> {
    const accepted = await accept(message(user, text, { source: { sentAt } }), { isCommand: true });
    const seq = "seq" in accepted ? accepted.seq : 0;
    const call = await scene.store.command(seq);
    const who = { chatRef: chatRef ?? call?.chat.ref ?? 0, userId: user, ...(code !== undefined && { code }) };
    const answered = await scene.store.answerApproval(who, yes, { seq, said: "Noted." });
    await scene.store.answerCommand(seq, []);
    return answered;
  }
  async function questions({ chat }: Run): Promise<number> {
    let sent = 0;
    for (let next = await scene.store.nextChunk(chat.ref); next; next = await scene.store.nextChunk(chat.ref)) {
      sent += 1;
      await scene.store.chunkSent(next, `sent-${next.deliveryId}`);
    }
    return sent;
  }

  describe("a tool that asks", () => {
    test("is asked about once, with the question and what can be picked, also after a crash", async () => {
      const run = await asking();
      expect(await ask(run)).toMatchObject({ toolUseId: "t1", code: "K3F7", state: "asked" });
      await scene.reopen();
      const again = await claim(run.lane);
      expect(await ask(again, "t1", "OTHER")).toMatchObject({ code: "K3F7", state: "asked" });
      expect(await questions(run)).toBe(1);
      expect(await states(run)).toEqual(["t1 asked"]);
      expect(await scene.store.offer(run.chat.ref, "alice")).toMatchObject({
        commands: ["approve K3F7", "deny K3F7"],
        numbered: true,
      });
      await expect(ask(run, "t2")).rejects.toMatchObject({ code: "lease-lost" });
      await expect(scene.store.moveApproval(run, "t1", "denied")).rejects.toMatchObject({ code: "lease-lost" });
    });

    test("a word that was said before it was asked is not about it", async () => {
      const run = await asking();
      await ask(run);
      const said = message("alice", "/approve", { source: { sentAt: scene.clock.now } });
      scene.clock.now += 30_000;
      await scene.store.moveApproval(run, "t1", "denied");
      await ask(run, "t2", "M4X2");
      const accepted = await accept(said, { isCommand: true });
      const seq = "seq" in accepted ? accepted.seq : 0;
      const call = await scene.store.command(seq);
      const who = { chatRef: call?.chat.ref ?? 0, userId: "alice" };
      const early = await scene.store.answerApproval(who, true, { seq, said: "Noted." });
      expect(early).toEqual({ kind: "over" });
      expect(await states(run)).toEqual(["t1 denied", "t2 asked"]);
    });

    test("a word that had come before it was asked is not about it, however late it is heard and whatever clocks say", async () => {
      const run = await asking();
      const sentAt = scene.clock.now + 3_600_000;
      const accepted = await accept(message("alice", "/approve", { source: { sentAt } }), { isCommand: true });
      const seq = "seq" in accepted ? accepted.seq : 0;
      await ask(run);
      const who = { chatRef: run.chat.ref, userId: "alice" };
      expect(await scene.store.answerApproval(who, true, { seq, said: "Noted." })).toEqual({ kind: "over" });
      expect(await states(run)).toEqual(["t1 asked"]);
      // With its code it can only be about it.
      const named = { ...who, code: "K3F7" };
      expect(await scene.store.answerApproval(named, true, { seq, said: "Noted." })).toMatchObject({
        kind: "answered",
      });
    });

    test("a word from before the latest of two questions is about the other", async () => {
      const run = await asking();
      await ask(run, "t1", "ONE");
      scene.clock.now += 10_000;
      await ask(run, "t2", "TWO");
      expect(await word("alice", true, undefined, undefined, { sentAt: scene.clock.now - 5_000 })).toMatchObject({
        toolUseId: "t1",
      });
      expect(await states(run)).toEqual(["t1 approved", "t2 asked"]);
    });

    test("a number from before it was asked is not about it, although it picks it", async () => {
      const run = await asking();
      scene.clock.now += 10_000;
      await ask(run);
      const number = { text: " 1", sentAt: scene.clock.now - 5_000 };
      expect(await word("alice", true, "K3F7", undefined, number)).toEqual({ kind: "over" });
      expect(await word("alice", true, "K3F7", undefined, { ...number, sentAt: scene.clock.now })).toMatchObject({
        kind: "answered",
      });
    });

    test("a word of the same second counts, unless there was another question in the run that it may be about", async () => {
      const run = await asking();
      scene.clock.now += 400;
      const sentAt = scene.clock.now - 400;
      await ask(run, "t1", "ONE");
      expect(await word("alice", true, undefined, undefined, { sentAt })).toMatchObject({ toolUseId: "t1" });
      await ask(run, "t2", "TWO");
      expect(await word("alice", true, undefined, undefined, { sentAt })).toEqual({ kind: "over" });
      expect(await word("alice", true, undefined, undefined, { sentAt: sentAt + 1_000 })).toMatchObject({
        toolUseId: "t2",
      });
    });

    test("a word of the same second as the latter of two in different runs needs a code", async () => {
      const run = await asking();
      const thread = { source: { thread: { id: "7", kind: "native" } } } as const;
      const beside = await accept(message("alice", "and here", thread), { strategy: "per-user" });
      const other = await claim("lane" in beside ? beside.lane : "");
      await ask(run, "t1", "ONE");
      await ask(other, "u1", "OTHER");
      await scene.store.moveApproval(other, "u1", "denied");
      const sentAt = scene.clock.now;
      scene.clock.now += 400;
      await ask(other, "u2", "TWO");
      expect(await word("alice", true, undefined, undefined, { sentAt })).toEqual({
        kind: "several",
        codes: ["ONE", "TWO"],
      });
    });

    test.each([-40_000, 40_000])("a word counts although the platform's clock is off by %d ms", async (off) => {
      const sent = () => ({ source: { sentAt: scene.clock.now + off } });
      const accepted = await accept(message("alice", "do it", sent()), { strategy: "per-user" });
      const run = await claim("lane" in accepted ? accepted.lane : "");
      scene.clock.now += 20_000;
      await ask(run);
      const before = { sentAt: scene.clock.now + off - 5_000 };
      expect(await word("alice", true, undefined, undefined, before)).toEqual({ kind: "over" });
      scene.clock.now += 3_000;
      const behind = { sentAt: scene.clock.now + off };
      expect(await word("alice", true, undefined, undefined, behind)).toMatchObject({ kind: "answered" });
    });

    test("is asked about by itself, whatever else has the same id", async () => {
      const run = await asking();
      await ask(run);
      await word("alice", true, "K3F7");
      await scene.store.moveApproval(run, "t1", "begun");
      const other = { ...question(run, "t1", "M4X2"), call: "delete one more" };
      expect(await scene.store.askApproval(run, other)).toMatchObject({ code: "M4X2", state: "asked" });
      expect(await scene.store.askApproval(run, { ...other, code: "OTHER" })).toMatchObject({ code: "M4X2" });
      expect(await states(run)).toEqual(["t1 begun", "t1 asked"]);
      expect(await word("alice", true, "K3F7")).toEqual({ kind: "over" });
      expect(await scene.store.moveApproval(run, "t1", "denied")).toBe(true);
      expect(await states(run)).toEqual(["t1 begun", "t1 denied"]);
    });

    test("runs once its author has said yes, and is begun once", async () => {
      const run = await asking();
      await ask(run);
      expect(await scene.store.moveApproval(run, "t1", "begun")).toBe(false);
      const answered = { kind: "answered", runId: run.runId, toolUseId: "t1", tool: "delete" };
      expect(await word("alice", true, "k3f7")).toEqual(answered);
      await scene.reopen();
      const again = await claim(run.lane);
      expect(await states(again)).toEqual(["t1 approved"]);
      expect(await scene.store.moveApproval(again, "t1", "denied")).toBe(false);
      expect(await scene.store.moveApproval(again, "t1", "begun")).toBe(true);
      expect(await scene.store.moveApproval(again, "t1", "begun")).toBe(false);
      expect(await states(again)).toEqual(["t1 begun"]);
    });

    test("is answered by the first word alone", async () => {
      const run = await asking();
      await ask(run);
      expect(await word("alice", false, "K3F7")).toMatchObject({ kind: "answered" });
      expect(await word("alice", true, "K3F7")).toEqual({ kind: "over" });
      expect(await states(run)).toEqual(["t1 denied"]);
      expect(await scene.store.offer(run.chat.ref, "alice")).toBeNull();
    });

    test("is answered by its author alone, in its chat", async () => {
      const run = await asking();
      await ask(run);
      expect(await word("bob", true, "K3F7")).toEqual({ kind: "not-theirs" });
      expect(await word("bob", true)).toEqual({ kind: "unknown" });
      await accept(message("alice", "hi", { source: { chat: { id: "-200", kind: "group" } } }));
      const elsewhere = (await scene.store.chats()).find(({ id }) => id === "-200")?.ref;
      expect(await word("alice", true, "K3F7", elsewhere)).toEqual({ kind: "unknown" });
      expect(await word("alice", true, "NONE")).toEqual({ kind: "unknown" });
      expect(await states(run)).toEqual(["t1 asked"]);
    });

    test("is nobody's to answer whom the platform does not name", async () => {
      const run = await asking("");
      await ask(run);
      expect(await word("", true, "K3F7")).toEqual({ kind: "unknown" });
    });

    test("needs no code where it is the only one", async () => {
      const run = await asking();
      await ask(run, "t1", "ONE");
      await ask(run, "t2", "TWO");
      expect(await word("alice", true)).toEqual({ kind: "several", codes: ["ONE", "TWO"] });
      expect(await word("alice", true, "one")).toMatchObject({ toolUseId: "t1" });
      expect(await word("alice", false)).toMatchObject({ toolUseId: "t2" });
      expect(await states(run)).toEqual(["t1 approved", "t2 denied"]);
    });

    test("is answered in time or not at all", async () => {
      const run = await asking();
      await ask(run);
      scene.clock.now += 60_000;
      expect(await word("alice", true, "K3F7")).toEqual({ kind: "over" });
      expect(await word("alice", true)).toEqual({ kind: "unknown" });
      expect(await scene.store.moveApproval(run, "t1", "denied")).toBe(true);
      expect(await states(run)).toEqual(["t1 denied"]);
    });

    test("is answered together with the command, or not at all", async () => {
      const run = await asking();
      await ask(run);
      const accepted = await accept(message("alice", "/approve"), { isCommand: true });
      const seq = "seq" in accepted ? accepted.seq : 0;
      const who = { chatRef: run.chat.ref, userId: "alice" };
      expect(await scene.store.answerApproval(who, true, { seq, said: "Noted." })).toMatchObject({ kind: "answered" });
      await scene.reopen();
      expect(await scene.store.command(seq)).toMatchObject({ effect: "Noted." });
      await ask(await claim(run.lane), "t2", "TWO");
      await scene.store.answerCommand(seq, []);
      await expect(scene.store.answerApproval(who, true, { seq, said: "x" })).rejects.toMatchObject({
        code: "command-gone",
      });
      expect(await states(run)).toEqual(["t1 approved", "t2 asked"]);
    });

    test("follows its author to another id and its chat to another one", async () => {
      const run = await asking("phone");
      await ask(run);
      await scene.store.samePerson(account, "phone", "lid");
      await scene.store.moveChat(group, "-300");
      expect(await word("lid", true, "K3F7", run.chat.ref)).toMatchObject({ kind: "answered" });
      expect(await states(run)).toEqual(["t1 approved"]);
    });

    test("asks and begins nothing any more in a run that was stopped", async () => {
      const run = await asking();
      await ask(run);
      await word("alice", true, "K3F7");
      await questions(run);
      const notice = { chunks: text("stopped") };
      await scene.store.stop({ chatRef: run.chat.ref, userId: "alice", before: 1_000, notice, dropped: notice });
      expect(await scene.store.moveApproval(run, "t1", "begun")).toBe(false);
      expect(await ask(run, "t2", "TWO")).toMatchObject({ state: "denied" });
      expect(await questions(run)).toBe(0);
      expect(await word("alice", true, "TWO")).toEqual({ kind: "unknown" });
    });

    test("is forgotten with its run", async () => {
      const run = await asking();
      await ask(run);
      await scene.store.end(run, answer(run, "done"));
      expect(await states(run)).toEqual([]);
      expect(await word("alice", true, "K3F7")).toEqual({ kind: "unknown" });
    });
  });
}
