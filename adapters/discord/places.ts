import { type Channel, ChannelType, type Client, type Guild, PermissionFlagsBits, Routes } from "discord.js";
import type { Destination } from "../record.ts";
import type { DiscordApi } from "./client.ts";
import { isRefusedFor, REASON } from "./errors.ts";
import { isSnowflake } from "./ids.ts";
import type { OwnMessages } from "./own-messages.ts";
import { recordOf } from "./payload.ts";
import { type BotIdentity, isThread, placeOf, type Scene, type SceneChannel } from "./scene.ts";
import type { OpenedThread } from "./threads.ts";

export interface PlacesOptions {
  api: DiscordApi;
  client(): Client | undefined;
  bot(): BotIdentity;
  own: Pick<OwnMessages, "has">;
}

const { ReadMessageHistory, ViewChannel } = PermissionFlagsBits;

/** Most channels that are remembered beside those that discord.js knows. */
const CAPACITY = 1_000;

/**
 * Knows the channels that messages stand in: from what discord.js keeps, and for others (archived threads, private
 * chats, channels of which the news is still to come) from asking once.
 */
export class Places {
  readonly #options: PlacesOptions;
  readonly #fetched = new Map<string, SceneChannel>();

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  /** @returns undefined if the channel has to be asked for first */
  sceneOf(channelId: string): Scene | undefined {
    const channel = this.channel(channelId);
    return channel === undefined ? undefined : this.sceneIn(channel);
  }

  /** The same without the names of roles and channels around it, which take time to gather. */
  channel(channelId: string): SceneChannel | undefined {
    const cached = this.#options.client()?.channels.cache.get(channelId);
    return (cached === undefined ? undefined : channelOf(cached)) ?? this.#fetched.get(channelId);
  }

