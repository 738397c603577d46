import { ChannelType, type Client, InteractionContextType, Routes } from "discord.js";
import { administers, administersIn, bits, keptRules, knowsRoles, listed, toldRules } from "./administering.ts";
import type { DiscordApi } from "./client.ts";
import { DiscordError, isRefusedFor } from "./errors.ts";
import { isSnowflake } from "./ids.ts";
import type { DiscordInteraction } from "./interactions.ts";
import { recordOf } from "./payload.ts";

/** What a command told of its user is as good as a look-up for that command, for this long. */
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
    const admin = told(interaction);
    if (admin === undefined) return;
    this.#told.set(toldKey(interaction.id, chatId, interaction.user.id), { admin, at: this.#now() });
    const oldest = this.#told.keys().next();
    if (this.#told.size > MOST_TOLD && !oldest.done) this.#told.delete(oldest.value);
  }

  /**
   * @param interactionId the command for which it is asked: what Discord told with it counts for it, and for no other
   * @throws DiscordError if it cannot be found out
   */
  async isAdmin(chatId: string, userId: string, interactionId?: string): Promise<boolean> {
    if (!isSnowflake(chatId) || !isSnowflake(userId)) return false;
    const told = interactionId === undefined ? undefined : this.#told.get(toldKey(interactionId, chatId, userId));
    if (told !== undefined && this.#now() - told.at < TOLD_FOR_MS) return told.admin;
    return await this.#lookUp(chatId, userId);
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

function toldKey(...ids: [interaction: string, chat: string, user: string]): string {
  return ids.join(" ");
}

/** @returns undefined if the command does not tell */
function told({ user, permissions, channel, guild_id, context }: DiscordInteraction): boolean | undefined {
  if (permissions !== undefined) return administers(bits(permissions));
  if (guild_id !== undefined) return undefined;
  if (channel.type === ChannelType.GroupDM) return channel.owner_id === user.id;
  if (channel.type === ChannelType.DM || context === InteractionContextType.BotDM) return true;
  return channel.owner_id === undefined ? undefined : channel.owner_id === user.id;
}
