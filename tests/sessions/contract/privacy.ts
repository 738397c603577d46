import { describe, expect, test } from "vitest";
import type { InboundMessage } from "../../../adapters/record.ts";
import type { Run } from "../../../sessions/runs.ts";
import type { Block, TranscriptMessage } from "../../../sessions/transcript.ts";
import { message, NOW, type RoutingOptions } from "../messages.ts";
import type { StoreScene } from "./scene.ts";

const account = { platform: "telegram", account: "default" } as const;
const text = (said: string): Block => ({ type: "text", text: said });
const LATER = 1_000_000;

/** Erasing, taking along, and what becomes too old. */
export function privacy(scene: StoreScene): void {
  const { accept, claim, answer, lane } = scene;

  const laneOf = (accepted: Awaited<ReturnType<typeof accept>>) => ("lane" in accepted ? accepted.lane : "");
  const begin = async (inbound: InboundMessage, options: RoutingOptions = {}) =>
    claim(laneOf(await accept(inbound, options)));
  const journal = (run: Run, ...content: Block[]) =>
    scene.store.journal(run, {
      message: {
        role: "user",
        content: [...run.messages.map((each) => text(each.text)), ...content],
        author: run.author,
      },
    });
  async function finish(run: Run, ...content: Block[]): Promise<Run> {
    await journal(run, ...content);
    await scene.store.journal(run, { message: { role: "assistant", content: [text(`to ${run.messages[0]?.text}`)] } });
    await scene.store.end(run, answer(run, `to ${run.messages[0]?.text}`));
    return run;
  }
  const turn = async (inbound: InboundMessage, options?: RoutingOptions) => finish(await begin(inbound, options));
  const perUser = { strategy: "per-user" };
  const inDm = (user: string, said: string) =>
    message(user, said, { source: { chat: { id: `dm-${user}`, kind: "dm" } } });
  const forget = (userId: string, { chat }: Run, before = LATER) =>
    scene.store.forget({ chatRef: chat.ref, userId, before, by: `telegram:${userId}` });
  const history = async ({ sessionId }: Run) => (await scene.store.history(sessionId)).map(({ content }) => content[0]);
  const words = (messages: readonly TranscriptMessage[]) =>
    messages.flatMap(({ content }) => content.flatMap((block) => (block.type === "text" ? [block.text] : [])));
  const command = (user: string) =>
    accept(message(user, "/forget", { command: { name: "forget", args: "" } }), { isCommand: true });

  describe("forgetting", () => {
    test("erases what is one's own in the chat, of now and of before, and nothing else", async () => {
      const old = await turn(message("alice", "old"), perUser);
      await scene.store.endSession(old.plan.session, LATER);
      const own = await turn(message("alice", "own"), perUser);
      const apart = await turn(message("alice", "psst", { private: true }));
      const bobs = await turn(message("bob", "bob's"), perUser);
      const ours = await turn(message("alice", "ours"));
      await turn(message("bob", "ours too"));
      const there = await turn(message("alice", "there", { source: { chat: { id: "-200", kind: "group" } } }), perUser);
      const inPrivate = await turn(inDm("alice", "in private"));
      expect(await forget("alice", own)).toMatchObject({ dropped: 0, runIds: [], sessions: 3 });
      for (const erased of [old, own, apart]) expect(await history(erased)).toEqual([]);
      for (const kept of [bobs, there, inPrivate]) expect(await history(kept)).toHaveLength(2);
      expect(await history(ours)).toHaveLength(4);
      expect(await forget("alice", inPrivate)).toMatchObject({ sessions: 1 });
      expect(await history(inPrivate)).toEqual([]);
      expect(await forget("alice", inPrivate)).toMatchObject({ sessions: 0 });
      const next = await begin(message("alice", "who am I?"), perUser);
      expect(next.sessionId).not.toBe(own.sessionId);
      expect(await history(next)).toEqual([]);
    });

    test("erases a shared conversation that nobody else has written into; others' private chats are out of reach", async () => {
      const alone = await turn(message("alice", "anybody here?"));
      const bobs = await turn(inDm("bob", "bob's"));
      expect(await forget("alice", bobs)).toMatchObject({ dropped: 0, runIds: [], sessions: 0 });
      expect(await history(bobs)).toHaveLength(2);
      expect(await forget("bob", alone)).toMatchObject({ sessions: 0 });
      const running = await begin(message("bob", "me"));
      expect(await forget("alice", alone)).toMatchObject({ sessions: 0 });
      await scene.store.end(running, { outcome: "stopped", deliveries: [] });
      expect(await forget("alice", alone)).toMatchObject({ sessions: 1 });
      expect(await history(alone)).toEqual([]);
    });

    test("erases pictures that nothing else shows", async () => {
      const put = (byte: number) => scene.store.putBlob(new Uint8Array([byte]), "image/png");
      const image = (blob: string): Block => ({ type: "image", blob, mimeType: "image/png" });
      const [own, both, unsaid] = [await put(1), await put(2), await put(3)];
      const alices = await finish(
        await begin(message("alice", "look"), perUser),
        image(own),
        image(both),
        image(unsaid),
      );
      await finish(await begin(message("bob", "look"), perUser), image(both));
      // Somebody else has just sent the same one.
      await put(3);
      await forget("alice", alices);
      expect(await scene.store.blob(own)).toBeNull();
      expect(await scene.store.blob(both)).not.toBeNull();
      expect(await scene.store.blob(unsaid)).not.toBeNull();
    });

    test("stops what waits and runs, and whatever the run still does leaves nothing, also after a crash", async () => {
      const run = await begin(message("alice", "secret"), perUser);
      const hash = await scene.store.putBlob(new Uint8Array([7]), "image/png");
      await journal(run, { type: "image", blob: hash, mimeType: "image/png" });
      await accept(message("alice", "waiting"), perUser);
      await accept(message("bob", "bob waits"), perUser);
      expect(await forget("alice", run)).toMatchObject({ dropped: 1, runIds: [run.runId], sessions: 1 });
      expect(await scene.store.blob(hash)).toBeNull();
      const late = await scene.store.putBlob(new Uint8Array([8]), "image/png");
      await journal(run, { type: "image", blob: late, mimeType: "image/png" });
      expect(await scene.store.blob(late)).toBeNull();
      await scene.reopen();
      const taken = await claim(run.lane);
      expect(taken).toMatchObject({ stopped: true, steps: [], messages: [{ text: "" }] });
      const closing: TranscriptMessage = { role: "assistant", content: [text("so far")] };
      await scene.store.end(taken, { ...answer(taken, "so far"), closing });
      expect(await history(run)).toEqual([]);
      expect(await scene.store.chatsWithDeliveries()).toEqual([]);
      expect(await scene.store.lanesWithWork()).toMatchObject([{ lane: `${lane}:user:bob` }]);
      expect(await scene.store.exported({ account, userId: "alice" })).toEqual([]);
    });

    test("does not touch what came after the order, in whatever conversation that stands", async () => {
      const before = await turn(message("alice", "before"), perUser);
      const sent = await command("alice");
      const order = "seq" in sent ? sent.seq : 0;
      // In another thread, so that it did not wait for the command.
      const thread = { source: { thread: { id: "7", kind: "native" as const } } };
      const after = await turn(message("alice", "after", thread), perUser);
      await scene.store.answerCommand(order, []);
      await turn(message("alice", "after in the same"), perUser);
      await accept(message("alice", "waits"), perUser);
      expect(await forget("alice", before, order)).toMatchObject({ dropped: 0, runIds: [], sessions: 1 });
      expect(await history(after)).toHaveLength(2);
      expect(await history(before)).toEqual([text("after in the same"), text("to after in the same")]);
      const next = await claim(before.lane);
      expect(next.sessionId).toBe(before.sessionId);
      expect(scene.texts(next)).toEqual(["waits"]);
    });

    test("does not touch a run that began after the order, nor what it will add", async () => {
      const before = await turn(message("alice", "before"), perUser);
      const sent = await command("alice");
      const order = "seq" in sent ? sent.seq : 0;
      await scene.store.answerCommand(order, []);
      const running = await begin(message("alice", "after"), perUser);
      expect(await forget("alice", before, order)).toMatchObject({ dropped: 0, runIds: [], sessions: 1 });
      await finish(running);
      expect(await history(before)).toEqual([text("after"), text("to after")]);
      expect((await begin(message("alice", "and on"), perUser)).sessionId).toBe(before.sessionId);
    });

    test("leaves commands that are still to be run as they are", async () => {
      const run = await turn(message("alice", "hi"), perUser);
      const call = { name: "strategy", args: "shared" };
      await accept(message("alice", "/strategy shared", { command: call }), { isCommand: true });
      await forget("alice", run);
      expect(await scene.store.pendingCommands()).toMatchObject([{ message: { command: call } }]);
    });

    test("finds the pictures of conversations that became one", async () => {
      const hash = await scene.store.putBlob(new Uint8Array([1]), "image/png");
      const picture: Block = { type: "image", blob: hash, mimeType: "image/png" };
      const first = await turn(message("lid", "one"), perUser);
      await finish(await begin(message("phone", "look"), perUser), picture);
      await scene.store.samePerson(account, "phone", "lid");
      await forget("lid", first);
      expect(await history(first)).toEqual([]);
      expect(await scene.store.blob(hash)).toBeNull();
    });

    test("knows what was forgotten when it is delivered again", async () => {
      const inbound = message("alice", "hi");
      const run = await turn(inbound, perUser);
      await forget("alice", run);
      expect(await accept(inbound, perUser)).toEqual({ kind: "duplicate" });
    });

    test("reaches what was written under another id of the person, and nobody who has that id now", async () => {
      const old = await turn(message("phone", "alice's"), perUser);
      await scene.store.endSession(old.plan.session, LATER);
      await scene.store.samePerson(account, "phone", "lid");
      scene.clock.now += 1_000;
      const newer = await turn(message("phone", "somebody else's"), perUser);
      expect(await forget("lid", old)).toMatchObject({ sessions: 1 });
      expect(await history(old)).toEqual([]);
      expect(await history(newer)).toHaveLength(2);
      expect(await forget("phone", newer)).toMatchObject({ sessions: 1 });
    });

    test("is written down with the number of conversations, and nothing is if there was nothing", async () => {
      const run = await turn(message("alice", "hi"), perUser);
      await forget("bob", run);
      expect(await scene.store.audit()).toEqual([]);
      await forget("alice", run);
      await forget("alice", run);
      expect(await scene.store.audit()).toMatchObject([
        { by: "telegram:alice", what: "sessions forgotten", where: "telegram:-100", from: null, to: "1" },
      ]);
    });

    test("is nothing where the platform names nobody", async () => {
      const run = await turn(message("", "anonymous"));
      expect(await forget("", run)).toMatchObject({ dropped: 0, runIds: [], sessions: 0 });
      expect(await history(run)).toHaveLength(2);
      expect(await scene.store.exported({ account, userId: "" })).toEqual([]);
    });
  });

  describe("taking along", () => {
    const exported = async (userId: string, chatRef?: number) =>
      (await scene.store.exported({ account, userId, ...(chatRef === undefined ? {} : { chatRef }) })).map(
        ({ key, shared, messages }) => [key.replace(lane, "…"), shared, words(messages)],
      );

    test("gives all of one's own, and of what is shared one's own turns with the answers to them", async () => {
      const ours = await turn(message("bob", "bob's"));
      scene.clock.now += 1_000;
      await turn(message("alice", "alice's"));
      await turn(message("bob", "bob's again"));
      const own = await turn(message("alice", "own"), perUser);
      await scene.store.endSession(own.plan.session, LATER);
      scene.clock.now += 1_000;
      await turn(inDm("alice", "in private"));
      await turn(message("alice", "psst", { private: true }));
      await turn(message("bob", "bob's own"), perUser);
      await turn(message("alice", "on the web", { source: { platform: "web" } }), perUser);
      expect(await exported("alice", ours.chat.ref)).toEqual([
        ["…", true, ["alice's", "to alice's"]],
        ["…:user:alice", false, ["own", "to own"]],
        ["…:thread:private:user:alice", false, ["psst", "to psst"]],
      ]);
      expect((await exported("alice")).map(([, , said]) => said)).toContainEqual(["in private", "to in private"]);
      expect(await exported("alice")).toHaveLength(4);
      const [first] = await scene.store.exported({ account, userId: "alice" });
      expect(first).toMatchObject({ startedAt: NOW, messages: [{ at: NOW + 1_000, author: { id: "alice" } }, {}] });
      expect(await exported("nobody")).toEqual([]);
    });

    test("leaves in everybody's own conversation what that began with, and gives its owner one's own part of it", async () => {
      await turn(message("alice", "alice's"));
      await turn(message("bob", "bob's"));
      const fork = await scene.store.forkOf(lane);
      await scene.store.setSettings(
        { level: "chat", ...account, chatId: "-100" },
        { strategy: "per-user", fork: `per-user:${fork?.session}:${fork?.upTo}:${fork?.after}` },
        "test",
      );
      const bobs = await turn(message("bob", "bob's own"));
      expect(await history(bobs)).toHaveLength(6);
      expect(await exported("alice")).toEqual([["…", true, ["alice's", "to alice's"]]]);
      expect(await exported("bob")).toEqual([
        ["…", true, ["bob's", "to bob's"]],
        ["…:user:bob", false, ["bob's", "to bob's", "bob's own", "to bob's own"]],
      ]);
    });

    test("follows people and chats to their new ids", async () => {
      await turn(message("phone", "one"));
      await scene.store.samePerson(account, "phone", "lid");
      await scene.store.moveChat({ ...account, chatId: "-100" }, "-300");
      const run = await turn(message("lid", "two", { source: { chat: { id: "-300", kind: "group" } } }));
      const [session, ...more] = await scene.store.exported({ account, userId: "lid", chatRef: run.chat.ref });
      expect(more).toEqual([]);
      expect(session).toMatchObject({ shared: false });
      expect(words(session?.messages ?? [])).toEqual(["one", "to one", "two", "to two"]);
      expect(await exported("phone")).toEqual([]);
    });
  });

  describe("what is too old", () => {
    test("goes with whole turns from the beginning, the texts of messages and answers, and their pictures", async () => {
      const hash = await scene.store.putBlob(new Uint8Array([1]), "image/png");
      const first = await finish(await begin(message("alice", "one")), {
        type: "image",
        blob: hash,
        mimeType: "image/png",
      });
      const straddling = await begin(message("bob", "two"));
      await journal(straddling);
      scene.clock.now += 1_000;
      await scene.store.journal(straddling, { message: { role: "assistant", content: [text("to two")] } });
      await scene.store.end(straddling, answer(straddling, "to two"));
      await turn(message("alice", "three"));
      expect(await scene.store.prune(scene.clock.now)).toBe(1);
      expect(await history(first)).toEqual([text("two"), text("to two"), text("three"), text("to three")]);
      expect(await scene.store.blob(hash)).toBeNull();
      expect(await scene.store.prune(scene.clock.now)).toBe(0);
      expect(await scene.store.prune(scene.clock.now + 1)).toBe(2);
      expect(await history(first)).toEqual([]);
      await turn(message("alice", "four"));
      expect(await history(first)).toEqual([text("four"), text("to four")]);
    });

    test("takes pictures along that were never part of a conversation, as does a turn that is left out", async () => {
      const put = (byte: number) => scene.store.putBlob(new Uint8Array([byte]), "image/png");
      const [lost, left] = [await put(1), await put(2)];
      const run = await begin(message("alice", "too long for the model"));
      await journal(run, { type: "image", blob: left, mimeType: "image/png" });
      await scene.store.end(run, { outcome: "failed", deliveries: [], forget: "always" });
      expect(await scene.store.blob(left)).toBeNull();
      await scene.store.prune(scene.clock.now);
      expect(await scene.store.blob(lost)).not.toBeNull();
      await scene.store.prune(scene.clock.now + 1);
      expect(await scene.store.blob(lost)).toBeNull();
    });

    test("is not what waits, runs, or is still to be sent", async () => {
      const sent = await turn(message("alice", "sent"));
      const run = await begin(message("alice", "runs"));
      await journal(run);
      await accept(message("bob", "waits"));
      scene.clock.now += 1_000;
      await scene.store.prune(scene.clock.now);
      expect(await scene.store.nextChunk(sent.chat.ref)).toMatchObject({ text: "to sent" });
      await scene.reopen();
      const taken = await claim();
      expect(taken).toMatchObject({ messages: [{ text: "runs" }], steps: [{ role: "user" }] });
      await scene.store.end(taken, answer(taken, "ok"));
      expect(scene.texts(await claim())).toEqual(["waits"]);
    });

    test("leaves numbers and the audit, and knows old messages when they are delivered again", async () => {
      const inbound = message("alice", "hi");
      const run = await begin(inbound, perUser);
      const usage = { model: "m", inputTokens: 3, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0 };
      await scene.store.journal(run, { message: { role: "assistant", content: [text("ok")] }, usage });
      await scene.store.end(run, answer(run, "ok"));
      await scene.store.endSession(run.plan.session, LATER);
      await scene.store.addAudit({ by: "cli:x", what: "test", where: "telegram", from: null, to: "1" });
      scene.clock.now += 1_000;
      await scene.store.prune(scene.clock.now);
      expect(await scene.store.usageByUser({ since: 0 })).toMatchObject([{ userId: "alice", tokens: 5, runs: 1 }]);
      expect(await scene.store.audit()).toHaveLength(1);
      expect(await accept(inbound, perUser)).toEqual({ kind: "duplicate" });
    });
  });
}
