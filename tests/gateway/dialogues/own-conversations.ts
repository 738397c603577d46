import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DATABASE_FILE } from "../../../sessions/sqlite/store.ts";
import { lastUserText } from "../../fakes/anthropic/request.ts";
import type { Stage } from "../stage/stage.ts";
import { promptOf, Theatre, type TheatreOptions } from "../stage/theatre.ts";
import { wordsOf } from "./words.ts";

/** What people can do with what is theirs, and what they see of others; played on every platform. */
export function ownConversations(openStage: () => Promise<Stage>): void {
  async function play(options: TheatreOptions) {
    const theatre = await Theatre.open(await openStage(), options);
    const { claude, stage } = theatre;
    claude.respond(({ body }) => `Answer to: ${wordsOf(lastUserText(body))}`);
    const [ann, bob, carol] = [await stage.person("Ann"), await stage.person("Bob"), await stage.person("Carol")];
    const last = () => promptOf(claude.requests.at(-1) as never);
    return { theatre, claude, stage, ann, bob, carol, last };
  }

  describe("one's own", () => {
    test("/forget erases it once that is confirmed, for good, and nothing of anybody else's", async () => {
      const { theatre, ann, bob, last } = await play({ strategy: "per-user" });
      await theatre.ask(ann, "remember apples", "Answer to: remember apples");
      await theatre.ask(bob, "remember bananas", "Answer to: remember bananas");
      const offer = await theatre.ask(ann, "/forget", "This erases your own conversations", { writtenOut: true });
      await ann.picks(offer, "Cancel");
      await ann.hears("Nothing was changed");
      await theatre.ask(ann, "what was it?", "Answer to: what was it?");
      expect(last()).toContain("remember apples");
      // Whoever picks is who it is about, and has been asked nothing yet.
      const again = await theatre.ask(ann, "/forget", "This erases your own conversations", { writtenOut: true });
      if ((again.choices ?? []).length > 0) {
        const pressed = await bob.picks(again, "Erase");
        await bob.hears("This erases your own conversations", { answering: pressed });
      } else {
        await theatre.taking(1, () => bob.picks(again, "Erase"));
      }
      await theatre.ask(bob, "what was it?", "Answer to: what was it?");
      expect(last()).toContain("remember bananas");
      await ann.picks(again, "Erase");
      await ann.hears("Erased: 1 conversation of yours.");
      await theatre.ask(ann, "and now?", "Answer to: and now?");
      expect(last()).not.toContain("apples");
      await theatre.ask(bob, "still there?", "Answer to: still there?");
      expect(last()).toContain("remember bananas");
      const files = [DATABASE_FILE, `${DATABASE_FILE}-wal`].map((file) => readFile(join(theatre.dataDir, file)));
      for (const bytes of await Promise.all(files)) expect(bytes.includes("remember apples")).toBe(false);
    });

    test("/forget names nobody: what is said with it erases nothing, and neither does saying at once that it is agreed", async () => {
      const { theatre, ann, bob, last } = await play({ strategy: "per-user" });
      // Not even an owner erases what is somebody else's.
      await theatre.owner(ann);
      await theatre.ask(ann, "remember apples", "Answer to: remember apples");
      await theatre.ask(bob, "remember bananas", "Answer to: remember bananas");
      const asks = "This erases your own conversations";
      for (const [command, wanted] of [
        ["/forget @bob --confirm", "Nothing was erased."],
        [`/forget ${bob.id} --confirm`, "Nothing was erased."],
        ["/forget all", "Nothing was erased."],
        ["/forget --confirm", asks],
        // Now that it was asked, of nobody else all the same.
        ["/forget @bob --confirm", "Nothing was erased."],
        ["/forget all", "Nothing was erased."],
      ] as const) {
        await theatre.ask(ann, command, wanted, { writtenOut: true });
      }
      await theatre.ask(bob, "what was it?", "Answer to: what was it?");
      expect(last()).toContain("remember bananas");
      await theatre.ask(ann, "what was it?", "Answer to: what was it?");
      expect(last()).toContain("remember apples");
      await theatre.ask(ann, "/forget", asks);
      // Where the words themselves are erased, there is nothing left to reply to.
      await ann.says("/confirm");
      await ann.hears("Erased: 1 conversation of yours.");
      await theatre.ask(bob, "still there?", "Answer to: still there?");
      expect(last()).toContain("remember bananas");
      await theatre.ask(ann, "and now?", "Answer to: and now?");
      expect(last()).not.toContain("remember apples");
    });

    test("/export sends one's own words and answers as a file, in private, and never into the group", async () => {
      const { theatre, stage, ann, bob } = await play({ strategy: "shared" });
      await theatre.ask(ann, "my private matter", "Answer to: my private matter", { inPrivate: true });
      await theatre.ask(ann, "my question", "Answer to: my question");
      await theatre.ask(bob, "his question", "Answer to: his question");
      const before = stage.botSaid().length;
      await theatre.ask(ann, "/export", "in private", { writtenOut: true });
      const { name, text } = await ann.receives({ inPrivate: true });
      expect(name).toBe("conversations.md");
      expect(text).toContain("my question");
      expect(text).toContain("Answer to: my question");
      expect(text).not.toContain("his question");
      expect(text).not.toContain("private matter");
      await theatre.ask(bob, "marker", "Answer to: marker");
      const since = stage.botSaid().slice(before);
      expect(since).toHaveLength(2);
      expect(since.map((heard) => heard.text).join()).not.toContain("my question");
      await theatre.ask(ann, "/export all", "what I answered", { inPrivate: true });
      const everything = await ann.receives({ inPrivate: true });
      expect(everything.text).toContain("my private matter");
      expect(everything.text).not.toContain("his question");
    });

    test("/queue and /why name who runs and who waits, and nothing of what they said", async () => {
      const { theatre, claude, ann, bob, carol } = await play({ strategy: "shared" });
      expect((await theatre.ask(carol, "/queue", /./)).text).toContain("Nobody waits");
      const gate = claude.hold();
      await ann.says("a secret plan");
      await claude.waitForInFlight(1);
      await theatre.taking(2, async () => {
        await bob.says("a second secret");
        await bob.says("a third secret");
      });
      const queue = await theatre.ask(carol, "/queue", "I am answering Ann");
      expect(queue.text).toMatch(/1\. Bob \(2 messages\)/);
      const bobs = await theatre.ask(bob, "/why", "Strategy:");
      expect(bobs.text).toMatch(/Running:\W+the answer to Ann/);
      expect(bobs.text).toMatch(/Ahead of you:\W+nobody; you wait/);
      expect(bobs.text).toContain("which others write into as well");
      await theatre.taking(1, () => carol.says("a fourth secret"));
      const carols = await theatre.ask(carol, "/why", "Strategy:");
      expect(carols.text).toMatch(/Ahead of you:\W+Bob; you wait/);
      expect(carols.text).toMatch(new RegExp(`agent:main:${theatre.stage.platform}:`));
      const own = await theatre.ask(ann, "/queue", "I am answering you");
      for (const { text } of [queue, bobs, carols, own]) expect(text).not.toContain("secret");
      gate.release();
      await carol.hears("Answer to: a fourth secret");
      expect((await theatre.ask(carol, "/why", "Strategy:")).text).toMatch(/Running:\W+nothing/);
    });

    test("/settings shows each value with the level it comes from, and what the agent is told to admins alone", async () => {
      const { theatre, ann, bob } = await play({ strategy: "shared", settings: { extraPrompt: "Be brief." } });
      await theatre.owner(ann);
      const all = (await theatre.ask(bob, "/settings", "chatRunsPerDay")).text;
      expect(all).toMatch(/busy\W+collect\W+the default/);
      expect(all).toMatch(/extraPrompt\W+a text of 9 characters/);
      await theatre.ask(ann, "/settings busy steer --platform", "on this platform");
      await theatre.ask(ann, "/settings threads shared", "in this chat");
      await theatre.ask(ann, "/settings extraPrompt Talk like a pirate.", "in this chat");
      const now = (await theatre.ask(bob, "/settings", "chatRunsPerDay")).text;
      expect(now).toMatch(/busy\W+steer\W+set for the platform/);
      expect(now).toMatch(/threads\W+shared\W+set for the chat/);
      expect(now).toMatch(/extraPrompt\W+a text of 19 characters\W+set for the chat/);
      expect((await theatre.ask(bob, "/settings extraPrompt", "extraPrompt:")).text).not.toContain("pirate");
      expect((await theatre.ask(ann, "/settings extraPrompt", "extraPrompt:")).text).toContain("pirate");
      // What the agent is told is prose: dashes in it are no flags.
      const prose = "Say – at once -- what --platform and  --confirm do to people.";
      await theatre.ask(ann, `/settings extraPrompt ${prose}`, "in this chat", { writtenOut: true });
      await theatre.ask(ann, "what is it?", "Answer to: what is it?");
      expect(promptOf(theatre.claude.requests.at(-1) as never)).toContain(prose);
      await theatre.ask(ann, "/settings busy collect", "in this chat");
      expect((await theatre.ask(bob, "/settings busy", "busy:")).text).toMatch(/collect\W+set for the chat/);
      await theatre.ask(ann, "/settings busy reset", "not set in this chat");
      expect((await theatre.ask(bob, "/settings busy", "busy:")).text).toMatch(/steer\W+set for the platform/);
    });
  });
}
