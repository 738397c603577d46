import { once } from "node:events";
import {
  type APIMessage,
  type APIThreadChannel,
  ChannelType,
  Events,
  MessageFlags,
  RateLimitError,
  Routes,
} from "discord.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FakeChannel } from "../../fakes/discord/fake-channel.ts";
import { FakeDiscord } from "../../fakes/discord/fake-discord.ts";
import type { FakeGuild } from "../../fakes/discord/fake-guild.ts";
import type { WireUser } from "../../fakes/discord/posted.ts";
import { codeOf, listen, RawClients } from "./raw-clients.ts";

let discord: FakeDiscord;
let clients: RawClients;
let alice: WireUser;
let guild: FakeGuild;
let general: FakeChannel;
/** The time of the fake: it stands still. */
let now: number;

const send = (to: FakeChannel, body: object) =>
  clients.rest().post(Routes.channelMessages(to.id), { body }) as Promise<APIMessage>;

beforeEach(async () => {
  now = Date.UTC(2026, 10, 22);
  discord = await FakeDiscord.start({ clock: () => now });
  clients = new RawClients(discord);
  alice = discord.user("Alice");
  guild = discord.guild("Team");
  general = guild.text("general");
});

afterEach(async () => {
  await clients.close();
  await discord.close();
});

describe("messages of the bot", () => {
  it("are seen as they are now, with their edits, until they are gone", async () => {
    const question = general.post(alice, "question");
    const message = await send(general, {
      content: "dra",
      message_reference: { message_id: question.id },
      allowed_mentions: { parse: [], replied_user: false },
    });
    expect(message.mentions).toEqual([]);
    await clients.rest().patch(Routes.channelMessage(general.id, message.id), { body: { content: "draft" } });
    expect(await discord.waitFor("draft")).toMatchObject({ replyTo: question.id, edits: ["draft"], ephemeral: false });
    await clients.rest().delete(Routes.channelMessage(general.id, message.id));
    expect(discord.sent).toEqual([]);
    expect(discord.visible(general)).toEqual([question]);
  });

  it("are told to the bot like those of others", async () => {
    const bot = await clients.connected();
    const { until, heard } = listen(bot);
    await send(general, { content: "mine" });
    await until("mine");
    expect(heard[0]?.author.id).toBe(discord.bot.id);
  });

  it("carry files that can be fetched", async () => {
    const files = [{ name: "a.txt", data: Buffer.from("äpfel"), contentType: "text/plain" }];
    await clients.rest().post(Routes.channelMessages(general.id), { body: { content: "see" }, files });
    const [sent] = discord.sent;
    expect(sent?.files).toMatchObject([{ name: "a.txt", mimeType: "text/plain", text: "äpfel" }]);
    const posted = general.post(alice, "", { attachments: [{ name: "b.bin", bytes: new Uint8Array([1, 2]) }] });
    const answer = await fetch(posted.attachments[0]?.url ?? "");
    expect([...new Uint8Array(await answer.arrayBuffer())]).toEqual([1, 2]);
  });

  it("with a nonce that is enforced, the second is the first", async () => {
    const first = await send(general, { content: "one", nonce: "n1", enforce_nonce: true });
    const second = await send(general, { content: "two", nonce: "n1", enforce_nonce: true });
    expect(second).toEqual(first);
    const elsewhere = await send(guild.text("other"), { content: "two", nonce: "n1", enforce_nonce: true });
    expect(elsewhere.id).not.toBe(first.id);
    expect(discord.visible(general)).toHaveLength(1);
  });

  it("hold 2,000 characters and no more", async () => {
    await send(general, { content: "x".repeat(2000) });
    expect(await codeOf(send(general, { content: "x".repeat(2001) }))).toBe(50035);
  });

  it.each([
    ["an empty text", () => send(general, { content: " " }), 50006],
    ["a nonce of 26 characters", () => send(general, { content: "x", nonce: "n".repeat(26) }), 50035],
    ["an unknown channel", () => clients.rest().post(Routes.channelMessages("1"), { body: { content: "x" } }), 10003],
    ["a group DM", () => send(discord.groupDm("pals", [alice]), { content: "x" }), 50001],
    ["a forum", () => send(guild.forum("help"), { content: "x" }), 50008],
    [
      "an unknown message",
      () => clients.rest().patch(Routes.channelMessage(general.id, "1"), { body: { content: "x" } }),
      10008,
    ],
    ["a reply to nothing", () => send(general, { content: "x", message_reference: { message_id: "1" } }), 50035],
    ["a quote from elsewhere", () => send(general, { content: "x", message_reference: quoteOf("other") }), 50035],
    ["a message of somebody else", () => clients.rest().patch(...others()), 50005],
    ["a wrong token", () => clients.rest().setToken("no").post(Routes.channelMessages(general.id), { body: {} }), 0],
  ])("%s is refused", async (_, call, code) => {
    expect(await codeOf(call())).toBe(code);
  });

  const quoteOf = (name: string) => ({ message_id: guild.text(name).post(alice, "x").id, fail_if_not_exists: false });
  const others = () =>
    [Routes.channelMessage(general.id, general.post(alice, "x").id), { body: { content: "y" } }] as const;

  it("quote nothing where the quoted one is gone and may be", async () => {
    const message = general.post(alice, "gone");
    general.delete(message);
    const reference = { message_id: message.id, fail_if_not_exists: false };
    expect(await send(general, { content: "x", message_reference: reference })).not.toHaveProperty("message_reference");
  });

  it("in a DM are refused by who wants none", async () => {
    const dm = (await clients.rest().post(Routes.userChannels(), { body: { recipient_id: alice.id } })) as {
      id: string;
    };
    expect(dm.id).toBe(discord.dm(alice).id);
    discord.refuseDms(alice);
    expect(await codeOf(send(discord.dm(alice), { content: "hi" }))).toBe(50007);
  });

  it("need permissions, which allowances give back", async () => {
    guild.deny(general, "SendMessages", "AttachFiles");
    expect(await codeOf(send(general, { content: "x" }))).toBe(50013);
    guild.allow(general, "SendMessages");
    await send(general, { content: "x" });
    const files = [{ name: "a", data: "x" }];
    expect(await codeOf(clients.rest().post(Routes.channelMessages(general.id), { files }))).toBe(50013);
    guild.deny(general, "ReadMessageHistory");
    const quote = { message_id: general.post(alice, "x").id };
    expect(await codeOf(send(general, { content: "x", message_reference: quote }))).toBe(160002);
    guild.deny(general, "ViewChannel");
    expect(await codeOf(send(general, { content: "x" }))).toBe(50001);
  });
});

