import { MessageReferenceType, MessageType } from "discord.js";
import { cutText } from "../cut-text.ts";
import { isSnowflake } from "./ids.ts";

/** @see https://discord.com/developers/docs/resources/user#user-object */
export interface DiscordUser {
  id: string;
  username: string;
  global_name?: string;
  bot: boolean;
  /** The nickname in the guild, where the payload came with one. */
  nick?: string;
}

/** @see https://discord.com/developers/docs/resources/message#attachment-object */
export interface DiscordAttachment {
  id: string;
  filename: string;
  url: string;
  content_type?: string;
  size?: number;
  flags: number;
}

/** What a message says: the part that forwarded snapshots have as well. */
export interface DiscordContent {
  content: string;
  /** Those of whom the payload tells more than an id. */
  mentions: readonly DiscordUser[];
  attachments: readonly DiscordAttachment[];
  /** Names. */
  stickers: readonly string[];
}

/** @see https://discord.com/developers/docs/resources/message#message-object */
export interface DiscordMessage extends DiscordContent {
  id: string;
  channel_id: string;
  guild_id?: string;
  type: number;
  author: DiscordUser;
  webhook_id?: string;
  timestamp?: string;
  edited_timestamp?: string;
  /** Of everybody mentioned. */
  mention_ids: readonly string[];
  mention_roles: readonly string[];
  poll?: { question: string; answers: readonly string[] };
  message_reference?: { type: number; message_id?: string; channel_id?: string };
  /** Missing where Discord did not look for it; null if it is gone. */
  referenced_message?: DiscordMessage | null;
  message_snapshots: readonly DiscordContent[];
}

/** A payload that is not what Discord promises. Says what is missing, never what was there. */
export class DiscordPayloadError extends Error {
  readonly code = "discord-payload";

  constructor(message: string) {
    super(message);
    this.name = "DiscordPayloadError";
  }
}

/** More of these than Discord itself allows are not looked at. */
const MAX_PARTS = 100;

/** Discord takes 4,000 units; other servers of its API may take more. */
const MAX_TEXT = 65_536;

/** Of names, questions, answers. */
const MAX_PART = 1_000;

const MAX_URL = 4_096;

/**
 * Read a message of the gateway or of REST. Parts that a message can do without are left out where they are malformed.
 *
 * @throws DiscordPayloadError if it lacks its id, channel or author, or has a type that is none
 */
export function readMessage(payload: unknown): DiscordMessage {
  const message = messageIn(payload);
  if (message === undefined) throw new DiscordPayloadError("a message that lacks its id, channel, type or author");
  const referenced = (payload as Record<string, unknown>).referenced_message;
  // Only one level: Discord never sends more.
  if (referenced === null) message.referenced_message = null;
  else if (referenced !== undefined) {
    const original = messageIn(referenced);
    if (original !== undefined) message.referenced_message = original;
  }
  return message;
}

/** Whether an update changes what a message says; embeds that appear, pins and the like do not. */
export function isEdit(payload: unknown): boolean {
  return isRecord(payload) && typeof payload.edited_timestamp === "string" && typeof payload.content === "string";
}

/**
 * The messages that a delete, or a bulk delete, takes away.
 *
 * @throws DiscordPayloadError if it names no channel or no message
 */
export function readDeletion(payload: unknown): { channelId: string; guildId?: string; messageIds: string[] } {
  const { id, ids, channel_id, guild_id } = recordOf(payload);
  const messageIds = (Array.isArray(ids) ? ids : [id]).filter(isSnowflake);
  if (!isSnowflake(channel_id) || messageIds.length === 0) {
    throw new DiscordPayloadError("a deletion that lacks its channel or messages");
  }
  return { channelId: channel_id, messageIds, ...(isSnowflake(guild_id) && { guildId: guild_id }) };
}

/** @returns undefined if it is none */
export function userIn(value: unknown, member: unknown = undefined): DiscordUser | undefined {
  const { id, username, global_name, bot } = recordOf(value);
  if (!isSnowflake(id) || typeof username !== "string") return undefined;
  const user: DiscordUser = { id, username, bot: bot === true };
  if (typeof global_name === "string") user.global_name = global_name;
  const { nick } = recordOf(member);
  if (typeof nick === "string") user.nick = nick;
  return user;
}

