import { describe, expect, test } from "vitest";
import type { InboundMessage } from "../../../adapters/record.ts";
import { message } from "../messages.ts";
import type { StoreScene } from "./scene.ts";

const account = { platform: "telegram", account: "default" } as const;
const group = { ...account, chatId: "-100" } as const;
const DAY_MS = 24 * 60 * 60 * 1000;
const THREAD = { source: { thread: { id: "42", kind: "native" } } } as const;

/** What people say to one another where the bot is. */
export function ambient(scene: StoreScene): void {
  const { accept } = scene;
  const aside = (user: string, text: string, changes: Parameters<typeof message>[2] = {}) =>
    message(user, text, { addressed: false, ...changes });
  const overhear = (inbound: InboundMessage) => accept(inbound, { ambient: "recent" });
  const chatRef = async () => (await scene.store.chats()).find(({ id }) => id === "-100")?.ref ?? 0;
  async function texts(threadId?: string, bounds = { messages: 200, since: 0 }): Promise<string[]> {
    const place = { chatRef: await chatRef(), ...(threadId !== undefined && { threadId }) };
    return (await scene.store.ambient(place, bounds)).map(({ text }) => text);
  }

  describe("what is not said to the bot", () => {
    test("is kept where the chat wants it, and nowhere else", async () => {
      expect(await accept(aside("alice", "not kept"))).toEqual({ kind: "ignored" });
      expect(await overhear(aside("alice", "kept"))).toEqual({ kind: "ambient" });
      await scene.reopen();
      expect(await scene.store.ambient({ chatRef: await chatRef() }, { messages: 5, since: 0 })).toEqual([
        { author: { id: "alice", name: "ALICE" }, sentAt: scene.clock.now, text: "kept" },
      ]);
      expect(await scene.store.lanesWithWork()).toEqual([]);
    });

    test("is no command, be it another bot's", async () => {
      const command = { name: "login", args: "secret" };
      expect(await overhear(aside("alice", "/login secret", { command }))).toEqual({ kind: "ignored" });
    });

    test("is there once, however often it is delivered, and never if it was a turn before", async () => {
      const inbound = aside("alice", "once");
      await overhear(inbound);
      expect(await overhear(inbound)).toEqual({ kind: "duplicate" });
      const asked = message("alice", "asked");
      await accept(asked);
      expect(await overhear({ ...asked, addressed: false })).toEqual({ kind: "duplicate" });
      expect(await texts()).toEqual(["once"]);
    });

    test("is no background any more once it turns out to be for the bot", async () => {
      const inbound = aside("alice", "for you after all");
      await overhear(inbound);
      expect(await accept(inbound, { addressing: "always" })).toMatchObject({ kind: "turn" });
      expect(await texts()).toEqual([]);
    });

    test("is given oldest first, the latest of it, as far back as is asked for", async () => {
      for (const text of ["one", "two", "three"]) {
        await overhear(aside("alice", text));
        scene.clock.now += 1_000;
      }
      expect(await texts()).toEqual(["one", "two", "three"]);
      expect(await texts(undefined, { messages: 2, since: 0 })).toEqual(["two", "three"]);
      expect(await texts(undefined, { messages: 0, since: 0 })).toEqual([]);
      expect(await texts(undefined, { messages: 9, since: scene.clock.now - 1_000 })).toEqual(["three"]);
    });

    test("stays in its chat and in its thread", async () => {
      await overhear(aside("alice", "in the group"));
      await overhear(aside("alice", "in a thread", THREAD));
      await overhear(aside("alice", "elsewhere", { source: { chat: { id: "-200", kind: "group" } } }));
      await overhear(aside("alice", "with another bot", { source: { account: "second" } }));
      expect(await texts()).toEqual(["in the group"]);
      expect(await texts("42")).toEqual(["in a thread"]);
      expect(await texts("43")).toEqual([]);
    });

    test("is kept up to two hundred messages for each place", async () => {
      await overhear(aside("bob", "in a thread", THREAD));
      for (let n = 0; n < 205; n++) await overhear(aside("alice", `${n}`));
      const kept = await texts(undefined, { messages: 1_000, since: 0 });
      expect(kept).toHaveLength(200);
      expect([kept[0], kept.at(-1)]).toEqual(["5", "204"]);
      expect(await texts("42")).toEqual(["in a thread"]);
    });

    test("is named where it has no words, is bounded, and says if it is only passed on", async () => {
      expect(await overhear(aside("alice", ""))).toEqual({ kind: "ignored" });
      const picture = { kind: "image", ref: "r1" } as const;
      const paper = { kind: "document", ref: "r2", name: 'a "b".pdf' } as const;
      await overhear(aside("alice", " ", { attachments: [picture, paper] }));
      await overhear(aside("alice", "look", { attachments: [picture] }));
      await overhear(aside("alice", `${"x".repeat(3_999)}🎉`));
      await overhear(aside("alice", "not mine", { forwarded: { userId: "u7", name: "Mallory" } }));
      const [words, caption, long, passedOn] = await scene.store.ambient(
        { chatRef: await chatRef() },
        { messages: 9, since: 0 },
      );
      expect(words?.text).toBe('[image] [document "a \\"b\\".pdf"]');
      expect(caption?.text).toBe("look");
      expect(long?.text).toHaveLength(4_000);
      expect(long?.text.isWellFormed()).toBe(true);
      expect(passedOn).toMatchObject({ text: "not mine", forwarded: { userId: "u7", name: "Mallory" } });
    });

    test("is what its author makes of it, and nobody else", async () => {
      const inbound = aside("alice", "draft");
      const { messageId } = inbound.source;
      await overhear(inbound);
      expect(await scene.store.edit(aside("bob", "forged", { source: { messageId } }))).toBe(false);
      expect(await scene.store.edit(aside("alice", "final", { source: { messageId } }))).toBe(true);
      expect(await texts()).toEqual(["final"]);
      expect(await scene.store.remove(group, messageId, "bob")).toBe(false);
      expect(await scene.store.remove(group, messageId, "alice")).toBe(true);
      expect(await scene.store.remove(group, messageId)).toBe(false);
      expect(await scene.store.edit(aside("alice", "back", { source: { messageId } }))).toBe(false);
      expect(await overhear(inbound)).toEqual({ kind: "duplicate" });
      expect(await texts()).toEqual([]);
    });

    test("loses its words as early as is wanted, and is known until the day is over", async () => {
      const inbound = aside("alice", "old");
      await overhear(inbound);
      scene.clock.now += 1_000;
      await overhear(aside("alice", "new"));
      expect(await scene.store.cleanUp(scene.clock.now, 500)).toBe(1);
      expect(await texts()).toEqual(["new"]);
      expect(await overhear(inbound)).toEqual({ kind: "duplicate" });
      expect(await texts()).toEqual(["new"]);
    });

    test("is cleaned up after a day, and erased with what is older than is kept", async () => {
      await overhear(aside("alice", "old"));
      scene.clock.now += DAY_MS;
      await overhear(aside("alice", "new"));
      expect(await scene.store.cleanUp(scene.clock.now)).toBe(0);
      expect(await scene.store.cleanUp(scene.clock.now + 1)).toBe(1);
      expect(await texts()).toEqual(["new"]);
      await scene.store.prune(scene.clock.now);
      expect(await texts()).toEqual(["new"]);
      await scene.store.prune(scene.clock.now + 1);
      expect(await texts()).toEqual([]);
    });

    test("is erased with what its author wants to be forgotten there, and does not come back", async () => {
      const inbound = aside("alice", "forget me");
      await overhear(inbound);
      await overhear(aside("alice", "in a thread", THREAD));
      await overhear(aside("bob", "bob's"));
      await scene.store.forget({ chatRef: await chatRef(), userId: "alice", before: 1_000, by: "telegram:alice" });
      expect(await overhear(inbound)).toEqual({ kind: "duplicate" });
      expect([...(await texts()), ...(await texts("42"))]).toEqual(["bob's"]);
    });

    test("is no background of an answer that is begun again once its author wants it to be forgotten", async () => {
      const inbound = aside("alice", "forget me");
      await overhear(inbound);
      await accept(message("bob", "hi"));
      const run = await scene.claim();
      const step = { role: "user" as const, content: [{ type: "text" as const, text: "hi" }], author: run.author };
      await scene.store.journal(run, { message: { ...step, background: "Alice: forget me" } });
      await scene.reopen();
      expect((await scene.claim()).steps).toEqual([{ ...step, background: "Alice: forget me" }]);
      // Taken back before.
      await scene.store.remove(group, inbound.source.messageId);
      await scene.store.forget({ chatRef: run.chat.ref, userId: "alice", before: 1_000, by: "telegram:alice" });
      await scene.reopen();
      expect((await scene.claim()).steps).toEqual([step]);
    });

    test("goes when its author is blocked, under whatever id", async () => {
      const user = { id: "lid", name: "Eve", isBot: false, aliases: ["phone"] };
      await overhear(aside("lid", "eve's", { source: { user } }));
      await overhear(aside("bob", "bob's"));
      await scene.store.setAccess({ kind: "user", ...account, id: "phone" }, "blocked", "telegram:root");
      expect(await texts()).toEqual(["bob's"]);
    });

    test("is its author's to change, to take back and to be blocked with, under another id as well", async () => {
      const [changed, deleted] = [aside("phone", "draft"), aside("phone", "oops")];
      await overhear(changed);
      await overhear(deleted);
      scene.clock.now += 1_000;
      await scene.store.samePerson(account, "phone", "lid");
      const { messageId } = changed.source;
      expect(await scene.store.edit(aside("lid", "final", { source: { messageId } }))).toBe(true);
      expect(await scene.store.remove(group, deleted.source.messageId, "lid")).toBe(true);
      expect(await texts()).toEqual(["final"]);
      scene.clock.now += 1_000;
      await scene.store.setAccess({ kind: "user", ...account, id: "lid" }, "blocked", "telegram:root");
      expect(await texts()).toEqual([]);
    });

    test("follows its author to another id and its chat to another one", async () => {
      await overhear(aside("phone", "before"));
      await scene.store.samePerson(account, "phone", "lid");
      await scene.store.moveChat(group, "-300");
      await overhear(aside("lid", "after", { source: { chat: { id: "-300", kind: "group" } } }));
      const old = (await scene.store.chats()).find(({ id }) => id === "-300")?.ref ?? 0;
      const said = await scene.store.ambient({ chatRef: old }, { messages: 9, since: 0 });
      expect(said.map(({ author, text }) => [author.id, text])).toEqual([
        ["lid", "before"],
        ["lid", "after"],
      ]);
    });
  });
}