describe("messages of people", () => {
  it("carry whom they notify, what they quote, and what is attached", () => {
    const mine = general.post(discord.bot, "mine");
    const role = guild.botRole.id;
    expect(general.post(alice, `<@&${role}> @here`)).toMatchObject({ mention_roles: [role], mention_everyone: true });
    const reply = { type: 19, referenced_message: { id: mine.id } };
    expect(general.post(alice, "r", { replyTo: mine })).toMatchObject({ ...reply, mentions: [{ id: discord.bot.id }] });
    expect(general.post(alice, "r", { replyTo: mine, ping: false })).toMatchObject({ ...reply, mentions: [] });
    const poll = general.post(alice, "", { stickers: ["Wave"], poll: { question: "Tea?", answers: ["yes", "no"] } });
    expect(poll).toMatchObject({ poll: { question: { text: "Tea?" } }, sticker_items: [{ name: "Wave" }] });
    const forward = general.post(alice, "", { forward: mine });
    expect(forward).toMatchObject({ content: "", message_snapshots: [{ message: { content: "mine" } }] });
    const hook = general.post(alice, "hooked", { webhook: true });
    expect(hook.author.id).toBe(hook.webhook_id);
    const hidden = general.post(alice, "", { attachments: [{ name: "a.png", spoiler: true, size: 7 }] });
    expect(hidden.attachments).toMatchObject([{ filename: "SPOILER_a.png", size: 7 }]);
  });

  it("a quote of what is gone quotes null", () => {
    const gone = general.post(alice, "gone");
    general.delete(gone);
    expect(general.post(alice, "r", { replyTo: gone }).referenced_message).toBeNull();
  });
});

describe("history", () => {
  it("comes in pages, newest first, next to where it is asked for", async () => {
    const ids = Array.from({ length: 5 }, (_, n) => general.post(alice, String(n)).id);
    const get = async (query: string) => {
      const messages = await clients
        .rest()
        .get(Routes.channelMessages(general.id), { query: new URLSearchParams(query) });
      return (messages as APIMessage[]).map(({ content }) => content).join("");
    };
    expect(await get("")).toBe("43210");
    expect(await get("limit=2")).toBe("43");
    expect(await get(`after=${ids[0]}&limit=2`)).toBe("21");
    expect(await get(`before=${ids[3]}&limit=2`)).toBe("21");
    expect(await get(`around=${ids[2]}&limit=3`)).toBe("321");
    expect(await codeOf(get("limit=101"))).toBe(50035);
    guild.deny(general, "ReadMessageHistory");
    expect(await get("")).toBe("");
  });
});