/** @returns undefined if it is none */
export function attachmentIn(value: unknown): DiscordAttachment | undefined {
  const { id, filename, url, content_type, size, flags } = recordOf(value);
  if (!isSnowflake(id) || typeof filename !== "string" || typeof url !== "string" || url.length > MAX_URL) {
    return undefined;
  }
  const attachment: DiscordAttachment = { id, filename, url, flags: isCount(flags) ? flags : 0 };
  if (typeof content_type === "string") attachment.content_type = content_type;
  if (isCount(size)) attachment.size = size;
  return attachment;
}

/** The value if it is an object, else one without any fields. */
export function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

/** What can be read of a list; empty if it is none. */
export function listOf<T>(value: unknown, read: (entry: unknown) => T | undefined): T[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MAX_PARTS).flatMap((entry) => read(entry) ?? []);
}

function messageIn(value: unknown): DiscordMessage | undefined {
  const fields = recordOf(value);
  const { id, channel_id, guild_id, webhook_id, timestamp, edited_timestamp } = fields;
  const reference = isRecord(fields.message_reference) ? referenceIn(fields.message_reference) : undefined;
  const type = fields.type ?? plainType(reference);
  const author = userIn(fields.author, fields.member);
  if (!isSnowflake(id) || !isSnowflake(channel_id) || !isCount(type) || author === undefined) return undefined;
  const message: DiscordMessage = {
    ...contentIn(fields),
    id,
    channel_id,
    type,
    author,
    mention_ids: listOf(fields.mentions, (entry) => idIn(recordOf(entry).id)),
    mention_roles: listOf(fields.mention_roles, idIn),
    message_snapshots: listOf(fields.message_snapshots, (entry) => contentIn(recordOf(recordOf(entry).message))),
  };
  if (isSnowflake(guild_id)) message.guild_id = guild_id;
  if (isSnowflake(webhook_id)) message.webhook_id = webhook_id;
  if (typeof timestamp === "string") message.timestamp = timestamp;
  if (typeof edited_timestamp === "string") message.edited_timestamp = edited_timestamp;
  const poll = pollIn(fields.poll);
  if (poll !== undefined) message.poll = poll;
  if (reference !== undefined) message.message_reference = reference;
  return message;
}

function contentIn({ content, mentions, attachments, sticker_items }: Record<string, unknown>): DiscordContent {
  return {
    content: typeof content === "string" ? cutText(content, MAX_TEXT) : "",
    mentions: listOf(mentions, (entry) => userIn(entry, recordOf(entry).member)),
    attachments: listOf(attachments, attachmentIn),
    stickers: listOf(sticker_items, (entry) => textIn(recordOf(entry).name)),
  };
}

function pollIn(value: unknown): DiscordMessage["poll"] {
  const { question, answers } = recordOf(value);
  const text = textIn(recordOf(question).text);
  if (text === undefined) return undefined;
  return { question: text, answers: listOf(answers, (entry) => textIn(recordOf(recordOf(entry).poll_media).text)) };
}

type Reference = NonNullable<DiscordMessage["message_reference"]>;

/** Of a message that does not tell it. */
function plainType(reference: Reference | undefined): MessageType {
  const { type, message_id } = reference ?? {};
  return type === MessageReferenceType.Default && message_id !== undefined ? MessageType.Reply : MessageType.Default;
}

function referenceIn({ type, message_id, channel_id }: Record<string, unknown>): Reference {
  return {
    type: isCount(type) ? type : 0,
    ...(isSnowflake(message_id) && { message_id }),
    ...(isSnowflake(channel_id) && { channel_id }),
  };
}

function idIn(value: unknown): string | undefined {
  return isSnowflake(value) ? value : undefined;
}

function textIn(value: unknown): string | undefined {
  return typeof value === "string" ? cutText(value, MAX_PART) : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
