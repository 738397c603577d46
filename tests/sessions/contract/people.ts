import { describe, expect, test } from "vitest";
import type { InboundMessage } from "../../../adapters/record.ts";
import { message } from "../messages.ts";
import type { StoreScene } from "./scene.ts";

const PHONE = "491701@s.whatsapp.net";
const LID = "900@lid";
const account = { platform: "whatsapp", account: "default" } as const;
const GROUP = "agent:main:whatsapp:group:g%40g.us";
const PRIVATE = "agent:main:whatsapp:dm:900%40lid";

/** People who are known under two ids. */
export function people(scene: StoreScene): void {
  const { accept, claim, texts, answer, serveAll } = scene;

  const from = (user: string, text: string, chat: InboundMessage["source"]["chat"], more = {}) =>
    message(user, text, { source: { ...account, chat, ...more } });
  const inGroup = (user: string, text: string, more = {}) => from(user, text, { id: "g@g.us", kind: "group" }, more);
  const privately = (user: string, text: string, more = {}) => from(user, text, { id: user, kind: "dm" }, more);
  const merge = () => scene.store.samePerson(account, PHONE, LID);
  const said = async (sessionId: number) =>
    (await scene.store.history(sessionId)).map(({ author, content }) => [author?.id, content[0]]);

  /** One turn of somebody, through to its end. */
  async function turn(inbound: InboundMessage, strategy: string) {
    const accepted = await accept(inbound, { strategy });
    const run = await claim("lane" in accepted ? accepted.lane : "");
    await scene.store.journal(run, {
      message: { role: "user", content: [{ type: "text", text: inbound.text }], author: run.author },
    });
    await scene.store.end(run, answer(run, "ok"));
    return run;
  }

  describe("two ids of one person", () => {
    test("are one session of the person in a group, with its history", async () => {
      await turn(inGroup(PHONE, "one"), "per-user");
      await merge();
      await scene.reopen();
      const run = await turn(inGroup(LID, "two"), "per-user");
      expect(run.lane).toBe(`${GROUP}:user:900%40lid`);
      expect(await said(run.sessionId)).toEqual([
        [LID, { type: "text", text: "one" }],
        [LID, { type: "text", text: "two" }],
      ]);
      expect(await scene.store.participants(run.sessionId)).toMatchObject([{ id: LID, turns: 2 }]);
      expect((await scene.store.sessions()).map(({ key }) => key)).toEqual([`${GROUP}:user:900%40lid`]);
    });

    test("that both have a session keep the history of both, in the one that began first", async () => {
      await turn(inGroup(LID, "one"), "per-user");
      await turn(inGroup(PHONE, "two"), "per-user");
      await merge();
      const run = await turn(inGroup(LID, "three"), "per-user");
      expect((await said(run.sessionId)).map(([, content]) => content)).toEqual(
        ["one", "two", "three"].map((text) => ({ type: "text", text })),
      );
    });

    test("are one speaker in a session that others share", async () => {
      await turn(inGroup(PHONE, "one"), "shared");
      const { sessionId } = await turn(inGroup("bob", "two"), "shared");
      await merge();
      expect((await said(sessionId)).map(([who]) => who)).toEqual([LID, "bob"]);
    });

    test("take along what waits and runs: nothing is answered as somebody else's, nor twice", async () => {
      await accept(inGroup(PHONE, "running"), { strategy: "per-user" });
      const running = await claim(`${GROUP}:user:491701%40s.whatsapp.net`);
      await accept(inGroup(PHONE, "waiting"), { strategy: "per-user" });
      const renamed = await merge();
      expect(renamed.lanes.map(({ lane }) => lane)).toEqual([`${GROUP}:user:900%40lid`]);
      await accept(inGroup(LID, "later"), { strategy: "per-user" });
      expect(await scene.store.claim(`${GROUP}:user:900%40lid`, new Set([running.runId]))).toEqual({ kind: "busy" });
      expect(await scene.store.end(running, answer(running, "ok"))).toEqual({
        lane: `${GROUP}:user:900%40lid`,
        more: true,
      });
      const next = await claim(`${GROUP}:user:900%40lid`);
      expect(next.author.id).toBe(LID);
      expect(texts(next)).toEqual(["waiting", "later"]);
    });

    test("wait in a lane that others share as one, in order", async () => {
      await accept(inGroup(PHONE, "one"));
      await accept(inGroup("bob", "two"));
      await accept(inGroup(PHONE, "three"));
      await merge();
      expect(await serveAll(GROUP)).toEqual([
        [LID, "one"],
        ["bob", "two"],
        [LID, "three"],
      ]);
    });

    test("stop each other's runs", async () => {
      await accept(inGroup(PHONE, "running"));
      const running = await claim(GROUP);
      await merge();
      const order = { chatRef: running.chat.ref, userId: LID, before: 1_000 };
      const notice = { chunks: [] };
      expect(await scene.store.stop({ ...order, notice, dropped: notice })).toMatchObject({ runIds: [running.runId] });
    });

    test("have one private chat, with its settings, history and what was delivered before", async () => {
      const place = { level: "chat", ...account, chatId: PHONE } as const;
      await scene.store.setSettings(place, { maxAgeMs: "70000" }, "test");
      const first = privately(PHONE, "one", { messageId: "A1" });
      await turn(first, "per-user");
      await merge();
      expect(await scene.store.setting({ ...place, chatId: LID }, "maxAgeMs")).toBe("70000");
      expect(await accept(privately(LID, "one", { messageId: "A1" }))).toEqual({ kind: "duplicate" });
      const run = await turn(privately(LID, "two"), "per-user");
      expect(run).toMatchObject({ lane: PRIVATE, to: { chatId: LID } });
      expect((await said(run.sessionId)).map(([, content]) => content)).toHaveLength(2);
      expect(await scene.store.chats()).toMatchObject([{ id: LID, sessions: 1 }]);
    });

    test("that both wrote in private have one private chat from then on, and every answer goes there", async () => {
      await turn(privately(LID, "one", { messageId: "A1" }), "per-user");
      await turn(privately(PHONE, "two", { messageId: "A2" }), "per-user");
      await accept(privately(PHONE, "three", { messageId: "A3" }));
      await merge();
      await scene.reopen();
      expect(await accept(privately(LID, "two", { messageId: "A2" }))).toEqual({ kind: "duplicate" });
      const run = await claim(PRIVATE);
      expect(run).toMatchObject({ to: { chatId: LID }, quote: "A3", author: { id: LID } });
      expect((await said(run.sessionId)).map(([, content]) => content)).toHaveLength(2);
      await scene.store.end(run, answer(run, "ok"));
      const sent: string[] = [];
      for (const chatRef of await scene.store.chatsWithDeliveries()) {
        for (let chunk = await scene.store.nextChunk(chatRef); chunk; chunk = await scene.store.nextChunk(chatRef)) {
          sent.push(chunk.to.chatId);
          await scene.store.chunkSent(chunk, `sent-${sent.length}`);
        }
      }
      expect(sent).toEqual([LID, LID, LID]);
      expect(await scene.store.chats()).toMatchObject([{ id: LID, sessions: 1 }]);
    });

    test("change nothing the second time, nor for other accounts and platforms", async () => {
      const elsewhere = { ...account, account: "second" };
      await turn(inGroup(PHONE, "one"), "per-user");
      await turn(inGroup(PHONE, "there", elsewhere), "per-user");
      await merge();
      const after = await scene.store.sessions();
      expect(await merge()).toEqual({ lanes: [] });
      expect(await scene.store.sessions()).toEqual(after);
      expect(after.map(({ key }) => key)).toEqual([
        "agent:main:whatsapp:group:g%40g.us:user:900%40lid",
        "agent:main:whatsapp@second:group:g%40g.us:user:491701%40s.whatsapp.net",
      ]);
    });
  });

  test("an edit or a deletion by somebody else than the author changes nothing", async () => {
    const waiting = inGroup("alice", "mine");
    await accept(waiting);
    const forged = {
      ...waiting,
      text: "forged",
      source: { ...waiting.source, user: { ...waiting.source.user, id: "b" } },
    };
    expect(await scene.store.edit(forged)).toBe(false);
    const place = { ...account, chatId: "g@g.us" };
    expect(await scene.store.remove(place, waiting.source.messageId, "bob")).toBe(false);
    expect(texts(await claim(GROUP))).toEqual(["mine"]);
    const other = inGroup("alice", "gone");
    await accept(other);
    expect(await scene.store.remove(place, other.source.messageId, "alice")).toBe(true);
  });
}
