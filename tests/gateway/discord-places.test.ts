import { beforeEach, describe, expect, test } from "vitest";
import { lastUserText } from "../fakes/anthropic/request.ts";
import { brokenAfter } from "../fakes/anthropic/steps.ts";
import type { FakeChannel } from "../fakes/discord/fake-channel.ts";
import type { FakeDiscord } from "../fakes/discord/fake-discord.ts";
import type { WireUser } from "../fakes/discord/posted.ts";
import { DiscordStage } from "./stage/discord-stage.ts";
import { promptOf, Theatre, type TheatreOptions } from "./stage/theatre.ts";

/** What only Discord has: threads that grow out of messages, forums, drafts, connections that break. */
describe("Discord", () => {
  let stage: DiscordStage;
  let theatre: Theatre;
  let discord: FakeDiscord;
  let general: FakeChannel;
  let alice: WireUser;
  let bob: WireUser;

  beforeEach(async () => {
    stage = await DiscordStage.open();
    ({ discord, channel: general } = stage);
    alice = discord.user("Alice");
    bob = discord.user("Bob");
  });

  async function open(options: TheatreOptions = {}): Promise<void> {
    theatre = await Theatre.open(stage, { strategy: "per-thread", ...options });
    theatre.claude.respond(({ body }) => `Answer to: ${words(lastUserText(body))}`);
  }

  const words = (spoken: string) => spoken.replace(/<[^>]*>|@\w+/g, "").trim();
  const ask = (text: string) => `<@${discord.bot.id}> ${text}`;
  const prompts = () => theatre.claude.requests.map(promptOf);
  const texts = () => discord.sent.map(({ text }) => text);

  describe("per-thread", () => {
    test("two people in one channel have two threads and two runs at once; what follows inside needs no mention", async () => {
      await open();
      const gate = theatre.claude.hold();
      const apple = general.post(alice, ask("the apple question"));
      const banana = general.post(bob, ask("the banana question"));
      await theatre.claude.waitForInFlight(2);
      gate.release();
      expect(await discord.waitFor("apple")).toMatchObject({ channelId: apple.id });
      expect(await discord.waitFor("banana")).toMatchObject({ channelId: banana.id });
      expect(discord.channel(apple.id).name).toBe("the apple question");
      discord.channel(apple.id).post(bob, "and the core?");
      expect(await discord.waitFor("and the core")).toMatchObject({ channelId: apple.id });
      discord.channel(banana.id).post(bob, "and the peel?");
      await discord.waitFor("and the peel");
      const [, , core, peel] = prompts();
      expect(core).toContain("the apple question");
      expect(core).not.toContain("banana");
      expect(peel).toContain("the banana question");
      expect(peel).not.toContain("apple");
      expect(core).toContain(`from=\\"${bob.id}\\"`);
    });

    test("the thread's name is the question's first words, on one line and within a hundred characters", async () => {
      await open();
      const asked = general.post(alice, ask(`why\n\n  is **${"the sky so very blue ".repeat(20)}`));
      await discord.waitFor("why");
      const { name } = discord.channel(asked.id);
      expect(name.startsWith("why is")).toBe(true);
      expect(name).not.toMatch(/[\n@]/);
      expect(Array.from(name).length).toBeLessThanOrEqual(100);
    });

    test("a thread that the message has already is used, and the message's second event changes nothing", async () => {
      await open();
      const gate = theatre.claude.hold();
      const asked = general.post(alice, ask("once"));
      await theatre.claude.waitForInFlight(1);
      discord.redeliver(asked, 3);
      gate.release();
      await discord.waitFor("once");
      discord.redeliver(asked);
      await theatre.restart();
      const early = general.post(bob, ask("twice"));
      expect(await discord.waitFor("twice")).toMatchObject({ channelId: early.id });
      expect(texts()).toEqual(["Answer to: once", "Answer to: twice"]);
      expect(theatre.claude.requests).toHaveLength(2);
    });

    test("somebody may be quicker in opening the thread", async () => {
      await open();
      discord.fail("POST /channels/:channel/messages/:message/threads", { status: 500, after: "lost" });
      const asked = general.post(alice, ask("hello"));
      expect(await discord.waitFor("hello")).toMatchObject({ channelId: asked.id });
      expect(general.threads).toHaveLength(1);
    });

    test("where the bot may not open threads it answers in place, says why once, and replies go on with it", async () => {
      await open();
      stage.guild.deny(general, "CreatePublicThreads");
      general.post(alice, ask("plan a trip"));
      const answer = await discord.waitFor("plan a trip");
      expect(answer.channelId).toBe(general.id);
      general.post(bob, ask("something else"));
      await discord.waitFor("something else");
      general.post(bob, "by train please", { replyTo: answer.message });
      await discord.waitFor("by train");
      expect(prompts().at(-1)).toContain("plan a trip");
      expect(texts().filter((text) => text.includes("right to open threads"))).toHaveLength(1);
    });

    test("a thread that somebody opens from the bot's answer goes on with its conversation", async () => {
      await open();
      stage.guild.deny(general, "CreatePublicThreads");
      general.post(alice, ask("plan a trip"));
      const answer = await discord.waitFor("plan a trip");
      // Sent in order: what follows shows that the answer has been noted as sent.
      general.post(alice, ask("marker"));
      await discord.waitFor("marker");
      const thread = general.openThread(bob, "trip", { from: answer.message });
      thread.post(bob, "by train please");
      expect(await discord.waitFor("by train")).toMatchObject({ channelId: thread.id });
      expect(prompts().at(-1)).toContain("plan a trip");
    });

    test.each([
      ["deleted", (thread: FakeChannel) => thread.remove()],
      ["put away and locked", (thread: FakeChannel) => thread.archive({ locked: true })],
    ])("a thread that was %s before its answer came: the answer stands where the question does", async (_, undo) => {
      await open();
      stage.guild.deny(general, "ManageThreads");
      const gate = theatre.claude.hold();
      const asked = general.post(alice, ask("where are you?"));
      await theatre.claude.waitForInFlight(1);
      undo(discord.channel(asked.id));
      gate.release();
      const answer = await discord.waitFor("Answer to: where are you?");
      expect(answer).toMatchObject({ channelId: general.id, replyTo: asked.id });
      await discord.waitFor("gone or locked");
      expect(texts().filter((text) => text.includes("where are you"))).toHaveLength(1);
      general.post(bob, "and now?", { replyTo: answer.message });
      expect(await discord.waitFor("and now?")).toMatchObject({ channelId: general.id });
      expect(prompts().at(-1)).toContain("where are you?");
    });

    test("where the bot may open threads but not write in them, it answers in place and says so once", async () => {
      await open();
      stage.guild.deny(general, "SendMessagesInThreads");
      for (const question of ["one", "two"]) {
        general.post(alice, ask(question));
        expect(await discord.waitFor(`Answer to: ${question}`)).toMatchObject({ channelId: general.id });
      }
      expect(texts().filter((text) => text.includes("may not write there"))).toHaveLength(1);
    });

    test("a thread that was put away comes back with the answer", async () => {
      await open();
      const asked = general.post(alice, ask("one"));
      await discord.waitFor("one");
      const thread = discord.channel(asked.id);
      const gate = theatre.claude.hold();
      thread.post(bob, "two");
      await theatre.claude.waitForInFlight(1);
      thread.archive();
      gate.release();
      expect(await discord.waitFor("two")).toMatchObject({ channelId: asked.id });
      expect(thread.archived).toBe(false);
    });

    test("a question from inside a thread that is gone fails visibly for operators and shows nowhere else", async () => {
      await open({ strategy: "shared" });
      const thread = general.openThread(alice, "secret", { private: true });
      thread.invite(discord.bot);
      const gate = theatre.claude.hold();
      thread.post(alice, ask("quietly"));
      await theatre.claude.waitForInFlight(1);
      thread.remove();
      gate.release();
      general.post(bob, ask("loudly"));
      await discord.waitFor("loudly");
      await expect
        .poll(() => theatre.logged.some((line) => line.includes("a delivery is parked")), { timeout: 10_000 })
        .toBe(true);
      expect(texts().join()).not.toContain("quietly");
      const metrics = await (await fetch(`${theatre.gateway.url}/metrics`)).text();
      expect(metrics).toContain('parley_deliveries_failed_total{platform="discord",code="thread-gone"} 1');
    });

    test("a forum's post is one conversation: its opening asks, and nobody in it has to name the bot again", async () => {
      await open();
      const forum = stage.guild.forum("help");
      const post = forum.openPost(alice, "Printer", ask("it jams"));
      expect(await discord.waitFor("it jams")).toMatchObject({ channelId: post.id });
      post.post(bob, "mine too");
      expect(await discord.waitFor("mine too")).toMatchObject({ channelId: post.id });
      expect(prompts()[1]).toContain("it jams");
      const quiet = forum.openPost(bob, "Chatter", "not for the bot");
      quiet.post(alice, "me neither");
      general.post(alice, ask("marker"));
      await discord.waitFor("marker");
      expect(theatre.claude.requests).toHaveLength(3);
    });

    test("announcement channels get threads as well, and voice channels answers in place", async () => {
      await open();
      const news = stage.guild.announcement("news");
      const voice = stage.guild.voice("Lounge");
      const asked = news.post(alice, ask("in the news"));
      expect(await discord.waitFor("in the news")).toMatchObject({ channelId: asked.id });
      voice.post(alice, ask("in the lounge"));
      expect(await discord.waitFor("in the lounge")).toMatchObject({ channelId: voice.id });
    });
  });

  describe("messages", () => {
    test("everyone is not the bot, an address is no mention, its role and a reply without a ping are", async () => {
      await open({ strategy: "shared" });
      general.post(alice, "@everyone lunch?");
      general.post(alice, "mail parley@example.org or @Parley-x");
      general.post(alice, `<@&${stage.guild.botRole.id}> by role`);
      const answer = await discord.waitFor("by role");
      general.post(bob, "by reply", { replyTo: answer.message, ping: false });
      await discord.waitFor("by reply");
      expect(theatre.claude.requests).toHaveLength(2);
    });

    test("other bots and webhooks are not answered", async () => {
      await open({ strategy: "shared" });
      general.post(discord.user("Other", { bot: true }), ask("beep"));
      general.post(alice, ask("hooked"), { webhook: true });
      general.post(bob, ask("marker"));
      await discord.waitFor("marker");
      expect(theatre.claude.requests).toHaveLength(1);
    });

    test("what a waiting message replies to, forwards, asks in a poll or attaches reaches the agent", async () => {
      await open({ strategy: "shared" });
      const remark = general.post(bob, "the cellar is flooded");
      const gate = theatre.claude.hold();
      general.post(alice, ask("first"));
      await theatre.claude.waitForInFlight(1);
      general.post(alice, ask("what about this?"), { replyTo: remark });
      general.post(alice, ask("and my picture"), {
        attachments: [{ name: "cat.png", mimeType: "image/png", spoiler: true }],
      });
      gate.release();
      await discord.waitFor("and my picture");
      const dm = discord.dm(bob);
      dm.post(bob, "", { forward: remark });
      await discord.waitFor(({ channelId, text }) => channelId === dm.id && text.includes("flooded"));
      const waited = prompts()[1] ?? "";
      expect(waited).toContain(`<quoted from=\\"${bob.id}\\"`);
      expect(waited).toContain("the cellar is flooded");
      expect(waited).toMatch(/cat\.png/);
      expect(waited).toContain("spoiler");
    });

    test("an edit of a waiting message replaces it, a resolved link does not, and a deleted one is dropped", async () => {
      await open({ strategy: "shared" });
      const gate = theatre.claude.hold();
      const first = general.post(alice, ask("first"));
      await theatre.claude.waitForInFlight(1);
      const waiting = general.post(bob, ask("wrnog"));
      general.edit(waiting, ask("right"));
      general.touch(waiting);
      const carol = discord.user("Carol");
      const regretted = general.post(carol, ask("never mind"));
      general.delete(regretted);
      general.touch(first);
      gate.release();
      await discord.waitFor("Answer to: right");
      general.edit(first, ask("changed afterwards"));
      general.post(carol, ask("marker"));
      await discord.waitFor("marker");
      expect(prompts().join()).not.toMatch(/wrnog|never mind|changed afterwards/);
      expect(theatre.claude.requests).toHaveLength(3);
    });

    test("an answer pings nobody, whatever is in it, and quotes its question", async () => {
      await open({ strategy: "shared" });
      theatre.claude.respond(() => `@everyone <@${bob.id}> <@&${stage.guild.botRole.id}> look`);
      const asked = general.post(alice, ask("whom?"));
      const { message, replyTo } = await discord.waitFor("look");
      expect(replyTo).toBe(asked.id);
      expect(message.mentions).toEqual([]);
      expect(message.mention_everyone).toBe(false);
      expect(message.mention_roles).toEqual([]);
    });

    test("typing is shown while a run is on, where the question stands", async () => {
      await open({ strategy: "shared" });
      const gate = theatre.claude.hold();
      general.post(alice, ask("slow one"));
      const call = await discord.waitForCall("POST /channels/:channel/typing");
      expect(call.path).toContain(general.id);
      gate.release();
      await discord.waitFor("slow one");
    });

    test("2,001 characters that end inside a code block are two messages with a fence each, and the code comes whole", async () => {
      await open({ strategy: "shared" });
      const lines = Array.from({ length: 220 }, (_, i) => `let x${i} = ${i};`);
      theatre.claude.respond(() => `Look:\n\n\`\`\`ts\n${lines.join("\n")}\n\`\`\`\n\nDone.`);
      general.post(alice, ask("code please"));
      const last = await discord.waitFor("Done.");
      const parts = discord.sent.map(({ text }) => text);
      expect(parts.length).toBeGreaterThan(1);
      for (const part of parts) {
        expect(part.length).toBeLessThanOrEqual(2_000);
        expect((part.match(/```/g) ?? []).length % 2).toBe(0);
      }
      for (const line of lines) expect(parts.join("\n")).toContain(line);
      expect(last.files).toMatchObject([{ text: expect.stringContaining(lines.join("\n")) }]);
    });
  });

  describe("a draft", () => {
    const story = Array.from({ length: 60 }, (_, i) => `word${i}`).join(" ");

    test("shows the answer as it grows and ends as the exact text, in one message", async () => {
      await open({ strategy: "shared" });
      theatre.claude.respond(() => story);
      const gate = theatre.claude.hold({ afterDeltas: 20 });
      const asked = general.post(alice, ask("tell me"));
      const shown = await discord.waitFor("word19");
      expect(shown.text).not.toContain("word20");
      gate.release();
      await discord.waitFor("word59");
      expect(texts()).toEqual([story]);
      expect(discord.sent[0]).toMatchObject({ replyTo: asked.id });
    });

    test("of a stream that fails and is begun anew ends as the new text", async () => {
      await open({ strategy: "shared" });
      const gate = theatre.claude.hold({ afterDeltas: 3 });
      theatre.claude.script(brokenAfter(4, "overloaded_error", "these words are never final words"));
      general.post(alice, ask("tell me"));
      await discord.waitFor("these words are");
      gate.release();
      await discord.waitFor("Answer to: tell me");
      expect(texts()).toEqual(["Answer to: tell me"]);
    });

    test("is taken back when its asker stops it", async () => {
      await open({ strategy: "shared" });
      theatre.claude.respond(() => story);
      theatre.claude.hold({ afterDeltas: 20 });
      general.post(alice, ask("tell me"));
      await discord.waitFor("word19");
      const call = discord.command(alice, general, "stop");
      await discord.until(() => call.text?.includes("Stopped") === true && discord.visible(general).length === 1);
      expect(texts().join()).not.toContain("word");
    });

    test("whose last edit is asked to wait ends as the final text all the same", async () => {
      await open({ strategy: "shared" });
      theatre.claude.respond(() => story);
      const gate = theatre.claude.hold({ afterDeltas: 20 });
      general.post(alice, ask("tell me"));
      await discord.waitFor("word19");
      discord.fail("PATCH /channels/:channel/messages/:message", { status: 429, retryAfterMs: 200, times: 2 });
      gate.release();
      await discord.waitFor("word59");
      expect(texts()).toEqual([story]);
    });
  });

  describe("a connection that breaks", () => {
    test("while five people write: five answers, once each", async () => {
      await open({ strategy: "per-user" });
      discord.gateway.leave();
      const people = Array.from({ length: 5 }, (_, i) => discord.user(`Person ${i}`));
      for (const [i, person] of people.entries()) general.post(person, ask(`question ${i}`));
      discord.gateway.back();
      for (const i of people.keys()) await discord.waitFor(`Answer to: question ${i}`);
      general.post(alice, ask("marker"));
      await discord.waitFor("marker");
      expect(texts().toSorted()).toEqual(["Answer to: marker", ...people.map((_, i) => `Answer to: question ${i}`)]);
    });

    test("what was written while the gateway was away is answered after its start, and old news is not", async () => {
      await open({ strategy: "per-user", settings: { maxAgeMs: 60 * 60 * 1000 } });
      general.post(alice, ask("before"));
      await discord.waitFor("before");
      const dm = discord.dm(alice);
      dm.post(alice, "in private");
      await discord.waitFor("in private");
      await theatre.gateway.stop();
      general.post(bob, ask("meanwhile"));
      dm.post(alice, "and privately");
      await theatre.rise();
      await discord.waitFor("Answer to: meanwhile");
      await discord.waitFor("Answer to: and privately");
      expect(theatre.claude.requests).toHaveLength(4);
    });
  });
});
