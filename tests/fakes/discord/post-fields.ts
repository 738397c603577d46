import { type APIMessage, type APIPoll, MessageReferenceType, MessageType, StickerFormatType } from "discord.js";
import { mentionsIn } from "./mentions.ts";
import type { MessageFields } from "./messages.ts";
import type { PostOptions } from "./posted.ts";
import type { ChannelState, World } from "./world.ts";

/** The fields of a message that somebody writes. */
export function postFields(world: World, channel: ChannelState, content: string, options: PostOptions): MessageFields {
  const { replyTo, ping = true, attachments = [], stickers = [], poll, forward, webhook } = options;
  if (forward !== undefined) return forwardFields(world, forward);
  const attached = attachments.map((file) => world.files.attach(world.ids.next(), channel.id, file));
  return {
    content,
    ...mentionsIn(world, channel, content, { repliedTo: ping ? replyTo?.author : undefined }),
    attachments: attached,
    ...(replyTo !== undefined && replyFields(channel, replyTo)),
    ...(stickers.length > 0 && { sticker_items: stickers.map((name) => sticker(world, name)) }),
    ...(poll !== undefined && { poll: pollPayload(world, poll) }),
    ...(webhook === true && { webhook_id: world.oldIds.next() }),
  };
}

/** A quote shows what stands there now: null once that is gone. Discord shows one level of replies. */
export function replyFields(channel: ChannelState, { id }: { id: string }): MessageFields {
  const original = channel.messages.get(id);
  const { referenced_message: _, ...quoted } = original ?? {};
  return {
    type: MessageType.Reply,
    message_reference: {
      type: MessageReferenceType.Default,
      channel_id: channel.id,
      message_id: id,
      ...(channel.guild !== undefined && { guild_id: channel.guild.id }),
    },
    referenced_message: original === undefined ? null : (quoted as APIMessage),
  };
}

function forwardFields(world: World, message: APIMessage): MessageFields {
  const { content, type, timestamp, edited_timestamp, flags, embeds, attachments, components } = message;
  const { mentions, mention_roles, sticker_items } = message;
  const snapshot = { content, type, timestamp, edited_timestamp, embeds, attachments, mentions, mention_roles };
  const guild = world.channels.get(message.channel_id)?.guild;
  return {
    message_reference: {
      type: MessageReferenceType.Forward,
      channel_id: message.channel_id,
      message_id: message.id,
      ...(guild !== undefined && { guild_id: guild.id }),
    },
    message_snapshots: [
      {
        message: {
          ...snapshot,
          ...(flags !== undefined && { flags }),
          ...(components !== undefined && { components }),
          ...(sticker_items !== undefined && { sticker_items }),
        },
      },
    ],
  };
}

function sticker(world: World, name: string) {
  return { id: world.oldIds.next(), name, format_type: StickerFormatType.PNG };
}

function pollPayload(world: World, { question, answers }: NonNullable<PostOptions["poll"]>): APIPoll {
  return {
    question: { text: question },
    answers: answers.map((text, index) => ({ answer_id: index + 1, poll_media: { text } })),
    expiry: new Date(world.now() + 24 * 60 * 60_000).toISOString(),
    allow_multiselect: false,
    layout_type: 1,
    results: { is_finalized: false, answer_counts: [] },
  };
}
