import { describe, expect, test } from "vitest";
import type { Destination, InboundMessage } from "../../../adapters/record.ts";
import type { Offer } from "../../../sessions/outbox.ts";
import { message } from "../messages.ts";
import type { StoreScene } from "./scene.ts";

const account = { platform: "telegram", account: "default" } as const;
const group: Destination = { ...account, chatId: "-100" };
const THREAD = { id: "42", kind: "native" } as const;

/** What answers offer, what a number picks, and where answers go. */
export function offers(scene: StoreScene): void {
  const { accept } = scene;
  const chunks = (text: string) => [{ text, plain: text }];
  const offer = (changes: Partial<Offer> = {}): Offer => ({
    commands: ["confirm abc", "cancel"],
    numbered: true,
    expiresAt: scene.clock.now + 60_000,
    ...changes,
  });
  const command = (user: string, changes: Parameters<typeof message>[2] = {}) =>
    message(user, "/strategy x", { command: { name: "strategy", args: "x" }, ...changes });

  /** A command as it waits to be carried out. */
  async function sent(inbound: InboundMessage) {
    const accepted = await accept(inbound, { isCommand: true });
    const call = await scene.store.command("seq" in accepted ? accepted.seq : 0);
    if (call === null) throw new Error("no command");
    return call;
  }
  async function offered(user: string, what?: Offer | null): Promise<number> {
    const call = await sent(command(user));
    await scene.store.answerCommand(call.message.seq, [{ to: call.to, chunks: chunks("choose") }], what);
    return call.chat.ref;
  }
  async function deliveries(): Promise<string[]> {
    const texts: string[] = [];
    for (const chatRef of await scene.store.chatsWithDeliveries()) {
      for (let chunk = await scene.store.nextChunk(chatRef); chunk; chunk = await scene.store.nextChunk(chatRef)) {
        texts.push(`${chunk.to.chatId}: ${chunk.text}`);
        await scene.store.chunkSent(chunk, `sent-${chunk.deliveryId}`);
      }
    }
    return texts;
  }

  describe("an offer", () => {
    test("is its author's in that chat, until it expires, after a restart too", async () => {
      const what = offer();
      const chatRef = await offered("alice", what);
      await scene.reopen();
      expect(await scene.store.offer(chatRef, "alice")).toEqual(what);
      expect(await scene.store.offer(chatRef, "bob")).toBeNull();
      expect(await scene.store.offer(chatRef + 1, "alice")).toBeNull();
      scene.clock.now = what.expiresAt;
      expect(await scene.store.offer(chatRef, "alice")).toBeNull();
    });

    test("is picked where it was made: outside of threads, or in that one", async () => {
      const call = await sent(command("alice", { source: { thread: THREAD } }));
      const what = offer();
      await scene.store.answerCommand(call.message.seq, [{ to: call.to, chunks: chunks("choose") }], what);
      const chatRef = call.chat.ref;
      expect(await scene.store.offer(chatRef, "alice", THREAD.id)).toEqual(what);
      expect(await scene.store.offer(chatRef, "alice")).toBeNull();
      expect(await scene.store.offer(chatRef, "alice", "other")).toBeNull();
      expect(await accept(message("alice", "1", { addressed: false }))).toEqual({ kind: "ignored" });
      const there = message("alice", "1", { addressed: false, source: { thread: THREAD } });
      expect(await accept(there)).toMatchObject({ kind: "command" });
    });

    test("is void as soon as another one is made to its author there, or it is made void, and not by anybody else's command", async () => {
      const chatRef = await offered("alice", offer());
      await offered("bob", offer({ commands: ["other"] }));
      expect(await scene.store.offer(chatRef, "alice")).toMatchObject({ commands: ["confirm abc", "cancel"] });
      await offered("alice", offer({ commands: ["new"], numbered: false }));
      expect(await scene.store.offer(chatRef, "alice")).toMatchObject({ commands: ["new"], numbered: false });
      await offered("alice");
      expect(await scene.store.offer(chatRef, "alice")).toMatchObject({ commands: ["new"] });
      await offered("alice", null);
      expect(await scene.store.offer(chatRef, "alice")).toBeNull();
    });

    test("by number is picked by a bare number, and is the command until that is answered", async () => {
      const chatRef = await offered("alice", offer());
      await deliveries();
      const pick = message("alice", " 1 ", { addressed: false });
      expect(await accept(pick)).toMatchObject({ kind: "command" });
      expect(await accept(pick)).toEqual({ kind: "duplicate" });
      await scene.reopen();
      const [call] = await scene.store.pendingCommands();
      expect(call?.message).toMatchObject({ text: " 1 ", command: { name: "confirm", args: "abc" } });
      // A crash while it is carried out: it runs again, with what was offered still there.
      expect(await scene.store.offer(chatRef, "alice")).not.toBeNull();
      const seq = call?.message.seq ?? 0;
      expect(await scene.store.answerCommand(seq, [{ to: group, chunks: chunks("done") }], null)).toEqual([chatRef]);
      expect(await scene.store.answerCommand(seq, [{ to: group, chunks: chunks("done") }])).toEqual([]);
      expect(await scene.store.offer(chatRef, "alice")).toBeNull();
      expect(await deliveries()).toEqual(["-100: done"]);
      expect(await accept(message("alice", "1", { addressed: false }))).toEqual({ kind: "ignored" });
    });

    test("is not picked by others, by other texts, elsewhere, too late, or if it was not made by number", async () => {
      const what = offer();
      await offered("alice", what);
      const unasked = { addressed: false };
      for (const inbound of [
        message("bob", "1", unasked),
        ...["3", "0", "1.", "1 2", "one", "100", "-1", ""].map((text) => message("alice", text, unasked)),
        message("alice", "1", { ...unasked, source: { chat: { id: "-2", kind: "group" } } }),
        message("alice", "1", { ...unasked, source: { account: "second" } }),
      ]) {
        expect(await accept(inbound)).toEqual({ kind: "ignored" });
      }
      scene.clock.now = what.expiresAt;
      expect(await accept(message("alice", "1", unasked))).toEqual({ kind: "ignored" });
      await offered("alice", offer({ numbered: false }));
      expect(await accept(message("alice", "1", unasked))).toEqual({ kind: "ignored" });
    });

    test("by number is void as soon as a turn of its author is accepted there, and not by anything else", async () => {
      const there = { source: { thread: THREAD } };
      const chatRef = await offered("alice", offer());
      for (const other of [
        message("bob", "hi"),
        message("alice", "elsewhere", { source: { chat: { id: "-2", kind: "group" } } }),
        message("alice", "in a thread", there),
        message("alice", "not for you", { addressed: false }),
      ]) {
        await accept(other);
      }
      expect(await scene.store.offer(chatRef, "alice")).not.toBeNull();
      expect(await accept(message("alice", "another question"))).toMatchObject({ kind: "turn" });
      expect(await scene.store.offer(chatRef, "alice")).toBeNull();
      expect(await accept(message("alice", "1", { addressed: false }))).toEqual({ kind: "ignored" });
      await offered("alice", offer({ numbered: false }));
      await accept(message("alice", "one more"));
      expect(await scene.store.offer(chatRef, "alice")).not.toBeNull();
    });

    test("is nobody's whom the platform does not name", async () => {
      const chatRef = await offered("", offer());
      expect(await scene.store.offer(chatRef, "")).toBeNull();
    });

    test("follows the person and the chat; of two the one that lasts longer is left", async () => {
      const chatRef = await offered("phone", offer({ commands: ["long"], expiresAt: scene.clock.now + 2_000 }));
      await offered("lid", offer({ commands: ["short"], expiresAt: scene.clock.now + 1_000 }));
      await scene.store.samePerson(account, "phone", "lid");
      expect(await scene.store.offer(chatRef, "lid")).toMatchObject({ commands: ["long"] });
      expect(await scene.store.offer(chatRef, "phone")).toBeNull();
      await scene.store.moveChat(group, "-200");
      expect(await scene.store.offer(chatRef, "lid")).toMatchObject({ commands: ["long"] });
      const inNew = message("lid", "1", { addressed: false, source: { chat: { id: "-200", kind: "group" } } });
      expect(await accept(inNew)).toMatchObject({ kind: "command" });
    });
  });

  describe("the answer to a command", () => {
    test("carries what can be picked", async () => {
      const choices = [{ label: "Do it", command: "confirm abc" }];
      const call = await sent(command("alice"));
      await scene.store.answerCommand(call.message.seq, [{ to: group, chunks: [{ text: "?", plain: "?", choices }] }]);
      expect(await scene.store.nextChunk(call.chat.ref)).toMatchObject({ choices });
    });

    test("goes where it is sent and nowhere else: a private chat that is not known yet is made", async () => {
      const call = await sent(command("alice"));
      const to = { ...account, chatId: "alice" };
      const refs = await scene.store.answerCommand(call.message.seq, [
        { to, chunks: chunks("your secret") },
        { to, chunks: chunks("and more") },
        { to: call.to, chunks: [] },
      ]);
      expect(refs).toHaveLength(1);
      expect(refs).not.toContain(call.chat.ref);
      expect(await deliveries()).toEqual(["alice: your secret", "alice: and more"]);
      expect(await scene.store.chats()).toContainEqual(expect.objectContaining({ id: "alice", kind: "dm" }));
      // What comes from there later is that chat's.
      await accept(message("alice", "hi", { source: { chat: { id: "alice", kind: "dm" } } }));
      expect((await scene.store.chats()).filter(({ id }) => id === "alice")).toMatchObject([{ ref: refs[0] }]);
    });

    test("follows its own chat, which is called otherwise by now, and takes nobody else's private chat for it", async () => {
      const inPrivate = { source: { ...account, chat: { id: "phone", kind: "dm" as const } } };
      const call = await sent(command("phone", inPrivate));
      const other = await sent(command("bob"));
      await scene.store.samePerson(account, "phone", "lid");
      await scene.store.answerCommand(call.message.seq, [{ to: call.to, chunks: chunks("fine") }]);
      expect(await deliveries()).toEqual(["lid: fine"]);
      // The number may be somebody else's by now.
      await scene.store.answerCommand(other.message.seq, [
        { to: { ...account, chatId: "phone" }, chunks: chunks("bob's") },
      ]);
      expect(await deliveries()).toEqual(["phone: bob's"]);
    });

    test("in a chat that moved goes to the new one", async () => {
      const call = await sent(command("alice"));
      await scene.store.moveChat(group, "-200");
      await scene.store.answerCommand(call.message.seq, [{ to: call.to, chunks: chunks("fine") }]);
      expect(await deliveries()).toEqual(["-200: fine"]);
    });
  });
}
