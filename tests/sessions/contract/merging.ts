import { describe, expect, test } from "vitest";
import type { InboundMessage } from "../../../adapters/record.ts";
import { message } from "../messages.ts";
import type { StoreScene } from "./scene.ts";

const account = { platform: "whatsapp", account: "default" } as const;
const group = { id: "g@g.us", kind: "group" as const };

/** What merging two ids of a person must not break, however it meets what is going on. */
export function merging(scene: StoreScene): void {
  const { accept, claim, answer } = scene;
  const inGroup = (user: string, text: string) => message(user, text, { source: { ...account, chat: group } });
  const privately = (user: string, text: string, more: Partial<InboundMessage> = {}) =>
    message(user, text, { ...more, source: { ...account, chat: { id: user, kind: "dm" } } });
  const merge = (from: string, to: string) => scene.store.samePerson(account, from, to);

  async function begun(inbound: InboundMessage, strategy = "per-user") {
    const accepted = await accept(inbound, { strategy });
    return claim("lane" in accepted ? accepted.lane : "");
  }
  async function turn(inbound: InboundMessage, strategy?: string) {
    const run = await begun(inbound, strategy);
    const usage = { model: "m", inputTokens: 10, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
    const said = {
      role: "user" as const,
      content: [{ type: "text" as const, text: inbound.text }],
      author: run.author,
    };
    await scene.store.journal(run, { message: said, usage });
    await scene.store.end(run, answer(run, `to ${inbound.text}`));
    return run;
  }
  const authors = async (sessionId: number) => (await scene.store.history(sessionId)).map(({ author }) => author?.id);
  async function sent(): Promise<string[]> {
    const said: string[] = [];
    for (const chatRef of await scene.store.chatsWithDeliveries()) {
      for (let chunk = await scene.store.nextChunk(chatRef); chunk; chunk = await scene.store.nextChunk(chatRef)) {
        said.push(`${chunk.to.chatId}: ${chunk.text}`);
        await scene.store.chunkSent(chunk, `sent-${said.length}-${chunk.deliveryId}`);
      }
    }
    return said;
  }

  describe("merging two ids", () => {
    test("keeps the history of a run that was claimed and has not read it yet, and counts its tokens once", async () => {
      await turn(inGroup("lid", "one"));
      await turn(inGroup("phone", "two"));
      const run = await begun(inGroup("phone", "three"));
      await merge("phone", "lid");
      expect(await authors(run.sessionId)).toEqual(["lid", "lid"]);
      expect(await scene.store.participants(run.sessionId)).toMatchObject([{ id: "lid", turns: 2 }]);
      expect(await scene.store.sessions()).toMatchObject([{ messages: 2, inputTokens: 20 }]);
    });

    test("finds a person's sessions whatever the other parts of their keys are called", async () => {
      await turn(message("user", "one", { source: { ...account, chat: { id: "user", kind: "group" } } }));
      await turn(inGroup("bob", "two"));
      await merge("user", "lid");
      expect((await scene.store.sessions()).map(({ key }) => key)).toEqual([
        "agent:main:whatsapp:group:g%40g.us:user:bob",
        "agent:main:whatsapp:group:user:user:lid",
      ]);
    });

    test("leaves what was said under a number with whoever had it then", async () => {
      const { sessionId } = await turn(inGroup("phone", "ann's"), "shared");
      await merge("phone", "ann");
      scene.clock.now += 1_000;
      await turn(inGroup("phone", "ben's"), "shared");
      await merge("phone", "ben");
      await merge("phone", "ben");
      expect(await authors(sessionId)).toEqual(["ann", "ben"]);
    });

    test("follows chains of ids", async () => {
      const { sessionId } = await turn(inGroup("a", "one"), "shared");
      for (const id of ["a", "b", "c"]) await turn(privately(id, `in private as ${id}`));
      await merge("a", "b");
      await merge("b", "c");
      expect(await authors(sessionId)).toEqual(["c"]);
      expect((await sent()).filter((text) => text.includes("private"))).toEqual([
        "c: to in private as a",
        "c: to in private as b",
        "c: to in private as c",
      ]);
      expect(await scene.store.chats()).toMatchObject([{ id: "c" }, { id: group.id }]);
    });

    test("there and back again loses nobody", async () => {
      await turn(privately("a", "one"));
      await turn(privately("b", "two"));
      await merge("a", "b");
      await merge("b", "a");
      expect(await scene.store.chats()).toMatchObject([{ id: "a", sessions: 1 }]);
      const { sessionId } = await turn(privately("a", "three"));
      expect(await authors(sessionId)).toHaveLength(3);
    });

    test("of a private chat keeps its answers in one order; one that is on its way ends where it began", async () => {
      const first = await turn(privately("phone", "one"));
      const under = await scene.store.nextChunk(first.chat.ref);
      await turn(privately("phone", "two"));
      await turn(privately("lid", "three"));
      const { chatRef } = await merge("phone", "lid");
      expect(await scene.store.nextChunk(chatRef ?? 0)).toMatchObject({ text: "to two", to: { chatId: "lid" } });
      await scene.store.chunkSent(under as NonNullable<typeof under>, "sent-first");
      expect(await scene.store.chatsWithDeliveries()).toEqual([chatRef]);
    });

    test("takes the later of two settings", async () => {
      const at = (chatId: string) => ({ level: "chat", ...account, chatId }) as const;
      for (const user of ["phone", "lid"]) await turn(privately(user, "hi"));
      await scene.store.setSettings(at("phone"), { maxAgeMs: "60000" }, "test");
      await scene.store.setSettings(at("phone"), { addressing: "always" }, "test");
      scene.clock.now += 1;
      await scene.store.setSettings(at("lid"), { maxAgeMs: "70000" }, "test");
      await merge("phone", "lid");
      expect(await scene.store.setting(at("lid"), "maxAgeMs")).toBe("70000");
      expect(await scene.store.setting(at("lid"), "addressing")).toBe("always");
      expect(await scene.store.setting(at("phone"), "addressing")).toBeNull();
    });

    test("leaves no command without its answer", async () => {
      const command = privately("phone", "/status", { command: { name: "status", args: "" } });
      await accept(command, { isCommand: true });
      const [call] = await scene.store.pendingCommands();
      if (call === undefined) throw new Error("no command");
      await merge("phone", "lid");
      const chunks = [{ text: "fine", plain: "fine" }];
      await scene.store.answerCommand(call.message.seq, [{ to: call.to, chunks }]);
      expect(await sent()).toEqual(["lid: fine"]);
    });
  });
}
