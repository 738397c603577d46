import { once } from "node:events";
import { type APIMessage, ChannelType, Events, GatewayIntentBits, Routes } from "discord.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FakeChannel } from "../../fakes/discord/fake-channel.ts";
import { FakeDiscord, type FakeDiscordOptions } from "../../fakes/discord/fake-discord.ts";
import type { FakeGuild } from "../../fakes/discord/fake-guild.ts";
import type { WireUser } from "../../fakes/discord/posted.ts";
import { timeOf } from "../../fakes/discord/snowflakes.ts";
import { codeOf, listen, RawClients } from "./raw-clients.ts";

let discord: FakeDiscord;
let clients: RawClients;
let alice: WireUser;
let guild: FakeGuild;
let general: FakeChannel;
/** The time of the fake: it stands still. */
let now: number;

async function open(options: FakeDiscordOptions = {}): Promise<void> {
  discord = await FakeDiscord.start({ clock: () => now, ...options });
  clients = new RawClients(discord);
  alice = discord.user("Alice");
  guild = discord.guild("Team");
  general = guild.text("general");
}

/** The same with another Discord. */
async function reopen(options: FakeDiscordOptions): Promise<void> {
  await discord.close();
  await open(options);
}

beforeEach(async () => {
  now = Date.UTC(2026, 10, 22);
  await open();
});

afterEach(async () => {
  await clients.close();
  await discord.close();
});

