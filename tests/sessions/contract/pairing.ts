import { describe, expect, test } from "vitest";
import type { InboundMessage } from "../../../adapters/record.ts";
import { LOCKED_MS, PAIRING_LIFETIME_MS } from "../../../sessions/access.ts";
import { message, routing } from "../messages.ts";
import type { StoreScene } from "./scene.ts";

const account = { platform: "telegram", account: "default" } as const;

/** Chats that ask to be let in. */
export function pairing(scene: StoreScene): void {
  const say = (text: string) => ({ chunks: [{ text, plain: text }] });
  const ask = (inbound: InboundMessage, code: string) =>
    scene.store.accept(inbound, {
      ...routing(inbound),
      decide: () => ({ kind: "pair", code, notice: say(`your code is ${code}`), full: say("too many wait") }),
    });
  const dm = (user: string, text = "let me in", of: { account?: string } = {}) =>
    message(user, text, { source: { ...of, chat: { id: user, kind: "dm" } } });
  const inGroup = (user: string, id: string, more: Partial<InboundMessage["source"]> = {}) =>
    message(user, "hello bot", { source: { chat: { id, kind: "group", name: `Group ${id}` }, ...more } });
  const codes = async () => (await scene.store.pairings()).map(({ code }) => code);
  const approve = (code: string, by = "telegram:root", notice = "welcome", whole?: boolean) =>
    scene.store.approve(code, by, notice, whole);

  /** Everything that is to be sent, as it goes out. */
  async function sent(): Promise<string[]> {
    const texts: string[] = [];
    for (const chatRef of await scene.store.chatsWithDeliveries()) {
      for (let chunk = await scene.store.nextChunk(chatRef); chunk; chunk = await scene.store.nextChunk(chatRef)) {
        texts.push(`${chunk.to.chatId}${chunk.to.threadId ? `#${chunk.to.threadId}` : ""}: ${chunk.text}`);
        await scene.store.chunkSent(chunk, `sent-${chunk.deliveryId}`);
      }
    }
    return texts;
  }

  describe("a request for access", () => {
    test("is made once for a private chat: its code is told once while it lives, and a new one after that", async () => {
      expect(await ask(dm("alice"), "CODE0001")).toMatchObject({ kind: "denied", told: true });
      expect(await ask(dm("alice", "hello?"), "CODE0002")).toMatchObject({ kind: "denied", told: false });
      expect(await sent()).toEqual(["alice: your code is CODE0001"]);
      await scene.reopen();
      const createdAt = scene.clock.now;
      expect(await scene.store.pairings()).toMatchObject([
        { code: "CODE0001", kind: "user", userId: "alice", userName: "ALICE", createdAt },
      ]);
      scene.clock.now += PAIRING_LIFETIME_MS - 1;
      expect(await ask(dm("alice"), "CODE0003")).toMatchObject({ told: false });
      scene.clock.now += 1;
      expect(await codes()).toEqual([]);
      expect(await approve("CODE0001")).toEqual({ kind: "unknown" });
      expect(await ask(dm("alice"), "CODE0004")).toMatchObject({ told: true });
      expect(await codes()).toEqual(["CODE0004"]);
    });

    test("that is delivered again changes nothing, also after it has expired", async () => {
      const inbound = dm("alice");
      const results = await Promise.all([ask(inbound, "CODE0001"), ask(inbound, "CODE0002")]);
      expect(results.map((result) => "told" in result && result.told)).toEqual([true, false]);
      scene.clock.now += PAIRING_LIFETIME_MS;
      expect(await ask(inbound, "CODE0003")).toEqual({ kind: "duplicate" });
      expect(await codes()).toEqual([]);
    });

    test("is made once for a group, whoever writes there and in whatever thread", async () => {
      const thread = { id: "7", kind: "native" as const };
      await ask(inGroup("alice", "-1", { thread }), "CODE0001");
      expect(await ask(inGroup("bob", "-1"), "CODE0002")).toMatchObject({ told: false });
      expect(await scene.store.pairings()).toMatchObject([
        { code: "CODE0001", kind: "chat", chat: { id: "-1", name: "Group -1" }, userId: "alice" },
      ]);
      expect(await approve("CODE0001")).toMatchObject({ kind: "approved", pairing: { code: "CODE0001" } });
      expect(await sent()).toEqual(["-1#7: your code is CODE0001", "-1#7: welcome"]);
    });

    test("has room for two others in an account; the fourth chat is told so once, and asks when there is room", async () => {
      for (const n of [1, 2, 3]) await ask(dm(`u${n}`), `CODE000${n}`);
      await sent();
      expect(await ask(dm("u4"), "CODE0004")).toMatchObject({ kind: "denied", told: true });
      expect(await ask(dm("u4"), "CODE0005")).toMatchObject({ kind: "denied", told: false });
      expect(await ask(dm("u4", "hi", { account: "second" }), "CODE0006")).toMatchObject({ told: true });
      expect(await sent()).toEqual(["u4: too many wait", "u4: your code is CODE0006"]);
      expect(await codes()).toEqual(["CODE0001", "CODE0002", "CODE0003", "CODE0006"]);
      await scene.store.dismiss("CODE0002", "telegram:root");
      expect(await ask(dm("u4"), "CODE0007")).toMatchObject({ told: true });
      expect(await ask(dm("u5"), "CODE0008")).toMatchObject({ told: true });
      expect(await ask(dm("u5"), "CODE0009")).toMatchObject({ told: false });
      expect((await sent()).toSorted()).toEqual(["u4: your code is CODE0007", "u5: too many wait"]);
    });

    test("never gets a code that somebody else has, and is nobody's without an id", async () => {
      await ask(dm("alice"), "CODE0001");
      expect(await ask(dm("bob"), "CODE0001")).toMatchObject({ told: false });
      const nameless = message("", "hi", { source: { chat: { id: "x", kind: "dm" } } });
      expect(await ask(nameless, "CODE0002")).toMatchObject({ told: false });
      expect(await scene.store.pairings()).toMatchObject([{ code: "CODE0001", userId: "alice" }]);
    });
  });

  describe("approving", () => {
    const standing = (chatId: string, user: string, guildId?: string) =>
      scene.store.standing({ ...account, chatId, guildId }, [user]);

    test("lets a person in, tells the chat, and leaves one entry in the audit; the code is used up", async () => {
      await ask(dm("alice"), "CODE0001");
      expect(await approve("CODE0001")).toMatchObject({ kind: "approved", pairing: { kind: "user", userId: "alice" } });
      expect(await standing("alice", "alice")).toMatchObject({ user: true, chat: false });
      expect(await scene.store.accessEntries()).toMatchObject([
        { kind: "user", id: "alice", rule: "approved", name: "ALICE", by: "telegram:root" },
      ]);
      expect(await scene.store.audit()).toMatchObject([
        { by: "telegram:root", what: "pairing", where: "telegram:alice", from: null, to: "approved" },
      ]);
      expect(await sent()).toEqual(["alice: your code is CODE0001", "alice: welcome"]);
      expect(await approve("CODE0001")).toEqual({ kind: "unknown" });
    });

    test("twice at once lets in once and tells once", async () => {
      await ask(dm("alice"), "CODE0001");
      const results = await Promise.all([approve("CODE0001"), approve("CODE0001", "cli:op")]);
      expect(results.map(({ kind }) => kind)).toEqual(["approved", "unknown"]);
      expect((await sent()).filter((text) => text.includes("welcome"))).toHaveLength(1);
      expect(await scene.store.audit()).toHaveLength(1);
    });

    test("of a group counts there for everybody, of a whole server in all its chats, whose requests are answered by it", async () => {
      const server = (id: string) => ({ chat: { id, kind: "channel" as const, guildId: "g", guildName: "Server" } });
      await ask(inGroup("alice", "-1"), "CODE0001");
      await approve("CODE0001", "cli:op", "welcome", true);
      expect(await standing("-1", "bob")).toMatchObject({ chat: true, user: false });
      await ask(inGroup("alice", "c1", server("c1")), "CODE0002");
      await ask(inGroup("alice", "c2", server("c2")), "CODE0003");
      expect(await standing("c3", "bob", "g")).toMatchObject({ chat: false });
      await approve("CODE0002", "cli:op", "welcome", true);
      expect(await standing("c3", "bob", "g")).toMatchObject({ chat: true });
      expect(await codes()).toEqual([]);
      expect(await scene.store.accessEntries()).toMatchObject([
        { kind: "chat", id: "-1" },
        { kind: "guild", id: "g", name: "Server" },
      ]);
    });

    test("takes nothing from an owner, and what is said of somebody otherwise answers the request", async () => {
      for (const [n, rule] of (["owner", "blocked", "approved"] as const).entries()) {
        await ask(dm(`u${n}`), `CODE000${n}`);
        await scene.store.setAccess({ ...account, kind: "user", id: `u${n}` }, rule, "cli:op");
      }
      expect(await codes()).toEqual([]);
      await ask(dm("u0"), "CODE0009");
      expect(await approve("CODE0009")).toMatchObject({ kind: "approved" });
      expect(await standing("u0", "u0")).toMatchObject({ owner: true });
    });

    test("and dismissing are refused for an hour after five codes that do not exist, to whoever named them alone", async () => {
      await ask(dm("alice"), "CODE0001");
      for (let n = 0; n < 4; n++) expect(await approve(`WRONG00${n}`)).toEqual({ kind: "unknown" });
      // The right one in between: it was a slip.
      await ask(dm("bob"), "CODE0002");
      expect(await approve("CODE0002")).toMatchObject({ kind: "approved" });
      for (let n = 0; n < 4; n++)
        expect(await scene.store.dismiss(`WRONG00${n}`, "telegram:root")).toEqual({ kind: "unknown" });
      const until = scene.clock.now + LOCKED_MS;
      expect(await approve("WRONG009")).toEqual({ kind: "locked", until });
      await scene.reopen();
      expect(await approve("CODE0001")).toEqual({ kind: "locked", until });
      expect(await scene.store.dismiss("CODE0001", "telegram:root")).toEqual({ kind: "locked", until });
      expect(await scene.store.dismiss("NONE0000", "cli:op")).toEqual({ kind: "unknown" });
      scene.clock.now = until;
      await ask(dm("alice"), "CODE0003");
      expect(await approve("CODE0003")).toMatchObject({ kind: "approved" });
    });

    test("is not possible any more once the request was dismissed; whoever asked may ask again", async () => {
      await ask(dm("alice"), "CODE0001");
      expect(await scene.store.dismiss("CODE0001", "cli:op")).toMatchObject({ pairing: { userId: "alice" } });
      expect(await approve("CODE0001")).toEqual({ kind: "unknown" });
      expect(await scene.store.accessEntries()).toEqual([]);
      expect(await scene.store.audit()).toMatchObject([
        { by: "cli:op", what: "pairing", where: "telegram:alice", from: "asked", to: null },
      ]);
      expect(await ask(dm("alice"), "CODE0002")).toMatchObject({ told: true });
    });
  });

  describe("a request follows", () => {
    test("the person: of two the later one is left, and the approval is the present id's", async () => {
      await ask(dm("phone"), "CODE0001");
      scene.clock.now += 1;
      await ask(dm("lid"), "CODE0002");
      await sent();
      await scene.store.samePerson(account, "phone", "lid");
      expect(await scene.store.pairings()).toMatchObject([{ code: "CODE0002", userId: "lid" }]);
      await approve("CODE0002");
      expect(await scene.store.accessEntries()).toMatchObject([{ id: "lid" }]);
      await ask(dm("old"), "CODE0003");
      await sent();
      await scene.store.samePerson(account, "old", "new");
      expect(await approve("CODE0003")).toMatchObject({ pairing: { userId: "new", chat: { id: "new" } } });
      expect(await sent()).toEqual(["new: welcome"]);
    });

    test("the person, who is let in or blocked already, no longer", async () => {
      await ask(dm("phone"), "CODE0001");
      await scene.store.setAccess({ ...account, kind: "user", id: "lid" }, "blocked", "cli:op");
      await scene.store.samePerson(account, "phone", "lid");
      expect(await codes()).toEqual([]);
    });

    test("the chat to its new id, where the answer goes", async () => {
      await ask(inGroup("alice", "-1"), "CODE0001");
      await sent();
      await scene.store.moveChat({ ...account, chatId: "-1" }, "-2");
      // What comes late from the old id asks for the same chat.
      expect(await ask(inGroup("bob", "-1"), "CODE0002")).toMatchObject({ told: false });
      await approve("CODE0001");
      expect(await scene.store.accessEntries()).toMatchObject([{ kind: "chat", id: "-2" }]);
      expect(await sent()).toEqual(["-2: welcome"]);
    });
  });

  test("requests and wrong codes that have expired are forgotten", async () => {
    await ask(dm("alice"), "CODE0001");
    for (let n = 0; n < 4; n++) await approve(`WRONG00${n}`);
    scene.clock.now += PAIRING_LIFETIME_MS;
    await scene.store.dropExpired();
    scene.clock.now -= PAIRING_LIFETIME_MS;
    expect(await codes()).toEqual([]);
    expect(await approve("WRONG009")).toEqual({ kind: "unknown" });
  });
}
