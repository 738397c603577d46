import { beforeEach, describe, expect, test } from "vitest";
import { commands } from "../../gateway/commands/index.ts";
import { lastUserText } from "../fakes/anthropic/request.ts";
import type { FakeChannel } from "../fakes/discord/fake-channel.ts";
import type { FakeDiscord } from "../fakes/discord/fake-discord.ts";
import type { SentMessage, WireUser } from "../fakes/discord/posted.ts";
import { DiscordStage } from "./stage/discord-stage.ts";
import { promptOf, Theatre, type TheatreOptions } from "./stage/theatre.ts";

/** Slash commands, as people in channels, direct messages and groups of them use them. */
describe("Discord's commands", () => {
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
    theatre = await Theatre.open(stage, { strategy: "per-user", ...options });
    theatre.claude.respond(
      ({ body }) =>
        `Answer to: ${lastUserText(body)
          .replace(/<[^>]*>/g, "")
          .trim()}`,
    );
    await discord.until(() => discord.commands.length > 0);
  }

  const ask = (user: WireUser, channel: FakeChannel, question: string, more = {}) =>
    discord.command(user, channel, "ask", { question, ...more });
  const said = (call: { text: string | undefined }, wanted: string) =>
    discord.until(() => call.text?.includes(wanted) === true);

  test("are registered once, with their choices, and not again by a restart", async () => {
    await open();
    const names = ["ask", ...commands.map(({ name }) => name)];
    expect(discord.commands.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    const strategy = discord.commands.find(({ name }) => name === "strategy");
    expect(JSON.stringify(strategy?.options)).toContain("tagged-hybrid");
    const asking = discord.commands.find(({ name }) => name === "ask");
    expect(asking).toMatchObject({ integration_types: [0, 1], contexts: [0, 1, 2] });
    const writes = discord.commandWrites;
    await theatre.restart();
    general.post(alice, `<@${discord.bot.id}> marker`);
    await discord.waitFor("marker");
    expect(discord.commandWrites).toBe(writes);
  });

  test("/ask is answered in the channel for everybody, and in private where it is asked so", async () => {
    await open();
    const open_ = ask(alice, general, "how high is it?");
    await said(open_, "Answer to: how high is it?");
    expect(open_.ephemeral).toBe(false);
    const hidden = ask(bob, general, "and secretly?", { private: true });
    await said(hidden, "Answer to: and secretly?");
    expect(hidden.ephemeral).toBe(true);
    expect(JSON.stringify(discord.visible(general))).not.toContain("secretly");
  });

  test("a private /ask stays out of the conversation that the channel shares", async () => {
    await open({ strategy: "shared" });
    await said(ask(bob, general, "my secret is pears", { private: true }), "pears");
    await said(ask(alice, general, "what do you know?"), "what do you know");
    expect(promptOf(theatre.claude.requests[1] as never)).not.toContain("pears");
  });

  test("/status, /help and /strategy are seen by their asker alone", async () => {
    await open();
    for (const [name, wanted] of [
      ["status", `agent:main:discord:channel:${general.id}:user:${alice.id}`],
      ["help", "/stop"],
      ["strategy", "per-user"],
    ] as const) {
      const call = discord.command(alice, general, name);
      await said(call, wanted);
      expect(call.ephemeral).toBe(true);
    }
  });

  test("/strategy changes the channel for an admin of it, and for nobody else", async () => {
    await open();
    const refused = discord.command(bob, general, "strategy", { name: "shared" });
    await said(refused, "Only an admin");
    stage.guild.grant(alice, "ManageChannels");
    const asked = discord.command(alice, general, "strategy", { name: "shared" });
    await said(asked, "Nothing is changed yet");
    expect(asked.ephemeral).toBe(true);
    await said(discord.picks(alice, asked.response as SentMessage, "Confirm"), "From the next message on");
    await said(ask(alice, general, "the apple question"), "apple");
    await said(ask(bob, general, "the banana question"), "banana");
    expect(promptOf(theatre.claude.requests[1] as never)).toContain("the apple question");
  });

  test("/ask under per-thread opens a thread with the answer inside, where others go on", async () => {
    await open({ strategy: "per-thread" });
    const call = ask(alice, general, "plan a trip");
    const answer = await discord.waitFor("Answer to: plan a trip");
    const thread = discord.channel(answer.channelId);
    expect(general.threads.map(({ id }) => id)).toEqual([thread.id]);
    expect(call.text).toContain("> plan a trip");
    thread.post(bob, "by train please");
    expect(await discord.waitFor("by train")).toMatchObject({ channelId: thread.id });
    expect(promptOf(theatre.claude.requests[1] as never)).toContain("plan a trip");
  });

  test("two questions that wait get an answer each", async () => {
    await open();
    const gate = theatre.claude.hold();
    const first = ask(alice, general, "zero");
    await theatre.claude.waitForInFlight(1);
    const second = ask(alice, general, "one");
    await second.acknowledged;
    const third = ask(alice, general, "two");
    await third.acknowledged;
    gate.release();
    await said(first, "Answer to: zero");
    await said(second, "Answer to: one");
    await said(third, "Answer to: two");
  });

  test("a private question is not answered in the channel with what its asker says there", async () => {
    await open();
    const gate = theatre.claude.hold();
    general.post(alice, `<@${discord.bot.id}> first`);
    await theatre.claude.waitForInFlight(1);
    const secret = ask(alice, general, "my secret salary", { private: true });
    await secret.acknowledged;
    general.post(alice, `<@${discord.bot.id}> and the weather`);
    gate.release();
    await said(secret, "Answer to: my secret salary");
    await discord.waitFor("and the weather");
    expect(JSON.stringify(discord.visible(general))).not.toContain("secret");
    await said(discord.command(alice, general, "new"), "in private here is forgotten");
    const anew = ask(alice, general, "what was it?", { private: true });
    await said(anew, "what was it?");
    expect(promptOf(theatre.claude.requests.at(-1) as never)).not.toContain("salary");
  });

  test("/stop ends what was asked with a command, and the command says so", async () => {
    await open();
    theatre.claude.hold();
    const running = ask(alice, general, "never mind");
    await theatre.claude.waitForInFlight(1);
    const waiting = ask(alice, general, "nor this");
    await waiting.acknowledged;
    await said(discord.command(alice, general, "stop"), "Stopped.");
    await said(running, "Stopped.");
    await said(waiting, "Stopped.");
    expect(theatre.claude.requests).toHaveLength(1);
  });

  test("an admin's /stop all tells those who asked with a command where their answer was to come", async () => {
    await open({ strategy: "per-thread" });
    stage.guild.grant(alice, "ManageChannels");
    theatre.claude.hold();
    ask(bob, general, "the long one");
    await theatre.claude.waitForInFlight(1);
    await said(discord.command(alice, general, "stop", { what: "all" }), "Stopped.");
    const told = await discord.waitFor("(Stopped.)");
    expect(general.threads.map(({ id }) => id)).toEqual([told.channelId]);
  });

  test("/new for all to read says nothing of what was asked in private", async () => {
    await open({ strategy: "shared" });
    await said(ask(bob, general, "my secret is pears", { private: true }), "pears");
    general.post(bob, `<@${discord.bot.id}> /new`);
    expect((await discord.waitFor("belongs to everybody")).text).not.toContain("private");
  });

  test("a group of direct messages is a chat like any other, with its strategy and sessions", async () => {
    await open({ strategy: "shared" });
    const group = discord.groupDm("Trip", [alice, bob]);
    await said(ask(alice, group, "remember apples"), "apples");
    await said(ask(bob, group, "what was it?"), "what was it");
    expect(promptOf(theatre.claude.requests[1] as never)).toContain("remember apples");
    const status = discord.command(bob, group, "status");
    await said(status, `agent:main:discord:group:${group.id}`);
  });

  test("an answer that comes after Discord takes none any more is a message, and a private one stays private", async () => {
    await open();
    const gate = theatre.claude.hold();
    const late = ask(alice, general, "slowly");
    const secret = ask(bob, general, "secretly", { private: true });
    await theatre.claude.waitForInFlight(2);
    late.expire();
    secret.expire();
    gate.release();
    expect(await discord.waitFor("Answer to: slowly")).toMatchObject({ channelId: general.id });
    expect(await discord.waitFor("Answer to: secretly")).toMatchObject({ channelId: discord.dm(bob).id });
  });

  test("whoever has no access is told so, to themselves, every time", async () => {
    await open({ env: { PARLEY_ACCESS: "allowlist" } });
    for (let i = 0; i < 2; i++) {
      const call = ask(alice, general, "let me in");
      await discord.until(() => call.text !== undefined);
      expect(call.ephemeral).toBe(true);
      expect(call.text).toContain(alice.id);
    }
    expect(theatre.claude.requests).toHaveLength(0);
  });

  test("a server is let in as a whole, with every channel that it has or gets", async () => {
    await open({ env: { PARLEY_ACCESS: "pairing" } });
    const olga = discord.user("Olga");
    await said(discord.command(olga, discord.dm(olga), "claim", { code: theatre.claimCode ?? "" }), "You are an owner");
    general.post(alice, `<@${discord.bot.id}> hello`);
    const [code = ""] = /\S{4}-\S{4}/.exec((await discord.waitFor("/pair approve")).text) ?? [];
    const approving = { what: "approve", code, how: "--server" };
    await said(discord.command(olga, discord.dm(olga), "pair", approving), "Let in");
    await discord.waitFor("You are let in");
    stage.guild.text("later").post(bob, `<@${discord.bot.id}> here as well?`);
    await discord.waitFor(/Answer to: .*here as well/);
    discord.dm(bob).post(bob, "and in private?");
    await discord.waitFor("I do not know you yet");
    expect(theatre.claude.requests).toHaveLength(1);
  });

  test("written out, a command is one behind a mention or in private, and a slash elsewhere is text", async () => {
    await open();
    general.post(alice, `<@${discord.bot.id}> /status`);
    await discord.waitFor("Strategy");
    discord.dm(alice).post(alice, "/help");
    await discord.waitFor(({ channelId, text }) => channelId === discord.dm(alice).id && text.includes("/stop"));
    general.post(alice, `<@${discord.bot.id}> what does a/b mean, or /status?`);
    await discord.waitFor("Answer to:");
    expect(theatre.claude.requests).toHaveLength(1);
  });
});