describe("threads", () => {
  const open = (message: APIMessage, body: object = { name: "talk" }) =>
    clients.rest().post(Routes.threads(general.id, message.id), { body }) as Promise<APIThreadChannel>;

  it("open from a message with its id, once", async () => {
    const bot = await clients.connected();
    const { until } = listen(bot);
    const question = general.post(alice, "question");
    const created = once(bot, Events.ThreadCreate);
    const thread = await open(question, { name: "talk", auto_archive_duration: 60 });
    expect(thread).toMatchObject({ id: question.id, parent_id: general.id, type: ChannelType.PublicThread });
    await created;
    expect(await codeOf(open(question))).toBe(160004);
    discord.channel(thread.id).post(alice, "inside");
    await until("inside");
    expect(general.threads.map(({ name }) => name)).toEqual(["talk"]);
    expect(general.messages[0]?.flags).toBe(MessageFlags.HasThread);
  });

  it.each([
    ["no name", { name: " " }],
    ["a name of 101 characters", { name: "n".repeat(101) }],
    ["an odd time to archive after", { name: "n", auto_archive_duration: 61 }],
  ])("%s is refused", async (_, body) => {
    expect(await codeOf(open(general.post(alice, "x"), body))).toBe(50035);
  });

  it("need permission to open and to speak", async () => {
    const message = general.post(alice, "x");
    guild.deny(general, "CreatePublicThreads");
    expect(await codeOf(open(message))).toBe(50013);
    const thread = general.openThread(alice, "hers", { from: message });
    guild.deny(general, "SendMessagesInThreads");
    expect(await codeOf(send(thread, { content: "x" }))).toBe(50013);
    expect(await codeOf(open(thread.post(alice, "y")))).toBe(10008);
  });

  it("archived, they wake up for a message; locked, they do not", async () => {
    const thread = general.openThread(alice, "old");
    const mine = await send(thread, { content: "mine" });
    thread.archive();
    expect(
      await codeOf(clients.rest().patch(Routes.channelMessage(thread.id, mine.id), { body: { content: "x" } })),
    ).toBe(50083);
    await send(thread, { content: "hello?" });
    expect(thread.archived).toBe(false);
    thread.archive({ locked: true });
    expect(await codeOf(send(thread, { content: "x" }))).toBe(160005);
    thread.remove();
    expect(await codeOf(send(thread, { content: "x" }))).toBe(10003);
  });

  it("private ones are hidden from the bot until somebody mentions it there", async () => {
    const { until, contents } = listen(await clients.connected());
    const thread = general.openThread(alice, "quiet", { private: true });
    thread.post(alice, "hush");
    expect(await codeOf(send(thread, { content: "x" }))).toBe(50001);
    const mention = `<@${discord.bot.id}> come`;
    thread.post(alice, mention);
    await until(mention);
    expect(contents()).toEqual([mention]);
  });

  it("a forum's posts are threads that begin with their message", async () => {
    const { until, heard } = listen(await clients.connected());
    const forum = guild.forum("help");
    const post = forum.openPost(alice, "How?", "Tell me");
    await until("Tell me");
    expect(heard[0]).toMatchObject({ id: post.id, channel_id: post.id });
    const active = await clients.rest().get(Routes.guildActiveThreads(guild.id));
    expect(active).toMatchObject({ threads: [{ id: post.id, parent_id: forum.id, last_message_id: post.id }] });
  });
});

