import { Routes } from "discord.js";
import { describe, expect, it } from "vitest";
import { DiscordApi } from "../../../adapters/discord/client.ts";
import type { InboundMessage } from "../../../adapters/record.ts";
import type { FakeChannel } from "../../fakes/discord/fake-channel.ts";
import { chunk, gate, never, place, Stage } from "./gateway.ts";

const DEFERRED = 5;
const SAID = 4;
const CALLBACK = "POST /interactions/:id/:token/callback";
const ORIGINAL = "PATCH /webhooks/:application/:token/messages/:message";

async function staged(options: Parameters<Stage["started"]>[0] = {}) {
  const stage = await Stage.open();
  const { discord, gateway } = stage;
  const team = discord.guild("Team");
  const general = team.text("general");
  const adapter = await stage.started(options);
  await adapter.registerCommands?.([
    { name: "new", description: "Start over." },
    {
      name: "strategy",
      description: "How conversations are kept apart.",
      options: [
        { name: "name", description: "Which.", choices: [{ value: "per-user", description: "one for each person" }] },
        { name: "fresh", description: "How.", choices: [{ value: "--fresh", description: "empty" }] },
      ],
    },
  ]);
  const alice = discord.user("Alice");
  /** The answer to a message, as the gateway sends it. */
  const answer = (
    { source, replyToken }: InboundMessage,
    text: string,
    more: Partial<Parameters<typeof chunk>[2]> = {},
  ) =>
    adapter.send(
      chunk(place(source.chat.id, source.thread?.id), text, {
        replyTo: source.messageId,
        ...(replyToken !== undefined && { replyToken }),
        ...more,
      }),
      never,
    );
  const ask = async (channel: FakeChannel, options: Record<string, string | boolean> = {}) => {
    const interaction = discord.command(alice, channel, "ask", { question: "What is this?", ...options });
    const message = await gateway.handedOver.waitFor(({ source }) => source.messageId === interaction.id);
    return { interaction, message };
  };
  return { ...stage, stage, discord, gateway, team, general, adapter, alice, answer, ask };
}

describe("a command", () => {
  it("is acknowledged only once it is committed, and its response becomes the answer", async () => {
    const { discord, gateway, general, ask, answer } = await staged();
    const disk = gate();
    gateway.commit = () => disk.passed;
    const { interaction, message } = await ask(general);
    expect(interaction.state).toBe("waiting");
    disk.open();
    expect(await interaction.acknowledged).toBe(DEFERRED);
    expect(message).toMatchObject({ text: "What is this?", addressed: true, source: { chat: { id: general.id } } });
    const id = await answer(message, "This is a test.");
    expect(interaction).toMatchObject({ text: "This is a test.", ephemeral: false, state: "answered" });
    expect(discord.visible(general).map((each) => each.id)).toContain(id);
  });

  it("other than /ask is a command with its options in order, answered for the asker alone", async () => {
    const { discord, gateway, general, alice, answer } = await staged();
    const interaction = discord.command(alice, general, "strategy", { fresh: "--fresh", name: "per-user" });
    const message = await gateway.messages.waitFor(({ command }) => command?.name === "strategy");
    expect(message.command).toEqual({ name: "strategy", args: "per-user --fresh" });
    await answer(message, "Done.");
    expect(interaction).toMatchObject({ text: "Done.", ephemeral: true });
  });

  it("that nobody will answer is told so at once, to its user alone", async () => {
    const { gateway, general, alice, ask } = await staged();
    gateway.answers = () => false;
    const { interaction } = await ask(general);
    expect(await interaction.acknowledged).toBe(SAID);
    expect(interaction).toMatchObject({ text: expect.stringContaining(`\`discord:${alice.id}\``), ephemeral: true });
  });

  it("that is not taken is told so at once, and does not come again", async () => {
    const { gateway, general, ask } = await staged();
    gateway.commit = async () => {
      throw new Error("the disk is full");
    };
    const { interaction } = await ask(general);
    expect(await interaction.acknowledged).toBe(SAID);
    expect(interaction.text).toContain("Please try again in a minute");
    expect(gateway.handedOver.all).toHaveLength(1);
  });

  it("that asks nothing is told so", async () => {
    const { discord, gateway, general, alice } = await staged();
    const interaction = discord.command(alice, general, "ask", { question: "  " });
    expect(await interaction.acknowledged).toBe(SAID);
    expect(interaction).toMatchObject({ ephemeral: true, text: expect.stringContaining("/ask") });
    expect(gateway.handedOver.all).toEqual([]);
  });

  it("in a private chat, a thread and a group DM has its place", async () => {
    const { discord, general, alice, ask } = await staged();
    const thread = general.openThread(alice, "talk");
    const group = discord.groupDm("friends", [alice, discord.user("Bob")]);
    const sources = [];
    for (const channel of [discord.dm(alice), thread, group]) sources.push((await ask(channel)).message.source);
    expect(sources).toMatchObject([
      { chat: { id: discord.dm(alice).id, kind: "dm" } },
      { chat: { id: general.id, kind: "channel" }, thread: { id: thread.id } },
      { chat: { id: group.id, kind: "group" } },
    ]);
  });

  it("waits for no channel that is being caught up", async () => {
    const { stage, discord, gateway, general, adapter, alice } = await staged();
    await adapter.close();
    general.post(alice, "missed");
    const hold = discord.hold(/^GET \/channels\/\d+\/messages$/);
    await stage.started();
    await hold.arrived;
    const interaction = discord.command(alice, general, "ask", { question: "now?" });
    await gateway.said("now?");
    expect(await interaction.acknowledged).toBe(DEFERRED);
    hold.release();
    await gateway.said("missed");
  });
});

