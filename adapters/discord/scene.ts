import { ChannelType } from "discord.js";
import type { Chat, SourceRecord, Thread } from "../record.ts";

export interface BotIdentity {
  /** The configured name of the account. */
  account: string;
  id: string;
  name: string;
  /** The roles in this guild that stand for the bot and nobody else. */
  roleIds?: readonly string[];
}

/** Looks up what Discord's markup calls by number; undefined for what is not known. */
export interface Names {
  /** The one person whom messages may mention without telling the name. */
  bot?: Pick<BotIdentity, "id" | "name">;
  channelName?(id: string): string | undefined;
  roleName?(id: string): string | undefined;
}

/** A channel as the message's payload does not tell it. */
export interface SceneChannel {
  /** The channel that the message stands in, or the thread. */
  id: string;
  kind: "dm" | "group-dm" | "channel";
  type?: ChannelType;
  name?: string;
  /** For threads alone: the channel that holds it. Not the category of a channel. */
  parent?: { id: string; name?: string; type?: ChannelType };
  guildId?: string;
  guildName?: string;
}

/** Where a message was read, and by whom. */
export interface Scene extends Names {
  bot: BotIdentity;
  channel: SceneChannel;
  /** Whether the bot is known to have sent a message; for replies that come without what they reply to. */
  isOwn?(messageId: string): boolean;
}

const KINDS = { dm: "dm", "group-dm": "group", channel: "channel" } as const;

/** The chat and the thread that a channel is: what stands in a thread belongs to the channel that holds it. */
export function placeOf(channel: SceneChannel): Pick<SourceRecord, "chat" | "thread"> {
  const { id, kind, name, type, parent, guildId, guildName } = channel;
  // Where the type is not known, having a parent says it.
  const held = type === undefined || isThread(type) ? parent : undefined;
  const holder = held ?? { id, name, type };
  const chat: Chat = { id: holder.id, kind: KINDS[kind] };
  if (holder.name !== undefined) chat.name = holder.name;
  if (guildId !== undefined) chat.guildId = guildId;
  if (guildName !== undefined) chat.guildName = guildName;
  if (held === undefined && opensThreads(type)) chat.opensThreads = true;
  if (held === undefined) return { chat };
  const thread: Thread = { id, kind: "native", ...(name !== undefined && { name }) };
  return { chat, thread };
}

function opensThreads(type: ChannelType | undefined): boolean {
  return type === ChannelType.GuildText || type === ChannelType.GuildAnnouncement;
}

const THREADS: ReadonlySet<ChannelType> = new Set([
  ChannelType.AnnouncementThread,
  ChannelType.PublicThread,
  ChannelType.PrivateThread,
]);

export function isThread(type: ChannelType | undefined): boolean {
  return type !== undefined && THREADS.has(type);
}