describe("the gateway", () => {
  it("lets the client in with its guilds and channels", async () => {
    const bot = await clients.connected();
    expect(bot.user?.username).toBe("parley");
    expect(bot.guilds.cache.map(({ name }) => name)).toEqual(["Team"]);
    expect(bot.channels.cache.get(general.id)?.type).toBe(ChannelType.GuildText);
    expect(discord.gateway.identifies).toMatchObject([{ shard: [0, 1], token: discord.token }]);
  });

  it("tells of messages with their place, their author and the time of their id", async () => {
    const bot = await clients.connected();
    const { heard, until } = listen(bot);
    guild.member(alice, { nick: "Al" });
    const message = general.post(alice, `hi <@${discord.bot.id}>`);
    await until(message.content);
    expect(heard[0]).toMatchObject({ guild_id: guild.id, member: { nick: "Al" }, mentions: [{ id: discord.bot.id }] });
    expect(timeOf(message.id)).toBe(now);
    discord.dm(alice).post(alice, "psst");
    await until("psst");
    expect(heard[1]).not.toHaveProperty("guild_id");
  });

  it("tells of edits, resolved links and deletions", async () => {
    const bot = await clients.connected();
    const first = general.post(alice, "one");
    const second = general.post(alice, "two");
    const updates: Array<string | null> = [];
    bot.on(Events.Raw, ({ t, d }) => t === "MESSAGE_UPDATE" && updates.push(d.edited_timestamp));
    const gone = once(bot, Events.MessageBulkDelete);
    general.touch(first);
    general.edit(first, "uno");
    general.deleteMany([first, second]);
    await gone;
    expect(updates).toEqual([null, new Date(now).toISOString()]);
    expect(discord.visible(general)).toEqual([]);
  });

  it("replays what came while the line was down, once", async () => {
    const bot = await clients.connected();
    const { until, contents } = listen(bot);
    general.post(alice, "before");
    await until("before");
    discord.gateway.drop();
    general.post(alice, "meanwhile");
    await discord.gateway.connected;
    general.post(alice, "after");
    await until("after");
    expect(contents()).toEqual(["before", "meanwhile", "after"]);
    expect(discord.gateway.identifies).toHaveLength(1);
    expect(discord.gateway.resumes).toHaveLength(1);
  });

  it.each([
    ["asked to reconnect", () => discord.gateway.requestReconnect()],
    ["told that the session is invalid but resumable", () => discord.gateway.invalidate(true)],
    ["cut off by a reset", () => discord.gateway.reset()],
  ])("a client that is %s comes back to its session", async (_, interrupt) => {
    const bot = await clients.connected();
    const { until } = listen(bot);
    interrupt();
    general.post(alice, "meanwhile");
    await until("meanwhile");
    expect(discord.gateway.identifies).toHaveLength(1);
  });

  it("an invalid session is gone with what it missed, but not the history", async () => {
    const bot = await clients.connected();
    const { until, contents } = listen(bot);
    discord.gateway.invalidate();
    const lost = general.post(alice, "lost");
    await discord.gateway.waitForIdentifies(2);
    general.post(alice, "after");
    await until("after");
    expect(contents()).toEqual(["after"]);
    const history = (await bot.rest.get(Routes.channelMessages(general.id))) as APIMessage[];
    expect(history.map(({ content }) => content)).toEqual(["after", lost.content]);
  });

  it("a zombie connection is noticed by its missing heartbeats", async () => {
    await reopen({ heartbeatMs: 30 });
    const bot = await clients.connected();
    const { until } = listen(bot);
    discord.gateway.mute();
    general.post(alice, "unheard at first");
    await until("unheard at first");
    expect(discord.gateway.resumes).toHaveLength(1);
  });

  it("out of reach, it refuses connections until it is back", async () => {
    const bot = await clients.connected();
    const { until } = listen(bot);
    const failed = once(bot, Events.ShardReconnecting);
    discord.gateway.leave();
    await failed;
    discord.gateway.back();
    await discord.gateway.connected;
    general.post(alice, "after");
    await until("after");
  });

  it.each([
    ["an unknown token", { refuseToken: true }, /authentication failed/i],
    ["privileged intents that are not switched on", { refuseIntents: true }, /disallowed intents/i],
  ])("%s is refused", async (_, options, why) => {
    await reopen(options);
    await expect(clients.client().login(discord.token)).rejects.toThrow(why);
  });

  it("a wrong token is refused before the gateway", async () => {
    await expect(clients.client().login("wrong")).rejects.toThrow(/invalid token/i);
  });

  it("each shard hears of its own guilds, and the first one of DMs", async () => {
    await reopen({ shards: 2 });
    const zero = discord.guild("Zero", { shard: 0 }).text("general");
    const one = discord.guild("One", { shard: 1 }).text("general");
    const second = await clients.connected({ shards: [1], shardCount: 2 });
    const all = await clients.connected({ shards: "auto" });
    expect(discord.gateway.identifies.map(({ shard }) => shard)).toEqual([
      [1, 2],
      [0, 2],
      [1, 2],
    ]);
    const [part, whole] = [listen(second), listen(all)];
    discord.dm(alice).post(alice, "dm");
    zero.post(alice, "zero");
    one.post(alice, "one");
    await Promise.all([part.until("one"), whole.until("one"), whole.until("zero")]);
    expect(part.contents()).toEqual(["one"]);
    expect(whole.contents().sort()).toEqual(["dm", "one", "zero"]);
  });

  it("without the intent, messages come without content unless they concern the bot", async () => {
    const { Guilds, GuildMessages } = GatewayIntentBits;
    const { until, contents } = listen(await clients.connected({ intents: [Guilds, GuildMessages] }));
    const mention = `hi <@${discord.bot.id}>`;
    general.post(alice, "secret");
    discord.dm(alice).post(alice, "not asked for");
    general.post(alice, mention);
    await until(mention);
    expect(contents()).toEqual(["", mention]);
  });

  it("a guild may be out for a while, and throw the bot out", async () => {
    const bot = await clients.connected();
    const out = once(bot, Events.GuildUnavailable);
    guild.unavailable();
    await out;
    const back = once(bot, Events.GuildAvailable);
    guild.available();
    await back;
    const removed = once(bot, Events.GuildDelete);
    guild.remove();
    await removed;
    expect(await codeOf(bot.rest.get(Routes.channel(general.id)))).toBe(50001);
  });

  it("a message may come again", async () => {
    const { until, contents } = listen(await clients.connected());
    discord.redeliver(general.post(alice, "again"), 2);
    general.post(alice, "end");
    await until("end");
    expect(contents()).toEqual(["again", "again", "again", "end"]);
  });
});
