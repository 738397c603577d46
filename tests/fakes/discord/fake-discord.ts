import { type APIApplicationCommand, type APIMessage, ChannelType } from "discord.js";
import { Bell } from "../bell.ts";
import { Log } from "../log.ts";
import { dmWith, makeChannel } from "./channels.ts";
import { FakeChannel } from "./fake-channel.ts";
import { FakeGuild } from "./fake-guild.ts";
import { FakeInteraction } from "./fake-interaction.ts";
import { type Fault, Faults, type Hold, type HoldOptions } from "./faults.ts";
import { FakeGateway } from "./gateway.ts";
import { makeGuild } from "./guilds.ts";
import { type ApiCall, HttpServer } from "./http-server.ts";
import { callCommand, pickChoice } from "./interactions.ts";
import { join } from "./members.ts";
import { newWorld, person } from "./new-world.ts";
import { guildCreate } from "./payloads.ts";
import { sees } from "./permissions.ts";
import type { PostedFile, SentMessage, WireUser } from "./posted.ts";
import { answer } from "./rest.ts";
import { fits, type RoutePattern } from "./route-pattern.ts";
import { shardOf } from "./snowflakes.ts";
import type { World } from "./world.ts";

export interface FakeDiscordOptions {
  token?: string;
  /** Default `Parley`. */
  botName?: string;
  /** Epoch milliseconds; default the real clock. Ids, and with them the times of messages, are made from it. */
  clock?: () => number;
  /** How many shards Discord recommends. Default 1. */
  shards?: number;
  /** Default 41,250. */
  heartbeatMs?: number;
  refuseIntents?: boolean;
  refuseToken?: boolean;
}

/**
 * Discord on this machine: the REST API and the gateway for one bot on one port, and the people who write to it.
 *
 * `channel.post(alice, "hi")` is what a person does; `discord.sent` and `discord.waitFor` are what people see of the bot,
 * with its edits as they happen. What Discord refuses is refused, with Discord's own codes.
 */
export class FakeDiscord {
  readonly token: string;
  readonly bot: WireUser;
  readonly gateway: FakeGateway;
  /** Of the REST API; the gateway listens on the same port. */
  apiRoot = "";
  readonly #world: World;
  readonly #bell = new Bell();
  readonly #faults = new Faults();
  readonly #calls = new Log<ApiCall>(this.#bell);
  readonly #server: HttpServer;

