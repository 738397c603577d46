import { z } from "zod";
import { cutText } from "../cut-text.ts";

/** Telegram takes 4,096 units; other servers of its API may take more. */
const MAX_TEXT = 65_536;

const MAX_NAME = 256;

const MAX_ID = 256;

/** Of addresses, questions, answers. */
const MAX_PART = 1_000;

/** More parts of one kind than Telegram itself allows are not looked at. */
const MAX_PARTS = 100;

/** The last moment that a date can stand for, in seconds. */
const LAST_SECOND = 8.64e12;

const number = z.int();
// Not by `max`, which also measures what is no text: an object with a hostile `length` makes it throw.
const id = z.string().refine((text) => text !== "" && text.length <= MAX_ID);
const name = z.string().transform((text) => cutText(text, MAX_NAME));
const part = z.string().transform((text) => cutText(text, MAX_PART));

/** What a message can do without: left out where it is malformed. */
function ifGiven<Schema extends z.ZodType>(schema: Schema) {
  return schema.optional().catch(undefined);
}

/** Entries of a list that are malformed are left out, and so is all that is no list. */
function listOf<Schema extends z.ZodType>(entry: Schema) {
  return z.array(z.unknown()).transform((all) =>
    all.slice(0, MAX_PARTS).flatMap((each): z.infer<Schema>[] => {
      const { success, data } = entry.safeParse(each);
      return success ? [data] : [];
    }),
  );
}

const user = z.object({
  id: number,
  is_bot: ifGiven(z.boolean()),
  first_name: ifGiven(part),
  last_name: ifGiven(part),
});

const chat = z.object({
  id: number,
  type: z.string(),
  title: ifGiven(part),
  first_name: ifGiven(part),
  last_name: ifGiven(part),
  is_forum: ifGiven(z.boolean()),
});

const entity = z.object({
  type: z.string(),
  offset: number.min(0),
  length: number.min(0),
  user: ifGiven(z.object({ id: number })),
});

const file = z.object({
  file_id: id,
  file_size: ifGiven(number.min(0)),
  file_name: ifGiven(part),
  mime_type: ifGiven(part),
});

const photoSize = file.extend({ width: number, height: number });
const sticker = file.extend({
  emoji: ifGiven(part),
  is_animated: ifGiven(z.boolean()),
  is_video: ifGiven(z.boolean()),
});
const location = z.object({ latitude: z.number(), longitude: z.number() });

/** Who wrote a message first: what is told depends on its kind, and on what that person wants to be told. */
const origin = {
  sender_user: ifGiven(user),
  sender_user_name: ifGiven(part),
  sender_chat: ifGiven(chat),
  chat: ifGiven(chat),
};

const text = z.string().transform((words) => cutText(words, MAX_TEXT));

/** Who wrote it, where, and what: where that is malformed, the message is. */
const message = z.object({
  message_id: number,
  date: number.min(0).max(LAST_SECOND),
  chat,
  from: user.optional(),
  sender_chat: chat.optional(),
  message_thread_id: number.optional(),
  is_topic_message: z.boolean().optional(),
  migrate_to_chat_id: number.optional(),
  migrate_from_chat_id: number.optional(),
  text: text.optional(),
  caption: text.optional(),
  photo: z
    .array(photoSize)
    .refine(({ length }) => length > 0 && length <= MAX_PARTS)
    .optional(),
  animation: file.optional(),
  document: file.optional(),
  voice: file.optional(),
  audio: file.optional(),
  video: file.optional(),
  video_note: file.optional(),
  sticker: sticker.optional(),
  poll: z.object({ question: part, options: listOf(z.object({ text: part })) }).optional(),
  venue: z.object({ title: part, address: part, location }).optional(),
  location: location.optional(),
  contact: z.object({ phone_number: part, first_name: part, last_name: ifGiven(part) }).optional(),
  dice: z.object({ emoji: part, value: number }).optional(),
  entities: ifGiven(listOf(entity)),
  caption_entities: ifGiven(listOf(entity)),
  media_group_id: ifGiven(id),
  forum_topic_created: ifGiven(z.object({ name: ifGiven(name) })),
  forward_origin: z.object(origin).optional().catch({}),
  is_automatic_forward: ifGiven(z.boolean()),
  quote: ifGiven(z.object({ text })),
  external_reply: ifGiven(
    z.object({
      chat: ifGiven(chat),
      message_id: ifGiven(number),
      origin: ifGiven(z.object(origin)),
    }),
  ),
});

/**
 * Any message of the Bot API, as far as it is read.
 *
 * @see https://core.telegram.org/bots/api#message
 */
export type TelegramMessage = z.infer<typeof message> & { reply_to_message?: TelegramMessage };

/** @see https://core.telegram.org/bots/api#chat */
export type TelegramChat = z.infer<typeof chat>;

/** @see https://core.telegram.org/bots/api#externalreplyinfo */
export type ExternalReply = NonNullable<TelegramMessage["external_reply"]>;

/** @see https://core.telegram.org/bots/api#messageorigin */
export type MessageOrigin = NonNullable<TelegramMessage["forward_origin"]>;

/** @see https://core.telegram.org/bots/api#messageentity */
export type TelegramEntity = z.infer<typeof entity>;

/** A file of any kind. */
export type TelegramFile = z.infer<typeof file>;

/**
 * Somebody pressed a button.
 *
 * @see https://core.telegram.org/bots/api#callbackquery
 */
export interface TelegramCallback extends z.infer<typeof callback> {
  /** That the button stands below; of an old one, Telegram tells no more than its chat and number, with 0 as its date. */
  message?: TelegramMessage;
}

const callback = z.object({
  id: z.string().regex(/^[\w-]{1,64}$/),
  from: user,
  data: z.string().optional(),
  inline_message_id: z.unknown().optional(),
});

/** @returns undefined if it is none */
export function messageIn(value: unknown): TelegramMessage | undefined {
  const { data } = message.safeParse(value);
  if (data === undefined) return undefined;
  // Only one level: Telegram never sends more.
  const original = message.safeParse((value as { reply_to_message?: unknown }).reply_to_message).data;
  return original === undefined ? data : { ...data, reply_to_message: original };
}

/** @returns undefined if it is none */
export function callbackIn(value: unknown): TelegramCallback | undefined {
  const { data } = callback.safeParse(value);
  if (data === undefined) return undefined;
  const below = (value as { message?: unknown }).message;
  if (below === undefined) return data;
  const message = messageIn(below);
  return message && { ...data, message };
}
