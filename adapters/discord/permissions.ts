import { ChannelType, OverwriteType, PermissionFlagsBits, Routes } from "discord.js";
import type { DiscordApi } from "./client.ts";
import { DiscordError, isRefusedFor, REASON } from "./errors.ts";
import { isSnowflake } from "./ids.ts";
import type { DiscordInteraction } from "./interactions.ts";
import { recordOf } from "./payload.ts";

const { Administrator, ManageChannels, ManageGuild } = PermissionFlagsBits;

/** Where the bot is not, what the last command told of its user holds for this long. */
const TOLD_FOR_MS = 60_000;
const MOST_TOLD = 1_000;

/** Unknown to it, or not its to see: the bot is not there. */
const NOT_THERE = [REASON.unknownChannel, REASON.missingAccess, 10004];
const UNKNOWN_MEMBER = 10007;

interface Channel {
  type: unknown;
  guild_id?: unknown;
  owner_id?: unknown;
  recipients?: unknown;
  permission_overwrites?: unknown;
}

/** Who administers a chat. */
export class Permissions {
  readonly #api: DiscordApi;
  readonly #now: () => number;
  readonly #told = new Map<string, { admin: boolean; at: number }>();

  constructor(api: DiscordApi, now: () => number) {
    this.#api = api;
    this.#now = now;
  }

  /** Discord tells with each command what its user may do there. @param chatId the channel's, a thread's holder */
  note({ user, permissions, channel }: DiscordInteraction, chatId: string): void {
    const key = `${chatId} ${user.id}`;
    this.#told.delete(key);
    const admin = permissions === undefined ? channel.owner_id === user.id : administers(bits(permissions));
    this.#told.set(key, { admin, at: this.#now() });
    const oldest = this.#told.keys().next();
    if (this.#told.size > MOST_TOLD && !oldest.done) this.#told.delete(oldest.value);
  }

  /** @throws DiscordError if it cannot be found out */
  async isAdmin(chatId: string, userId: string): Promise<boolean> {
    if (!isSnowflake(chatId) || !isSnowflake(userId)) return false;
    let channel: Channel;
    try {
      channel = recordOf(await this.#get(Routes.channel(chatId))) as unknown as Channel;
    } catch (error) {
      const told = this.#told.get(`${chatId} ${userId}`);
      const isFresh = told !== undefined && this.#now() - told.at < TOLD_FOR_MS;
      if (isFresh && isRefusedFor(error, ...NOT_THERE)) return told.admin;
      throw error;
    }
    if (channel.type === ChannelType.DM) return listed(channel.recipients).some(({ id }) => id === userId);
    if (channel.type === ChannelType.GroupDM) return channel.owner_id === userId;
    if (!isSnowflake(channel.guild_id)) throw new DiscordError("looking up an admin", "a channel of no kind known");
    return this.#isGuildAdmin(channel.guild_id, channel, userId);
  }

  /** @see https://discord.com/developers/docs/topics/permissions#permission-overwrites */
  async #isGuildAdmin(guildId: string, channel: Channel, userId: string): Promise<boolean> {
    const member = await this.#member(guildId, userId);
    if (member === null) return false;
    const guild = recordOf(await this.#get(Routes.guild(guildId)));
    if (guild.owner_id === userId) return true;
    const held = new Set([guildId, ...(Array.isArray(member.roles) ? member.roles : [])]);
    const roles = listed(guild.roles).filter(({ id }) => held.has(id));
    const base = roles.reduce((all, { permissions }) => all | bits(permissions), 0n);
    if ((base & Administrator) !== 0n) return true;
    return administers(inChannel(base, listed(channel.permission_overwrites), { guildId, held, userId }));
  }

  async #member(guildId: string, userId: string): Promise<Record<string, unknown> | null> {
    try {
      return recordOf(await this.#get(Routes.guildMember(guildId, userId)));
    } catch (error) {
      if (isRefusedFor(error, UNKNOWN_MEMBER)) return null;
      throw error;
    }
  }

  #get(route: `/${string}`): Promise<unknown> {
    return this.#api.call("looking up an admin", { method: "GET", route });
  }
}

/** Overwrites in their order: those for everybody, then those for roles together, then those for the member. */
function inChannel(
  base: bigint,
  overwrites: ReadonlyArray<Record<string, unknown>>,
  { guildId, held, userId }: { guildId: string; held: ReadonlySet<unknown>; userId: string },
): bigint {
  const everybody = overwrites.filter(({ id }) => id === guildId);
  const roles = overwrites.filter(({ id, type }) => type === OverwriteType.Role && id !== guildId && held.has(id));
  const member = overwrites.filter(({ id, type }) => type === OverwriteType.Member && id === userId);
  return [everybody, roles, member].reduce((permissions, group) => {
    const deny = group.reduce((all, overwrite) => all | bits(overwrite.deny), 0n);
    const allow = group.reduce((all, overwrite) => all | bits(overwrite.allow), 0n);
    return (permissions & ~deny) | allow;
  }, base);
}

function administers(permissions: bigint): boolean {
  return (permissions & (Administrator | ManageChannels | ManageGuild)) !== 0n;
}

/** Permissions come as decimal numbers that do not fit a double. */
function bits(value: unknown): bigint {
  return typeof value === "string" && /^\d{1,40}$/.test(value) ? BigInt(value) : 0n;
}

function listed(value: unknown): Array<Record<string, unknown>> {
  return Array.isArray(value) ? value.map(recordOf) : [];
}