describe("the answer to a command", () => {
  it("waits for the acknowledgement that is under way", async () => {
    const { discord, general, ask, answer } = await staged();
    const hold = discord.hold(CALLBACK);
    const { interaction, message } = await ask(general);
    await hold.arrived;
    const answering = answer(message, "At once.");
    hold.release();
    await answering;
    expect(interaction.text).toBe("At once.");
  });

  it("goes on in the channel where it is public, and in follow-ups where it is not", async () => {
    const { discord, general, ask, answer } = await staged();
    const open = await ask(general);
    await answer(open.message, "one");
    await answer(open.message, "two", { index: 1 });
    expect(open.interaction).toMatchObject({ text: "one", followUps: [] });
    expect(discord.visible(general).map(({ content }) => content)).toEqual(["one", "two"]);

    const hidden = await ask(general, { private: true });
    await answer(hidden.message, "secret one");
    await answer(hidden.message, "secret two", { index: 1 });
    expect(hidden.interaction).toMatchObject({ text: "secret one", ephemeral: true });
    expect(hidden.interaction.followUps).toMatchObject([{ text: "secret two", ephemeral: true }]);
    expect(discord.visible(general).map(({ content }) => content)).toEqual(["one", "two"]);
  });

  it("goes on in follow-ups where the bot may not write by itself, and where it is not at all", async () => {
    const { discord, team, general, alice, ask, answer } = await staged();
    team.deny(general, "SendMessages");
    const group = discord.groupDm("friends", [alice, discord.user("Bob")]);
    for (const channel of [general, group]) {
      const { interaction, message } = await ask(channel);
      await answer(message, "one");
      await answer(message, "two", { index: 1 });
      expect(interaction).toMatchObject({ text: "one", followUps: [{ text: "two", ephemeral: false }] });
    }
  });

  it("is shown while it is written, and may be taken back", async () => {
    const { discord, general, adapter, ask, answer } = await staged();
    const { interaction, message } = await ask(general);
    const replaces = await answer(message, "The");
    await answer(message, "The answer", { replaces });
    expect(interaction.response).toMatchObject({ text: "The answer", edits: ["The", "The answer"].slice(-1) });
    const to = place(general.id);
    const draft = chunk(to, "The answer", { replaces, replyToken: message.replyToken });
    await adapter.drafts?.remove({ ...draft, replaces }, never);
    expect(discord.visible(general)).toEqual([]);
    await adapter.drafts?.remove({ ...draft, replaces }, never);
  });

  it("comes as a message that names the asker once the interaction has expired", async () => {
    const { discord, general, alice, ask, answer } = await staged();
    const { interaction, message } = await ask(general);
    await interaction.acknowledged;
    interaction.expire();
    await answer(message, "Late.");
    await answer(message, "More.", { index: 1 });
    expect(discord.sent.slice(-2).map(({ text, channelId }) => [text, channelId])).toEqual([
      [`<@${alice.id}> Late.`, general.id],
      ["More.", general.id],
    ]);
  });

  it("asks Discord no more after fifteen minutes", async () => {
    let now = Date.now();
    const { discord, general, alice, ask, answer } = await staged({ now: () => now });
    const { interaction, message } = await ask(general);
    await interaction.acknowledged;
    now += 16 * 60_000;
    await answer(message, "Late.");
    expect(discord.sent.at(-1)?.text).toBe(`<@${alice.id}> Late.`);
    expect(discord.calls.some(({ path }) => path.startsWith("/webhooks/"))).toBe(false);
  });

  it("that is too long for the name goes without it", async () => {
    const { discord, general, ask, answer } = await staged();
    const { interaction, message } = await ask(general);
    await interaction.acknowledged;
    interaction.expire();
    await answer(message, "x".repeat(2_000));
    expect(discord.sent.at(-1)?.text).toHaveLength(2_000);
  });

  it.each([
    ["a private answer", { private: true }, (stage: Staged) => stage.general],
    ["an answer in a group DM", {}, (stage: Staged) => stage.discord.groupDm("friends", [stage.alice])],
  ])("%s comes in private once the interaction has expired, never in public", async (_, options, where) => {
    const stage = await staged();
    const { discord, alice, ask, answer } = stage;
    const { interaction, message } = await ask(where(stage), options);
    await interaction.acknowledged;
    interaction.expire();
    await answer(message, "Late.");
    await answer(message, "More.", { index: 1 });
    const dm = discord.dm(alice).id;
    expect(discord.sent.map(({ text, channelId }) => [text, channelId])).toEqual([
      ["Late.", dm],
      ["More.", dm],
    ]);
  });

  it.each([401, 403, 404])("comes as a message where a platform knows no responses and answers %i", async (status) => {
    const { discord, general, alice, ask, answer } = await staged();
    const { interaction, message } = await ask(general);
    await interaction.acknowledged;
    discord.fail(ORIGINAL, { status });
    await answer(message, "All the same.");
    expect(discord.sent).toMatchObject([{ text: `<@${alice.id}> All the same.`, channelId: general.id }]);
  });

  it("of many parts comes in private after five follow-ups where the bot is no member", async () => {
    const { discord, alice, ask, answer } = await staged();
    const group = discord.groupDm("friends", [alice, discord.user("Bob")]);
    const { interaction, message } = await ask(group);
    for (const index of [0, 1, 2, 3, 4, 5, 6, 7]) await answer(message, `part ${index}`, { index });
    expect(interaction.followUps.map(({ text }) => text)).toEqual(["part 1", "part 2", "part 3", "part 4", "part 5"]);
    const dm = discord.dm(alice).id;
    expect(discord.sent.filter(({ channelId }) => channelId === dm).map(({ text }) => text)).toEqual([
      "part 6",
      "part 7",
    ]);
  });

  it("has its files once, however often it is sent", async () => {
    const { discord, general, ask, answer } = await staged();
    const { interaction, message } = await ask(general);
    const files = [{ name: "a.txt", mimeType: "text/plain", text: "A" }];
    discord.fail(ORIGINAL, { after: "lost" });
    await expect(answer(message, "Look.", { files })).rejects.toMatchObject({ code: "temporary" });
    await answer(message, "Look.", { files });
    expect(interaction.response?.files.map(({ name }) => name)).toEqual(["a.txt"]);
  });

  it("that opens no private chat is refused, and says nothing about the chat", async () => {
    const { discord, general, ask, answer } = await staged();
    const { interaction, message } = await ask(general, { private: true });
    await interaction.acknowledged;
    interaction.expire();
    discord.fail("POST /users/@me/channels", { status: 404 });
    await expect(answer(message, "Late.")).rejects.toMatchObject({ code: "refused" });
  });

  it("that can reach its asker nowhere is refused, and says nothing about the chat", async () => {
    const { discord, general, alice, ask, answer } = await staged();
    const { interaction, message } = await ask(general, { private: true });
    await interaction.acknowledged;
    interaction.expire();
    discord.refuseDms(alice);
    await expect(answer(message, "Late.")).rejects.toMatchObject({ name: "SendError", code: "refused" });
    expect(discord.sent).toEqual([]);
  });

  it("finds its way after the acknowledgement failed", async () => {
    const { discord, general, alice, ask, answer } = await staged();
    discord.fail(CALLBACK, { status: 404, code: 10062 });
    const { message } = await ask(general);
    await answer(message, "All the same.");
    expect(discord.sent).toMatchObject([{ text: `<@${alice.id}> All the same.`, channelId: general.id }]);
  });

  it("stands once although the answer to it was lost", async () => {
    const { discord, general, ask, answer } = await staged();
    const { interaction, message } = await ask(general);
    discord.fail(ORIGINAL, { after: "lost" });
    await expect(answer(message, "Hello.")).rejects.toMatchObject({ code: "temporary", uncertain: false });
    await answer(message, "Hello.");
    expect(interaction.text).toBe("Hello.");
    expect(discord.visible(general)).toHaveLength(1);
  });

  it("that goes on in a follow-up may have been taken if its answer was lost", async () => {
    const { discord, general, ask, answer } = await staged();
    const { message } = await ask(general, { private: true });
    await answer(message, "one");
    discord.fail("POST /webhooks/:application/:token", { after: "lost" });
    const sending = answer(message, "two", { index: 1 });
    await expect(sending).rejects.toMatchObject({ code: "temporary", uncertain: true });
  });

  it("holds no token in its errors", async () => {
    const { discord, general, ask, answer } = await staged();
    const { interaction, message } = await ask(general);
    discord.fail(ORIGINAL, { status: 400, code: 50035 });
    const error: unknown = await answer(message, "secret words").catch((each: unknown) => each);
    const everything = `${error} ${JSON.stringify(error)} ${(error as Error).stack} ${String((error as Error).cause)}`;
    expect(everything).not.toContain(interaction.token);
    expect(everything).not.toContain("secret words");
  });
});