describe("commands", () => {
  const respond = (to: { id: string; token: string }, type: number, data?: object) =>
    clients.rest().post(Routes.interactionCallback(to.id, to.token), { body: { type, data }, auth: false });
  const original = (token: string) => Routes.webhookMessage(discord.bot.id, token);
  const fill = (token: string, content: string) =>
    clients.rest().patch(original(token), { body: { content }, auth: false }) as Promise<APIMessage>;

  it("are offered as they were registered, and keep their ids", async () => {
    const body = [{ name: "ask", description: "Ask" }];
    const route = Routes.applicationCommands(discord.bot.id);
    const first = (await clients.rest().put(route, { body })) as Array<{ id: string }>;
    const second = (await clients.rest().put(route, { body })) as Array<{ id: string }>;
    expect(second[0]?.id).toBe(first[0]?.id);
    expect(await clients.rest().get(route)).toMatchObject([{ name: "ask", description: "Ask" }]);
    expect(discord.commandWrites).toBe(2);
    expect(await codeOf(clients.rest().put(route, { body: [{ name: "Not good", description: "x" }] }))).toBe(50035);
  });

  it("reach the bot with their options, and are answered after a deferral", async () => {
    const bot = await clients.connected();
    const called = once(bot, Events.InteractionCreate);
    const file = { name: "a.txt", bytes: new Uint8Array([1]) };
    const interaction = discord.command(alice, general, "ask", { question: "why?", private: false, file });
    const [command] = await called;
    expect(command.options.getString("question")).toBe("why?");
    expect(command.options.getAttachment("file").name).toBe("a.txt");
    await command.deferReply();
    expect(await interaction.acknowledged).toBe(5);
    expect([interaction.state, discord.sent]).toEqual(["deferred", []]);
    await command.editReply("because");
    expect([interaction.state, interaction.text]).toEqual(["answered", "because"]);
    expect(discord.sent).toMatchObject([{ channelId: general.id, text: "because", ephemeral: false, edits: [] }]);
    await command.followUp({ content: "psst", flags: MessageFlags.Ephemeral });
    expect(interaction.followUps).toMatchObject([{ text: "psst", ephemeral: true }]);
  });

  it("answered privately, nobody else sees it", async () => {
    const interaction = discord.command(alice, general, "status");
    await respond(interaction, 5, { flags: MessageFlags.Ephemeral });
    const message = await fill(interaction.token, "all well");
    expect(discord.sent).toMatchObject([{ text: "all well", ephemeral: true }]);
    expect(discord.visible(general)).toEqual([]);
    expect(await codeOf(clients.rest().post(Routes.threads(general.id, message.id), { body: { name: "x" } }))).toBe(
      10008,
    );
  });

  it("are acknowledged once, in time, and answered while the token lives", async () => {
    const late = discord.command(alice, general, "ask");
    now += 3001;
    expect(await codeOf(respond(late, 5))).toBe(10062);
    const interaction = discord.command(alice, general, "ask");
    expect(await codeOf(fill(interaction.token, "too early"))).toBe(10015);
    expect(await codeOf(fill("unknown", "x"))).toBe(10015);
    await respond(interaction, 4, { content: "one" });
    expect(await codeOf(respond(interaction, 5))).toBe(40060);
    await clients.rest().delete(original(interaction.token), { auth: false });
    expect(interaction.state).toBe("removed");
    expect(await codeOf(fill(interaction.token, "gone"))).toBe(10008);
    now += 15 * 60_000;
    expect(await codeOf(fill(interaction.token, "too late"))).toBe(50027);
  });

  it("work in a group DM, where the bot hears of nothing else", async () => {
    const { contents, until } = listen(await clients.connected());
    const pals = discord.groupDm("pals", [alice]);
    pals.post(alice, "hello");
    const interaction = discord.command(alice, pals, "ask");
    await respond(interaction, 4, { content: "hi" });
    expect(discord.visible(pals).map(({ content }) => content)).toEqual(["hello", "hi"]);
    general.post(alice, "end");
    await until("end");
    expect(contents()).toEqual(["end"]);
  });
});

describe("faults", () => {
  it("a rate limit says how long to wait", async () => {
    const route = "POST /channels/:channel/messages";
    discord.fail(route, { status: 429, retryAfterMs: 7000 });
    const limited: unknown = await clients
      .rest({ rejectOnRateLimit: () => true })
      .post(Routes.channelMessages(general.id), { body: { content: "x" } })
      .catch((error: unknown) => error);
    expect(limited).toBeInstanceOf(RateLimitError);
    expect((limited as RateLimitError).retryAfter).toBeGreaterThanOrEqual(7000);
    expect(discord.calls.map(({ status }) => status)).toEqual([429]);
  });

  it("a call may be refused, not heard, or heard without an answer", async () => {
    const route = `/channels/${general.id}/messages`;
    discord.fail(route, { status: 500, times: 2 });
    await expect(send(general, { content: "one" })).rejects.toMatchObject({ status: 500 });
    await expect(send(general, { content: "one" })).rejects.toMatchObject({ status: 500 });
    discord.fail(/POST .*messages/);
    await expect(send(general, { content: "two" })).rejects.toThrow();
    expect(discord.sent).toEqual([]);
    discord.fail(route, { after: "lost" });
    await expect(send(general, { content: "three" })).rejects.toThrow();
    expect(discord.visible(general).map(({ content }) => content)).toEqual(["three"]);
  });

  it("a call is held until it is released, and so is an answer", async () => {
    const hold = discord.hold("POST /channels/:channel/messages");
    const sending = send(general, { content: "x" });
    await hold.arrived;
    expect(discord.sent).toEqual([]);
    hold.release();
    await sending;
    const answers = discord.hold("POST /channels/:channel/messages", { after: "taken" });
    const second = send(general, { content: "y" });
    await discord.waitFor("y");
    answers.release();
    await second;
    const { body } = await discord.waitForCall("POST /channels/:channel/messages", (call) => call.body.content === "y");
    expect(body).toEqual({ content: "y" });
  });
});