  private constructor(options: FakeDiscordOptions) {
    const { botName = "Parley", clock = Date.now, shards = 1, heartbeatMs = 41_250 } = options;
    this.#world = newWorld({
      botName,
      clock,
      shards,
      bell: this.#bell,
      publish: (event) => this.gateway.publish(event),
    });
    this.bot = this.#world.bot;
    this.token = options.token ?? `${btoa(this.bot.id).replaceAll("=", "")}.fake.token`;
    this.gateway = new FakeGateway({
      token: this.token,
      bot: this.bot,
      heartbeatMs,
      bell: this.#bell,
      url: () => this.#world.gatewayUrl,
      welcome: (shard, count) => this.#welcome(shard, count),
    });
    this.gateway.refuseIntents = options.refuseIntents ?? false;
    this.gateway.refuseToken = options.refuseToken ?? false;
    this.#server = new HttpServer({
      token: this.token,
      faults: this.#faults,
      note: (call) => this.#calls.add(call),
      noteEnd: () => this.#bell.ring(),
      answer: (call) => answer(this.#world, call),
      file: (path) => this.#world.files.at(path),
      upgrade: (request, socket, head) => this.gateway.upgrade(request, socket, head),
    });
  }

  static async start(options: FakeDiscordOptions = {}): Promise<FakeDiscord> {
    const discord = new FakeDiscord(options);
    const origin = await discord.#server.listen();
    discord.apiRoot = `${origin}/api`;
    discord.#world.files.origin = origin;
    discord.#world.gatewayUrl = origin.replace("http", "ws");
    return discord;
  }

  async close(): Promise<void> {
    this.#faults.close();
    this.gateway.close();
    await this.#server.close();
  }

  user(name: string, fields: Partial<WireUser> = {}): WireUser {
    const user = { ...person(this.#world.oldIds.next(), name), ...fields };
    this.#world.users.set(user.id, user);
    return user;
  }

  /** A server. Its shard is the next one unless it has to be a certain one. */
  guild(name: string, { shard, botIsMember = true }: { shard?: number; botIsMember?: boolean } = {}): FakeGuild {
    const world = this.#world;
    let id = world.oldIds.next();
    while (shard !== undefined && shardOf(id, world.shards) !== shard) id = world.oldIds.next();
    const guild = new FakeGuild(world, makeGuild(world, id, name, botIsMember));
    if (botIsMember) guild.available();
    return guild;
  }

  dm(user: WireUser): FakeChannel {
    const dm = dmWith(this.#world, user.id);
    if (dm === undefined) throw new Error(`nobody knows ${user.username}`);
    return new FakeChannel(this.#world, dm);
  }

  /** A group of users; no bot can be in one. The first is its owner. */
  groupDm(name: string, users: readonly WireUser[]): FakeChannel {
    const fields = { name, type: ChannelType.GroupDM, recipients: users, ownerId: users[0]?.id };
    return new FakeChannel(this.#world, makeChannel(this.#world, fields));
  }

  /** A channel or thread by its id, for those that the bot opened. */
  channel(id: string): FakeChannel {
    const channel = this.#world.channels.get(id);
    if (channel === undefined) throw new Error(`no channel ${id}`);
    return new FakeChannel(this.#world, channel);
  }

  /** From now on the user takes no DMs of the bot (50007). */
  refuseDms(user: WireUser): void {
    this.#world.refusingDms.add(user.id);
  }

  /**
   * Somebody calls a command, with values for its options: text, truth or a file. Without the bot as a member, the
   * command comes from the user's own installation; default is where the bot is.
   */
  command(
    user: WireUser,
    { state: channel }: FakeChannel,
    name: string,
    options: Record<string, string | boolean | PostedFile> = {},
    { botIsMember = channel.type !== ChannelType.GroupDM && channel.guild?.botIsMember !== false } = {},
  ): FakeInteraction {
    if (channel.guild !== undefined) join(channel.guild, user);
    const interaction = callCommand(this.#world, { user, channel, name, options, botIsMember });
    return new FakeInteraction(this.#world, interaction);
  }

  /** Somebody presses the button, or picks the entry of the menu, with this label below a message that they see. */
  picks(user: WireUser, { message: { id }, channelId, choices }: SentMessage, label: string): FakeInteraction {
    const { state: channel } = this.channel(channelId);
    const choice = choices.find((each) => each.label === label);
    if (choice === undefined) throw new Error(`no choice "${label}" among ${choices.map((each) => `"${each.label}"`)}`);
    const hidden = this.#world.ephemeral.get(id);
    const message = hidden ?? channel.messages.get(id);
    const source = [...this.#world.interactions.values()].find(
      ({ response, followUps }) => response?.messageId === id || followUps.includes(id),
    );
    if (message === undefined || (hidden !== undefined && source?.user.id !== user.id)) {
      throw new Error(`${user.username} does not see the message`);
    }
    if (channel.guild !== undefined) join(channel.guild, user);
    const botIsMember = source?.botIsMember ?? true;
    return new FakeInteraction(this.#world, pickChoice(this.#world, { user, channel, message, choice, botIsMember }));
  }

  /** The bot is told of a message again, as if it were new. */
  redeliver({ id }: APIMessage, times = 1): void {
    const event = this.#world.created.get(id);
    if (event === undefined) throw new Error("the bot was never told of this message");
    for (let n = 0; n < times; n += 1) this.#world.publish(event);
  }

  /** The bot's messages that stand somewhere now, in the order in which they first appeared. */
  get sent(): readonly SentMessage[] {
    return this.#world.sent.all;
  }

  /** How often what people see of the bot has changed. */
  get changes(): number {
    return this.#world.sent.changes;
  }

  /** What everybody sees in a channel now, oldest first. */
  visible(channel: FakeChannel): APIMessage[] {
    return channel.messages;
  }

  /** The first message of the bot whose text now contains, matches or satisfies what is wanted, once there is one. */
  async waitFor(wanted: string | RegExp | ((sent: SentMessage) => boolean)): Promise<SentMessage> {
    const fitting = (sent: SentMessage) => {
      if (typeof wanted === "function") return wanted(sent);
      return typeof wanted === "string" ? sent.text.includes(wanted) : wanted.test(sent.text);
    };
    return this.#bell.when(() => this.sent.find(fitting));
  }

  /** The first `count` messages of the bot that fit, once there are so many. */
  waitForSent(count: number, matches: (sent: SentMessage) => boolean = () => true): Promise<SentMessage[]> {
    return this.#world.sent.waitForMany(count, matches);
  }

  /** Every call that has arrived, in order. */
  get calls(): readonly ApiCall[] {
    return this.#calls.all;
  }

  waitForCall(route: RoutePattern, matches: (call: ApiCall) => boolean = () => true): Promise<ApiCall> {
    return this.#calls.waitFor((call) => fits(route, call.method, call.path) && matches(call));
  }

  /** Resolves once the condition holds; it is looked at whenever something has happened. */
  async until(condition: () => boolean): Promise<void> {
    await this.#bell.when(() => condition() || undefined);
  }

  /** How many sessions may still be begun, until there are more again. */
  limitStarts(remaining: number, resetAfterMs = 0): void {
    this.#world.starts = { remaining, resetAfterMs };
  }

  get commands(): readonly APIApplicationCommand[] {
    return [...this.#world.commands.values()];
  }

  /** How often commands were written. */
  get commandWrites(): number {
    return this.#world.commandWrites;
  }

  /** Make the next calls of a route go wrong. @returns what ends it before so many did */
  fail(route: RoutePattern, fault: Fault = {}): () => void {
    return this.#faults.add(route, fault);
  }

  /** Keep the calls of a route waiting, or their answers. */
  hold(route: RoutePattern, options: HoldOptions = {}): Hold {
    return this.#faults.hold(route, options);
  }

  #welcome(shard: number, count: number) {
    const guilds = [...this.#world.guilds.values()].filter(
      ({ id, botIsMember }) => botIsMember && shardOf(id, count) === shard,
    );
    const available = guilds.filter((guild) => guild.available);
    const seen = (guild: (typeof guilds)[number]) =>
      guildCreate(guild, this.bot, (channel) => sees(channel, this.bot.id));
    return {
      guilds: guilds.map(({ id }) => ({ id, unavailable: true })),
      events: available.map((guild) => ({ name: "GUILD_CREATE", data: seen(guild) })),
    };
  }
}
