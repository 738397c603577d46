import { type APIMessage, ChannelType, MessageFlags, MessageReferenceType } from "discord.js";
import { channelFor, demand, messageIn } from "../access.ts";
import { type ApiRequest, done, ok, type Routes } from "../api-request.ts";
import { mentionsIn } from "../mentions.ts";
import { allowedMentionsIn, nonceIn, shownIn } from "../message-body.ts";
import { addMessage, changeMessage, isSpoken, type MessageFields, removeMessages } from "../messages.ts";
import { may } from "../permissions.ts";
import { replyFields } from "../post-fields.ts";
import {
  cannotDm,
  cannotReply,
  invalidField,
  notForText,
  notYours,
  systemMessage,
  threadArchived,
  threadLocked,
} from "../refusal.ts";
import { archiveThread } from "../threads.ts";
import type { ChannelState, World } from "../world.ts";
import { page } from "./history.ts";

export const messageRoutes: Routes = {
  "POST /channels/:channel/messages": (world, request) => {
    const channel = channelFor(world, request.params.channel);
    demandSending(world, channel, request);
    const nonce = nonceIn(request);
    const first = nonce === undefined ? undefined : channel.nonces.get(nonce);
    // Whatever is sent this time: the nonce has its message, edited or deleted since then as it may be.
    if (first !== undefined && request.body.enforce_nonce === true) return ok(channel.messages.get(first.id) ?? first);
    const fields = { ...composed(world, channel, request), ...(nonce !== undefined && { nonce }) };
    if (channel.thread?.archived) archiveThread(world, channel, { archived: false });
    const message = addMessage(world, channel, world.bot, fields);
    if (nonce !== undefined) channel.nonces.set(nonce, message);
    return ok(message);
  },

  "GET /channels/:channel/messages": (world, { params, query }) => {
    const channel = channelFor(world, params.channel);
    // Without the permission Discord does not refuse: it shows nothing.
    if (!may(channel, world.bot.id, "ReadMessageHistory")) return ok([]);
    return ok(page([...channel.messages.values()], query));
  },

  "GET /channels/:channel/messages/:message": (world, { params }) => {
    const channel = channelFor(world, params.channel);
    demand(world, channel, "ReadMessageHistory");
    return ok(messageIn(channel, params.message));
  },

  "PATCH /channels/:channel/messages/:message": (world, request) => {
    const channel = channelFor(world, request.params.channel);
    const message = messageIn(channel, request.params.message);
    if (message.author.id !== world.bot.id) throw notYours();
    if (!isSpoken(message)) throw systemMessage();
    if (channel.thread?.archived) throw threadArchived();
    return ok(changeMessage(world, channel, message, edited(world, channel, request, message)));
  },

  "DELETE /channels/:channel/messages/:message": (world, { params }) => {
    const channel = channelFor(world, params.channel);
    const message = messageIn(channel, params.message);
    if (message.author.id !== world.bot.id) demand(world, channel, "ManageMessages");
    if (channel.thread?.archived) throw threadArchived();
    removeMessages(world, channel, [message.id]);
    return done();
  },

  "POST /channels/:channel/typing": (world, { params }) => {
    const channel = channelFor(world, params.channel);
    demand(world, channel, channel.thread === undefined ? "SendMessages" : "SendMessagesInThreads");
    return done();
  },
};

/** @throws Refusal if the bot may not send this here */
function demandSending(world: World, channel: ChannelState, { files }: ApiRequest): void {
  if (channel.type === ChannelType.GuildForum) throw notForText();
  if (channel.recipients.some(({ id }) => world.refusingDms.has(id))) throw cannotDm();
  demand(world, channel, channel.thread === undefined ? "SendMessages" : "SendMessagesInThreads");
  if (files.size > 0) demand(world, channel, "AttachFiles");
  if (channel.thread?.locked && !may(channel, world.bot.id, "ManageThreads")) throw threadLocked();
}

function composed(world: World, channel: ChannelState, request: ApiRequest): MessageFields {
  const shown = shownIn(world, channel, request);
  const reply = replyIn(world, channel, request);
  const allowed = allowedMentionsIn(request);
  const pings = allowed?.replied_user ?? allowed === undefined;
  const repliedTo = pings ? reply?.referenced_message?.author : undefined;
  return {
    ...shown,
    ...reply,
    ...mentionsIn(world, channel, shown.content ?? "", { allowed, repliedTo }),
    flags: Number(request.body.flags ?? 0) & (MessageFlags.SuppressEmbeds | MessageFlags.SuppressNotifications),
  };
}

/** The message that the bot quotes; undefined where it quotes none, or one that is gone and may be. */
function replyIn(world: World, channel: ChannelState, { body }: ApiRequest): MessageFields | undefined {
  const reference = body.message_reference as Record<string, unknown> | undefined | null;
  if (reference === undefined || reference === null) return undefined;
  const id = String(reference.message_id);
  if (reference.type === MessageReferenceType.Forward) {
    throw invalidField("message_reference", "MESSAGE_REFERENCE_TYPE", "The fake forwards nothing.");
  }
  if (!may(channel, world.bot.id, "ReadMessageHistory")) throw cannotReply();
  const elsewhere = [...world.channels.values()].some((each) => each !== channel && each.messages.has(id));
  const otherChannel = reference.channel_id !== undefined && String(reference.channel_id) !== channel.id;
  if ((elsewhere && !channel.messages.has(id)) || otherChannel) {
    const why = "Cannot reply to a message in a different channel";
    throw invalidField("message_reference", "REPLIES_CANNOT_REFERENCE_OTHER_CHANNEL", why);
  }
  const message = channel.messages.get(id);
  if (message !== undefined && !isSpoken(message)) {
    throw invalidField(
      "message_reference",
      "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE",
      "Cannot reply to a system message",
    );
  }
  if (message !== undefined) return replyFields(channel, message);
  if (reference.fail_if_not_exists === false) return undefined;
  throw invalidField("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message");
}

/** The fields that an edit changes. @throws Refusal */
export function edited(
  world: World,
  channel: ChannelState,
  request: ApiRequest,
  message: APIMessage,
): Partial<APIMessage> {
  const shown = shownIn(world, channel, request, message);
  const mentions = mentionsIn(world, channel, shown.content ?? message.content, {
    allowed: allowedMentionsIn(request),
  });
  return { ...shown, ...mentions, edited_timestamp: new Date(world.now()).toISOString() };
}
