import { ChannelType, type Client, InteractionContextType, Routes } from "discord.js";
import { administers, administersIn, bits, keptRules, knowsRoles, listed, toldRules } from "./administering.ts";
import type { DiscordApi } from "./client.ts";
import { DiscordError, isRefusedFor } from "./errors.ts";
import { isSnowflake } from "./ids.ts";
import type { DiscordInteraction } from "./interactions.ts";
import { recordOf } from "./payload.ts";

/** What a user's own command told is as good as a lookup while that command is being answered. */
const JUST_NOW_MS = 10_000;
/** Where nothing can be looked up, it holds for this long. */
const TOLD_FOR_MS = 60_000;
const MOST_TOLD = 1_000;

const UNKNOWN_MEMBER = 10007;

/** Who administers a chat. */
export class Permissions {
  readonly #api: DiscordApi;
  readonly #now: () => number;
  readonly #client: () => Client | undefined;
  readonly #told = new Map<string, { admin: boolean; at: number }>();

  /** @param client what knows servers, so that only their members have to be asked for */
  constructor(api: DiscordApi, now: () => number, client: () => Client | undefined = () => undefined) {
    this.#api = api;
    this.#now = now;
    this.#client = client;
  }

  /** Discord tells with each command what its user may do there. @param chatId the channel's, a thread's holder */
  note(interaction: DiscordInteraction, chatId: string): void {
    const key = `${chatId} ${interaction.user.id}`;
    this.#told.delete(key);
    const admin = told(interaction);
    if (admin === undefined) return;
    this.#told.set(key, { admin, at: this.#now() });
    const oldest = this.#told.keys().next();
    if (this.#told.size > MOST_TOLD && !oldest.done) this.#told.delete(oldest.value);
  }

  /** @throws DiscordError if it cannot be found out */
  async isAdmin(chatId: string, userId: string): Promise<boolean> {
    if (!isSnowflake(chatId) || !isSnowflake(userId)) return false;
    const justTold = this.#toldWithin(JUST_NOW_MS, chatId, userId);
    if (justTold !== undefined) return justTold;
    try {
      return await this.#lookUp(chatId, userId);
    } catch (error) {
      const told = this.#toldWithin(TOLD_FOR_MS, chatId, userId);
      if (told !== undefined && isRefused(error)) return told;
      throw error;
    }
  }

  #toldWithin(ms: number, chatId: string, userId: string): boolean | undefined {
    const told = this.#told.get(`${chatId} ${userId}`);
    return told !== undefined && this.#now() - told.at < ms ? told.admin : undefined;
  }

  async #lookUp(chatId: string, userId: string): Promise<boolean> {
    const kept = this.#client()?.channels.cache.get(chatId);
    const rules = kept === undefined || kept.isDMBased() ? undefined : keptRules(kept);
    if (rules === undefined) return this.#ask(chatId, userId);
    if (rules.ownerId === userId) return true;
    const member = await this.#member(rules.guildId, userId);
    if (member === null) return false;
    return knowsRoles(rules, member) ? administersIn(rules, userId, member) : this.#ask(chatId, userId);
  }

  async #ask(chatId: string, userId: string): Promise<boolean> {
    const channel = recordOf(await this.#get(Routes.channel(chatId)));
    if (channel.type === ChannelType.DM) return listed(channel.recipients).some(({ id }) => id === userId);
    if (channel.type === ChannelType.GroupDM) return channel.owner_id === userId;
    if (!isSnowflake(channel.guild_id)) throw new DiscordError("looking up an admin", "a channel of no kind known");
    const member = await this.#member(channel.guild_id, userId);
    if (member === null) return false;
    const rules = toldRules(channel.guild_id, recordOf(await this.#get(Routes.guild(channel.guild_id))), channel);
    return rules.ownerId === userId || administersIn(rules, userId, member);
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

/** @returns undefined if the command does not tell */
function told({ user, permissions, channel, guild_id, context }: DiscordInteraction): boolean | undefined {
  if (permissions !== undefined) return administers(bits(permissions));
  if (guild_id !== undefined) return undefined;
  if (channel.type === ChannelType.GroupDM) return channel.owner_id === user.id;
  if (channel.type === ChannelType.DM || context === InteractionContextType.BotDM) return true;
  return channel.owner_id === undefined ? undefined : channel.owner_id === user.id;
}

function isRefused(error: unknown): boolean {
  const { status } = (error instanceof DiscordError ? error.refusal : undefined) ?? { status: 0 };
  return status >= 400 && status < 500;
}