  sceneIn(channel: SceneChannel): Scene {
    const client = this.#options.client();
    const guild = channel.guildId === undefined ? undefined : client?.guilds.cache.get(channel.guildId);
    const { bot, ...names } = { bot: this.#options.bot(), ...namesIn(client, guild) };
    const roleIds = guild?.roles.cache.filter(({ tags }) => tags?.botId === bot.id).map(({ id }) => id);
    const isOwn = (messageId: string) => this.#options.own.has(messageId);
    return { bot: { ...bot, ...(roleIds !== undefined && { roleIds }) }, channel, isOwn, ...names };
  }

  isBot(userId: unknown): boolean {
    return userId === this.#options.bot().id;
  }

  /** A channel that was told of by something other than discord.js. */
  note(channel: SceneChannel): void {
    this.#fetched.delete(channel.id);
    this.#fetched.set(channel.id, channel);
    const oldest = this.#fetched.keys().next();
    if (this.#fetched.size > CAPACITY && !oldest.done) this.#fetched.delete(oldest.value);
  }

  noteInGuild(channel: Omit<SceneChannel, "kind" | "guildName"> & { guildId: string }): void {
    const guild = this.#options.client()?.guilds.cache.get(channel.guildId);
    this.note({ ...channel, kind: "channel", ...(guild !== undefined && guildNamed(guild)) });
  }

  /** The bot opened a thread: people may write in it before Discord tells of it. */
  noteOpened({ id, name, parentId, type }: Omit<OpenedThread, "name"> & { name?: string }): void {
    const parent = this.channel(parentId);
    if (parent?.guildId === undefined) return;
    const holder = { id: parentId, ...named(parent.name), ...(parent.type !== undefined && { type: parent.type }) };
    this.noteInGuild({
      ...{ id, guildId: parent.guildId, parent: holder },
      ...named(name),
      ...(type !== undefined && { type }),
    });
  }

  forget(channelId: string): void {
    this.#fetched.delete(channelId);
  }

  /** @returns whether there is such a channel for the bot @throws DiscordError if that cannot be found out now */
  async fetch(channelId: string, signal: AbortSignal): Promise<boolean> {
    try {
      const channel = await this.#ask(channelId, signal);
      const parent = isThread(channel.type) && channel.parent !== undefined ? channel.parent.id : undefined;
      const holder = parent === undefined ? undefined : (this.channel(parent) ?? (await this.#ask(parent, signal)));
      const { name, type } = holder ?? {};
      this.note(holder === undefined ? channel : { ...channel, parent: { id: holder.id, ...named(name), type } });
      return true;
    } catch (error) {
      if (isRefusedFor(error, REASON.unknownChannel, REASON.missingAccess, REASON.missingPermissions)) return false;
      throw error;
    }
  }

  /** The channels and threads of a server that are known. */
  channelsIn(guildId: string): string[] {
    const channels = this.#options.client()?.guilds.cache.get(guildId)?.channels.cache;
    return [...(channels?.keys() ?? []), ...this.notedIn(guildId)];
  }

  /** Those of which something other than discord.js has told. */
  notedIn(guildId: string): string[] {
    return [...this.#fetched.values()].filter((channel) => channel.guildId === guildId).map(({ id }) => id);
  }

  /** Whether the bot's roles keep it from reading what was written in a channel. False where that is not known. */
  hidesPast(channelId: string): boolean {
    const channel = this.#options.client()?.channels.cache.get(channelId);
    if (channel === undefined || channel.isDMBased()) return false;
    try {
      const { me } = channel.guild.members;
      // A bot without a single permission is one of which too little was told.
      if (me === null || me.permissions.bitfield === 0n) return false;
      return !channel.permissionsFor(me).has([ViewChannel, ReadMessageHistory]);
    } catch {
      // Roles that were told without their permissions.
      return false;
    }
  }

  async #ask(channelId: string, signal: AbortSignal): Promise<SceneChannel> {
    const route = Routes.channel(channelId);
    const { type, name, guild_id, parent_id } = recordOf(
      await this.#options.api.call("looking a channel up", { method: "GET", route, signal }),
    );
    if (type === ChannelType.DM) return { id: channelId, kind: "dm" };
    if (type === ChannelType.GroupDM) {
      return { id: channelId, kind: "group-dm", ...named(typeof name === "string" ? name : undefined) };
    }
    const guild = isSnowflake(guild_id) ? this.#options.client()?.guilds.cache.get(guild_id) : undefined;
    return {
      id: channelId,
      kind: "channel",
      ...(typeof type === "number" && { type }),
      ...named(typeof name === "string" ? name : undefined),
      ...(isSnowflake(guild_id) && { guildId: guild_id }),
      ...(guild !== undefined && { guildName: guild.name }),
      ...(isSnowflake(parent_id) && typeof type === "number" && isThread(type) && { parent: { id: parent_id } }),
    };
  }
}

/** Where a message of the channel stands, as a destination. */
export function destinationIn({ bot, channel }: Pick<Scene, "bot" | "channel">): Destination {
  const { chat, thread } = placeOf(channel);
  return {
    platform: "discord",
    account: bot.account,
    chatId: chat.id,
    ...(thread !== undefined && { threadId: thread.id }),
  };
}

/** @returns undefined for a thread whose channel is not known */
function channelOf(channel: Channel): SceneChannel | undefined {
  if (channel.isDMBased()) {
    return { id: channel.id, kind: channel.type === ChannelType.GroupDM ? "group-dm" : "dm" };
  }
  const { id, name, type, guild } = channel;
  const known: SceneChannel = { id, kind: "channel", type, guildId: guild.id, ...named(name), ...guildNamed(guild) };
  if (!channel.isThread()) return known;
  const { parent } = channel;
  return parent === null
    ? undefined
    : { ...known, parent: { id: parent.id, ...named(parent.name), type: parent.type } };
}

function guildNamed({ name }: Guild): Pick<SceneChannel, "guildName"> {
  return name === undefined ? {} : { guildName: name };
}

function named(name: string | null | undefined): { name?: string } {
  return name === undefined || name === null ? {} : { name };
}

function namesIn(client: Client | undefined, guild: Guild | undefined): Pick<Scene, "channelName" | "roleName"> {
  return {
    channelName(id) {
      const channel = client?.channels.cache.get(id);
      return channel === undefined || channel.isDMBased() ? undefined : channel.name;
    },
    roleName: (id) => guild?.roles.cache.get(id)?.name,
  };
}
