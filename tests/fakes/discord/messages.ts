import { type APIMessage, type APIUser, MessageFlags, MessageType } from "discord.js";
import { memberPayload } from "./payloads.ts";
import { publishApart, publishMessage } from "./publishing.ts";
import { isoTimeOf } from "./snowflakes.ts";
import type { ChannelState, World } from "./world.ts";

/** What people read as messages of somebody, other than notices of the platform. */
const SPOKEN: ReadonlySet<MessageType> = new Set([
  MessageType.Default,
  MessageType.Reply,
  MessageType.ChatInputCommand,
  MessageType.ContextMenuCommand,
]);

export function isSpoken({ type }: APIMessage): boolean {
  return SPOKEN.has(type);
}

export type MessageFields = Partial<Omit<APIMessage, "channel_id" | "author" | "timestamp">>;

/** Put a message into a channel and tell the bot. */
export function addMessage(world: World, channel: ChannelState, author: APIUser, fields: MessageFields): APIMessage {
  const message = makeMessage(world, channel, author, fields);
  channel.messages.set(message.id, message);
  channel.lastMessageId = message.id;
  if (channel.thread !== undefined) {
    channel.thread.messageCount += 1;
    if (message.webhook_id === undefined) channel.thread.members.add(author.id);
  }
  const event = publishMessage(world, channel, "MESSAGE_CREATE", eventFields(channel, message));
  if (event !== undefined) world.created.set(message.id, event);
  show(world, message);
  return message;
}

/** A message that only one user sees; the bot is told of it without the server, as of one in a private chat. */
export function addEphemeral(world: World, channel: ChannelState, fields: MessageFields): APIMessage {
  const flags = (fields.flags ?? 0) | MessageFlags.Ephemeral;
  const message = makeMessage(world, channel, world.bot, { ...fields, flags });
  world.ephemeral.set(message.id, message);
  publishApart(world, "MESSAGE_CREATE", message);
  show(world, message);
  return message;
}

function makeMessage(world: World, channel: ChannelState, author: APIUser, fields: MessageFields): APIMessage {
  const id = fields.id ?? world.ids.next();
  return {
    id,
    channel_id: channel.id,
    author,
    content: "",
    timestamp: isoTimeOf(id),
    edited_timestamp: null,
    tts: false,
    mention_everyone: false,
    mentions: [],
    mention_roles: [],
    attachments: [],
    embeds: [],
    components: [],
    pinned: false,
    type: MessageType.Default,
    flags: 0 as number,
    ...fields,
  };
}

/** Change a message, wherever it stands, and tell the bot where it hears of the channel. */
export function changeMessage(
  world: World,
  channel: ChannelState,
  message: APIMessage,
  fields: Partial<APIMessage>,
): APIMessage {
  const changed = { ...message, ...fields };
  if (world.ephemeral.has(message.id)) {
    world.ephemeral.set(message.id, changed);
    publishApart(world, "MESSAGE_UPDATE", changed);
  } else {
    channel.messages.set(message.id, changed);
    publishMessage(world, channel, "MESSAGE_UPDATE", eventFields(channel, changed));
  }
  if (isSaid(fields)) show(world, changed);
  return changed;
}

/** A change that people read, other than a thread or an embed that appears beside the text. */
function isSaid(fields: Partial<APIMessage>): boolean {
  return fields.content !== undefined || fields.attachments !== undefined || fields.components !== undefined;
}

export function removeMessages(world: World, channel: ChannelState, ids: readonly string[]): void {
  for (const id of ids) {
    channel.messages.delete(id);
    world.sent.gone(id);
  }
  const [id] = ids;
  const base = { channel_id: channel.id };
  if (ids.length === 1) publishMessage(world, channel, "MESSAGE_DELETE", { ...base, id });
  else publishMessage(world, channel, "MESSAGE_DELETE_BULK", { ...base, ids });
}

export function removeEphemeral(world: World, id: string): void {
  const message = world.ephemeral.get(id);
  if (message !== undefined) publishApart(world, "MESSAGE_DELETE", { id, channel_id: message.channel_id });
  world.ephemeral.delete(id);
  world.sent.gone(id);
}

/** The bot's own messages are seen once they say something: a deferred response is only being thought about. */
function show(world: World, message: APIMessage): void {
  if (message.author.id !== world.bot.id || !isSpoken(message)) return;
  if (hasFlag(message, MessageFlags.Loading)) return;
  world.sent.show(message, { ephemeral: hasFlag(message, MessageFlags.Ephemeral) });
}

export function hasFlag({ flags = 0 }: { flags?: number }, flag: MessageFlags): boolean {
  return (flags & flag) !== 0;
}

/** What events say beyond the message itself. */
function eventFields(channel: ChannelState, message: APIMessage): object {
  const members = channel.guild?.members;
  const memberOf = (id: string) => {
    const member = members?.get(id);
    return member === undefined ? {} : { member: memberPayload(member) };
  };
  return {
    ...message,
    channel_type: channel.type,
    mentions: message.mentions.map((user) => ({ ...user, ...memberOf(user.id) })),
    ...(message.webhook_id === undefined && memberOf(message.author.id)),
  };
}