describe("commands", () => {
  it("are registered once, and again only when they have changed", async () => {
    const { stage, discord, adapter } = await staged();
    expect(discord.commandWrites).toBe(1);
    expect(discord.commands.map(({ name }) => name)).toEqual(["ask", "new", "strategy"]);
    await adapter.close();
    const next = await stage.started();
    await next.registerCommands?.([{ name: "new", description: "Start over." }]);
    expect(discord.commandWrites).toBe(2);
    await next.registerCommands?.([{ name: "new", description: "Start over." }]);
    expect(discord.commandWrites).toBe(2);
    await next.registerCommands?.([{ name: "new", description: "Begin anew." }]);
    expect(discord.commandWrites).toBe(3);
  });

  it("are registered although nobody can tell which ones there are", async () => {
    const { discord, adapter } = await staged();
    discord.fail("GET /applications/:application/commands", { status: 404 });
    await adapter.registerCommands?.([]);
    expect(discord.commands.map(({ name }) => name)).toEqual(["ask"]);
  });

  it("leave the one that opens an activity alone", async () => {
    const { discord, adapter } = await staged();
    const body = { type: 4, name: "launch", description: "Begin.", handler: 2, contexts: [0, 1] };
    const api = new DiscordApi(discord.token, { apiRoot: discord.apiRoot });
    const route = Routes.applicationCommands(discord.bot.id);
    const launch = await api.call("offering an activity", { method: "POST", route, body });
    api.close();
    const writes = discord.commandWrites;
    await adapter.registerCommands?.([{ name: "help", description: "What I can do." }]);
    await adapter.registerCommands?.([{ name: "help", description: "What I can do." }]);
    expect(discord.commandWrites).toBe(writes + 1);
    expect(discord.commands.map(({ name }) => name)).toEqual(["launch", "ask", "help"]);
    const { version: _, ...kept } = launch as Record<string, unknown>;
    expect(discord.commands[0]).toMatchObject(kept);
  });

  it("may be registered before the bot is connected", async () => {
    const stage = await Stage.open();
    await stage.adapter().registerCommands?.([{ name: "help", description: "What I can do." }]);
    expect(stage.discord.commands.map(({ name }) => name)).toEqual(["ask", "help"]);
  });
});

type Staged = Awaited<ReturnType<typeof staged>>;
