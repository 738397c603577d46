import { describe, expect, test } from "vitest";
import type { InboundMessage } from "../../../adapters/record.ts";
import { message, NOW, routing } from "../messages.ts";
import type { StoreScene } from "./scene.ts";

/** What is taken, what joins what, and what an edit changes. */
export function accepting(scene: StoreScene): void {
  const { accept, say, claim, texts, serveAll, lane, answer } = scene;

  describe("accepting", () => {
    test("the same message again changes nothing, also in parallel and after it was answered", async () => {
      const inbound = message("alice", "hi");
      const results = await Promise.all([accept(inbound), accept(inbound), accept(inbound)]);
      expect(results.map(({ kind }) => kind).sort()).toEqual(["duplicate", "duplicate", "turn"]);
      expect(await serveAll()).toEqual([["alice", "hi"]]);
      expect(await accept(inbound)).toEqual({ kind: "duplicate" });
      expect(await scene.store.claim(lane)).toEqual({ kind: "idle" });
    });

    test("the same id in another chat or account is another message", async () => {
      const inbound = message("alice", "hi", { source: { messageId: "same" } });
      await accept(inbound);
      for (const change of [{ chat: { id: "-200", kind: "group" as const } }, { account: "second" }]) {
        expect(await accept({ ...inbound, source: { ...inbound.source, ...change } })).toMatchObject({
          kind: "turn",
        });
      }
    });

    test("what is not for the bot leaves no trace", async () => {
      const inbound = message("alice", "hi all", { addressed: false });
      expect(await accept(inbound)).toEqual({ kind: "ignored" });
      expect(await scene.store.lanesWithWork()).toEqual([]);
    });

    test("a decision that throws rejects and writes nothing, and others of the batch are taken", async () => {
      const inbound = message("alice", "bad");
      const broken = scene.store.accept(inbound, {
        ...routing(inbound),
        decide: () => {
          throw new Error("broken strategy");
        },
      });
      const fine = say("bob", "fine");
      await expect(broken).rejects.toThrow("broken strategy");
      expect(await fine).toMatchObject({ kind: "turn" });
      expect(await serveAll()).toEqual([["bob", "fine"]]);
    });

    test("an author at the limit is refused and told once; nobody else is touched", async () => {
      const options = { maxWaiting: 3 };
      await say("bob", "mine", options);
      const results = [];
      for (let i = 0; i < 6; i++) results.push(await say("alice", `a${i}`, options));
      expect(results.map(({ kind }) => kind)).toEqual([
        "turn",
        "turn",
        "turn",
        "over-limit",
        "over-limit",
        "over-limit",
      ]);
      expect(results.map((result) => "told" in result && result.told)).toEqual([
        false,
        false,
        false,
        true,
        false,
        false,
      ]);
      const served = await serveAll();
      expect(served).toEqual([
        ["bob", "mine"],
        ["alice", "a0", "a1", "a2"],
      ]);
      await say("alice", "again", options);
      expect(await say("bob", "b2", options)).toMatchObject({ kind: "turn" });
    });

    test("neither albums nor long texts nor commands get round the limit by much", async () => {
      await say("carol", "zero");
      await claim();
      const taken = async (kind: (n: number) => Promise<{ kind: string }>) => {
        let count = 0;
        for (let n = 0; n < 60; n++) if (["turn", "command"].includes((await kind(n)).kind)) count += 1;
        return count;
      };
      const options = { maxWaiting: 5, settleMs: 1_000 };
      expect(await taken((n) => accept(message("alice", `t${n}`, { albumId: `a${n}` }), options))).toBe(5);
      expect(await taken(() => accept(message("bob", "x", { mayContinue: true }), options))).toBe(15);
      const help = () =>
        accept(message("dan", "/help", { command: { name: "help", args: "" } }), { ...options, isCommand: true });
      expect(await taken(help)).toBe(5);
    });

    test("the refusal is told again after a message was taken in between", async () => {
      const options = { maxWaiting: 1 };
      await say("alice", "a1", options);
      expect(await say("alice", "a2", options)).toMatchObject({ kind: "over-limit", told: true });
      await serveAll();
      await say("alice", "a3", options);
      expect(await say("alice", "a4", options)).toMatchObject({ kind: "over-limit", told: true });
    });

    test("a stranger is told once and leaves one row", async () => {
      const refuse = (inbound: InboundMessage) =>
        scene.store.accept(inbound, {
          ...routing(inbound),
          decide: () => ({ kind: "deny", notice: { chunks: [{ text: "no", plain: "no" }] } }),
        });
      expect(await refuse(message("mallory", "let me in"))).toMatchObject({ kind: "denied", told: true });
      expect(await refuse(message("mallory", "please"))).toMatchObject({ kind: "denied", told: false });
      const [chatRef] = await scene.store.chatsWithDeliveries();
      const chunk = await scene.store.nextChunk(chatRef as number);
      expect(chunk?.text).toBe("no");
      await scene.store.chunkSent(chunk as NonNullable<typeof chunk>, "9");
      expect(await scene.store.nextChunk(chatRef as number)).toBeNull();
    });
  });

  describe("what comes too late", () => {
    const late = { ageMs: 60_001 };

    test("is not answered; its author is told once for all that came together, and it is known if it comes again", async () => {
      const first = message("alice", "hours ago");
      expect(await accept(first, late)).toMatchObject({ kind: "stale", told: true });
      expect(await accept(first, late)).toEqual({ kind: "duplicate" });
      expect(await say("alice", "a minute later", late)).toMatchObject({ kind: "stale", told: false });
      expect(await say("bob", "me too", late)).toMatchObject({ kind: "stale", told: true });
      expect(await scene.store.lanesWithWork()).toEqual([]);
      scene.clock.now += 2 * 60 * 60 * 1000;
      expect(await say("alice", "the next time", late)).toMatchObject({ kind: "stale", told: true });
    });

    test("is told although the clock was put back, and leaves the limit to be told of", async () => {
      await say("alice", "hours ago", late);
      scene.clock.now -= 30 * 24 * 60 * 60 * 1000;
      expect(await say("alice", "again", late)).toMatchObject({ kind: "stale", told: true });
      await say("alice", "one", { maxWaiting: 1 });
      expect(await say("alice", "old", late)).toMatchObject({ kind: "stale" });
      expect(await say("alice", "two", { maxWaiting: 1 })).toMatchObject({ kind: "over-limit", told: true });
    });

    test("is none of the bot's business if it was not meant for it, and no command is run by it", async () => {
      expect(await accept(message("alice", "chatter", { addressed: false }), late)).toEqual({ kind: "ignored" });
      const command = message("alice", "/stop", { command: { name: "stop", args: "" } });
      expect(await accept(command, { ...late, isCommand: true })).toMatchObject({ kind: "stale" });
      expect(await scene.store.pendingCommands()).toEqual([]);
    });

    test("is what the chat's own setting says", async () => {
      await say("alice", "first");
      const place = { level: "chat", platform: "telegram", account: "default", chatId: "-100" } as const;
      await scene.store.setSettings(place, { maxAgeMs: "100000" }, "test");
      expect(await say("alice", "second", late)).toMatchObject({ kind: "turn" });
    });
  });

  describe("albums and long texts", () => {
    const part = (user: string, caption: string, addressed: boolean) =>
      message(user, caption, {
        addressed,
        albumId: `album-${user}`,
        attachments: [{ kind: "image", ref: caption || "no caption" }],
      });

    test("are one turn once no further part has come for a while", async () => {
      await accept(part("alice", "@bot what is this?", true));
      expect(await scene.store.claim(lane)).toEqual({ kind: "later", at: NOW + 1_000 });
      scene.clock.now += 600;
      await accept(part("alice", "", false));
      expect(await scene.store.claim(lane)).toEqual({ kind: "later", at: NOW + 1_600 });
      scene.clock.now += 1_000;
      const run = await claim();
      expect(run.messages.map(({ attachments }) => attachments.length)).toEqual([1, 1]);
    });

    test("are one turn also if the part that asks comes last", async () => {
      expect(await accept(part("alice", "", false))).toEqual({ kind: "held" });
      expect(await accept(part("alice", "", false))).toEqual({ kind: "held" });
      expect(await scene.store.lanesWithWork()).toEqual([]);
      await accept(part("alice", "@bot?", true));
      scene.clock.now += 1_000;
      expect(texts(await claim())).toEqual(["", "", "@bot?"]);
    });

    test("that never address the bot are dropped", async () => {
      await accept(part("alice", "", false));
      expect(await scene.store.dropHeld(NOW)).toBe(0);
      expect(await scene.store.dropHeld(NOW + 1)).toBe(1);
      await accept(part("alice", "@bot?", true));
      scene.clock.now += 1_000;
      expect(texts(await claim())).toEqual(["@bot?"]);
    });

    test("do not wait for a clock that was put back", async () => {
      await accept(part("alice", "@bot?", true));
      scene.clock.now -= 3_600_000;
      expect((await claim()).author.id).toBe("alice");
    });

    test("that somebody else wrote in between do not let a later message overtake", async () => {
      await say("carol", "zero");
      const run = await claim();
      await accept(message("alice", "begin", { mayContinue: true }));
      await say("bob", "mine");
      await accept(message("alice", "rest"));
      scene.clock.now += 2_000;
      await say("alice", "a later thought");
      await scene.store.end(run, scene.answer(run, "ok"));
      expect(await serveAll()).toEqual([
        ["alice", "begin", "rest"],
        ["bob", "mine"],
        ["alice", "a later thought"],
      ]);
    });

    test("of somebody who still uploads hold up nobody else", async () => {
      await accept(part("alice", "@bot?", true));
      await say("bob", "b1");
      expect((await claim()).author.id).toBe("bob");
    });

    test("a text that the platform cut is one turn with its rest", async () => {
      await accept(message("alice", "@bot begin", { mayContinue: true }));
      await accept(message("alice", "rest", { addressed: false }));
      scene.clock.now += 1_000;
      expect(texts(await claim())).toEqual(["@bot begin", "rest"]);
    });

    test("somebody else's text right behind a long one is not its rest", async () => {
      await accept(message("alice", "@bot begin", { mayContinue: true }));
      expect(await accept(message("bob", "by the way", { addressed: false }))).toEqual({ kind: "ignored" });
    });
  });

  describe("edits and deletions", () => {
    test("an edit replaces a message that waits", async () => {
      const inbound = message("alice", "wrnog");
      await accept(inbound);
      expect(await scene.store.edit({ ...inbound, text: "right" })).toBe(true);
      expect(texts(await claim())).toEqual(["right"]);
    });

    test("an edit of a message that runs, was answered or was never ours starts nothing", async () => {
      const inbound = message("alice", "hi");
      await accept(inbound);
      const run = await claim();
      expect(await scene.store.edit({ ...inbound, text: "changed" })).toBe(false);
      await scene.store.end(run, answer(run, "ok"));
      expect(await scene.store.edit({ ...inbound, text: "changed" })).toBe(false);
      expect(await scene.store.edit(message("bob", "@bot now"))).toBe(false);
      expect(await scene.store.claim(lane)).toEqual({ kind: "idle" });
    });

    test("a deleted message that waits is dropped; a running one is not", async () => {
      const [one, two] = [message("alice", "one"), message("bob", "two")];
      await accept(one);
      await accept(two);
      const run = await claim();
      const place = { platform: "telegram", account: "default", chatId: "-100" } as const;
      expect(await scene.store.remove(place, one.source.messageId)).toBe(false);
      expect(await scene.store.remove(place, two.source.messageId)).toBe(true);
      await scene.store.end(run, answer(run, "ok"));
      expect(await scene.store.claim(lane)).toEqual({ kind: "idle" });
    });
  });
}
