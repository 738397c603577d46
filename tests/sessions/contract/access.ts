import { describe, expect, test } from "vitest";
import type { InboundMessage } from "../../../adapters/record.ts";
import { LOCKED_MS, type Subject } from "../../../sessions/access.ts";
import type { Facts } from "../../../sessions/inbox.ts";
import type { Standing } from "../../../sessions/standing.ts";
import { message, routing } from "../messages.ts";
import type { StoreScene } from "./scene.ts";

const account = { platform: "telegram", account: "default" } as const;
const group = { ...account, chatId: "-100" } as const;
const NOBODY: Standing = { owner: false, blocked: false, user: false, chat: false, claimable: false };

/** Who may be answered, and what blocking takes away. */
export function access(scene: StoreScene): void {
  const { accept, say, claim, texts, answer, lane } = scene;
  const subject = (kind: Subject["kind"], id: string): Subject => ({ ...account, kind, id });
  const user = (id: string) => subject("user", id);
  const set = (of: Subject, rule: Parameters<typeof scene.store.setAccess>[1], by = "telegram:root") =>
    scene.store.setAccess(of, rule, by);
  const standing = (...ids: string[]) => scene.store.standing(group, ids);

  /** What the store found out about a message. */
  async function factsOf(inbound: InboundMessage): Promise<Facts> {
    let seen: Facts | undefined;
    await scene.store.accept(inbound, {
      ...routing(inbound),
      decide(facts) {
        seen = facts;
        return { kind: "ignore" };
      },
    });
    return seen as Facts;
  }

  describe("access rules", () => {
    test("are one for each subject, made, changed and taken away, after a restart too", async () => {
      expect(await set(user("alice"), "approved")).toEqual({ changed: true, dropped: 0, runIds: [] });
      expect(await set(user("alice"), "approved")).toMatchObject({ changed: false });
      await set({ ...user("alice"), name: "Alice" } as Subject, "owner", "cli:op");
      await set(subject("chat", "-100"), "approved");
      await scene.reopen();
      expect(await scene.store.accessEntries()).toEqual([
        { ...user("alice"), rule: "owner", name: "Alice", by: "cli:op", at: scene.clock.now },
        { ...subject("chat", "-100"), rule: "approved", by: "telegram:root", at: scene.clock.now },
      ]);
      expect(await set(user("alice"), null)).toMatchObject({ changed: true });
      expect(await set(user("alice"), null)).toMatchObject({ changed: false });
      expect(await scene.store.accessEntries()).toHaveLength(1);
    });

    test("say of a person and a place what holds there, and are told apart by kind, account and platform", async () => {
      expect(await standing("alice")).toEqual(NOBODY);
      await set(user("alice"), "approved");
      expect(await standing("alice")).toEqual({ ...NOBODY, user: true });
      expect(await standing("bob", "x", "y", "z", "alice")).toEqual({ ...NOBODY, user: true });
      expect(await standing("bob")).toEqual(NOBODY);
      expect(await scene.store.standing({ ...group, account: "second" }, ["alice"])).toEqual(NOBODY);
      expect(await scene.store.standing({ ...group, platform: "web" }, ["alice"])).toEqual(NOBODY);
      // A chat, a person and a server of one id are three.
      expect(await scene.store.standing({ ...group, chatId: "alice" }, ["bob"])).toEqual(NOBODY);
      expect(await scene.store.standing({ ...group, guildId: "alice" }, ["bob"])).toEqual(NOBODY);
      await set(subject("chat", "-100"), "approved");
      expect(await standing("bob")).toEqual({ ...NOBODY, chat: true });
      expect(await standing("-100")).toEqual({ ...NOBODY, chat: true });
      await set(subject("guild", "g"), "approved");
      expect(await scene.store.standing({ ...account, chatId: "c", guildId: "g" }, ["bob"])).toMatchObject({
        chat: true,
      });
    });

    test("of all names of a person count together: one may be blocked under another", async () => {
      await set(user("number"), "blocked");
      await set(user("id"), "owner");
      expect(await standing("id", "number")).toMatchObject({ owner: true, blocked: true });
    });

    test("are what a message finds, by all names of its author, its chat's present id and its server", async () => {
      await set(user("+49170"), "owner");
      await set(subject("guild", "g"), "approved");
      const inbound = message("alice", "hi", {
        source: {
          chat: { id: "-100", kind: "group", guildId: "g" },
          user: { id: "alice", name: "A", aliases: ["+49170"], isBot: false },
        },
      });
      expect((await factsOf(inbound)).standing).toEqual({ ...NOBODY, owner: true, chat: true });
      expect((await factsOf(message("bob", "hi"))).standing).toEqual(NOBODY);
    });

    test("name nobody by an empty id, and make neither chats nor servers owners or blocked", async () => {
      await expect(set(user(""), "owner")).rejects.toThrow(TypeError);
      await expect(set(subject("chat", "-100"), "blocked")).rejects.toThrow(TypeError);
      await expect(set(subject("guild", "g"), "owner")).rejects.toThrow(TypeError);
      expect(await standing("")).toEqual(NOBODY);
      expect(await scene.store.audit()).toEqual([]);
    });

    test("follow the person: the one that lets in less counts for both ids", async () => {
      for (const [from, to, present] of [
        ["owner", null, "owner"],
        ["owner", "approved", "owner"],
        ["approved", "owner", "owner"],
        ["blocked", "owner", "blocked"],
        ["owner", "blocked", "blocked"],
        [null, "approved", "approved"],
      ] as const) {
        const [a, b] = [`${from}-${to}-a`, `${from}-${to}-b`];
        await set(user(a), from);
        await set(user(b), to);
        await scene.store.samePerson(account, a, b);
        await scene.store.samePerson(account, a, b);
        const entries = (await scene.store.accessEntries()).filter(({ id }) => id === a || id === b);
        expect(entries).toMatchObject([{ id: b, rule: present }]);
      }
    });

    test("of a chat follow it to its new id, also for what comes late from the old one", async () => {
      await say("alice", "hi");
      await set(subject("chat", "-100"), "approved");
      const changes = await scene.store.audit();
      await scene.store.moveChat(group, "-200");
      expect(await scene.store.accessEntries()).toMatchObject([{ kind: "chat", id: "-200", rule: "approved" }]);
      expect((await factsOf(message("bob", "late"))).standing).toMatchObject({ chat: true });
      expect(await standing("bob")).toEqual(NOBODY);
      expect(await scene.store.audit()).toEqual(changes);
    });
  });

  describe("blocking", () => {
    const elsewhere = (who: string, text: string) =>
      message(who, text, { source: { chat: { id: "-2", kind: "group" } } });

    test("takes at once what somebody has waiting and running, in every chat of the account, commands too", async () => {
      await say("mallory", "runs");
      const run = await claim();
      await say("mallory", "waits");
      await accept(elsewhere("mallory", "waits there"));
      await accept(message("mallory", "", { addressed: false, albumId: "a" }));
      await accept(message("mallory", "/help", { command: { name: "help", args: "" } }), { isCommand: true });
      const untouched = message("mallory", "other account", { source: { account: "second" } });
      await accept(untouched);
      await say("bob", "mine");
      expect(await scene.store.stoppedRuns()).toEqual([]);

      expect(await set(user("mallory"), "blocked")).toEqual({ changed: true, dropped: 4, runIds: [run.runId] });
      expect(await scene.store.pendingCommands()).toEqual([]);
      expect(await scene.store.stoppedRuns()).toEqual([run.runId]);
      // Nobody gets a word.
      expect(await scene.store.chatsWithDeliveries()).toEqual([]);
      await scene.reopen();
      expect((await claim()).stopped).toBe(true);
      const again = await set(user("mallory"), "blocked");
      expect(again).toEqual({ changed: false, dropped: 0, runIds: [run.runId] });
      await scene.store.end(await claim(), answer(run, "too late"));
      expect(await scene.store.stoppedRuns()).toEqual([]);
      expect(texts(await claim())).toEqual(["mine"]);
      expect((await scene.store.lanesWithWork()).map((work) => work.lane)).toEqual([
        expect.stringContaining("@second"),
        lane,
      ]);
    });

    test("meets somebody under any id that came along, and under the one that somebody goes by now", async () => {
      const aliased = message("lid", "as alias", {
        source: { user: { id: "lid", name: "L", aliases: ["phone"], isBot: false } },
      });
      await accept(aliased);
      expect(await set(user("phone"), "blocked")).toMatchObject({ dropped: 1 });
      await accept(elsewhere("old", "before"));
      await scene.store.samePerson(account, "old", "new");
      expect(await set(user("old"), "blocked")).toMatchObject({ dropped: 1 });
      await say("bob", "mine");
      expect(await set(user("mallory"), "blocked")).toMatchObject({ dropped: 0 });
    });

    test("holds for both ids when it turns out that they are one person's", async () => {
      await set(user("phone"), "blocked");
      await say("lid", "runs");
      const run = await claim();
      await accept(elsewhere("lid", "waits"));
      await scene.store.samePerson(account, "phone", "lid");
      expect(await scene.store.stoppedRuns()).toEqual([run.runId]);
      expect(await scene.store.counts()).toMatchObject({ waiting: 0, running: 1 });
    });

    test("answers no command of theirs that was being carried out", async () => {
      const sent = await accept(message("mallory", "/help", { command: { name: "help", args: "" } }), {
        isCommand: true,
      });
      const seq = "seq" in sent ? sent.seq : 0;
      const call = await scene.store.command(seq);
      await set(user("mallory"), "blocked");
      const chunks = [{ text: "help", plain: "help" }];
      expect(await scene.store.answerCommand(seq, [{ to: call?.to ?? group, chunks }])).toEqual([]);
      expect(await scene.store.chatsWithDeliveries()).toEqual([]);
    });
  });

  describe("the first owner", () => {
    const claimAs = (id: string, hash: string) => scene.store.claimOwner(hash, user(id));

    test("is who names the code, once", async () => {
      expect(await claimAs("alice", "h")).toEqual({ kind: "nothing-to-claim" });
      await scene.store.setClaim("h");
      expect(await standing("alice")).toEqual({ ...NOBODY, claimable: true });
      expect(await claimAs("alice", "wrong")).toEqual({ kind: "unknown" });
      await scene.reopen();
      const results = await Promise.all([claimAs("alice", "h"), claimAs("bob", "h")]);
      expect(results).toEqual([{ kind: "claimed" }, { kind: "nothing-to-claim" }]);
      expect(await standing("alice")).toEqual({ ...NOBODY, owner: true });
      expect(await scene.store.audit()).toMatchObject([
        { by: "telegram:alice", what: "owner", where: "telegram:alice", from: null, to: "owner" },
      ]);
      // The code is none any more, also when there is no owner left.
      await set(user("alice"), null);
      expect(await claimAs("mallory", "h")).toEqual({ kind: "nothing-to-claim" });
    });

    test("made otherwise makes the code worthless; a new one can be set, and forgotten", async () => {
      await scene.store.setClaim("h");
      await set(user("alice"), "owner");
      expect(await standing("bob")).toMatchObject({ claimable: false });
      await set(user("alice"), null);
      expect(await standing("bob")).toMatchObject({ claimable: false });
      await scene.store.setClaim("one");
      await scene.store.setClaim("two");
      expect(await claimAs("bob", "one")).toEqual({ kind: "unknown" });
      await scene.store.setClaim(null);
      expect(await claimAs("bob", "two")).toEqual({ kind: "nothing-to-claim" });
    });

    test("is nobody who is blocked, and nobody who guesses", async () => {
      await scene.store.setClaim("h");
      await set(user("mallory"), "blocked");
      expect(await claimAs("mallory", "h")).toEqual({ kind: "unknown" });
      for (let n = 0; n < 4; n++) expect(await claimAs("eve", `${n}`)).toEqual({ kind: "unknown" });
      const until = scene.clock.now + LOCKED_MS;
      expect(await claimAs("eve", "4")).toEqual({ kind: "locked", until });
      await scene.reopen();
      expect(await claimAs("eve", "h")).toEqual({ kind: "locked", until });
      // Nor under another id.
      await scene.store.samePerson(account, "eve", "eva");
      expect(await claimAs("eva", "h")).toEqual({ kind: "locked", until });
      expect(await claimAs("alice", "h")).toEqual({ kind: "claimed" });
    });
  });
}
