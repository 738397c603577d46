import type { CallbackQuery, Message, User } from "telegraf/types";

/**
 * Any message of the Bot API. What one kind has and another has not is optional here, so that fields are read without
 * asking for the kind first.
 *
 * @see https://core.telegram.org/bots/api#message
 */
export type TelegramMessage = Omit<Message.ServiceMessage, "chat" | "sender_chat"> &
  Partial<
    Omit<
      Message.TextMessage &
        Message.PhotoMessage &
        Message.AnimationMessage &
        Message.AudioMessage &
        Message.VoiceMessage &
        Message.VideoMessage &
        Message.VideoNoteMessage &
        Message.StickerMessage &
        Message.PollMessage &
        Message.VenueMessage &
        Message.ContactMessage &
        Message.DiceMessage &
        Message.ForumTopicCreatedMessage &
        Message.MigrateToChatIdMessage &
        Message.MigrateFromChatIdMessage,
      keyof Message.ServiceMessage | "reply_to_message" | "external_reply"
    >
  > & {
    chat: TelegramChat;
    sender_chat?: TelegramChat;
    reply_to_message?: TelegramMessage;
    external_reply?: ExternalReply;
  };

/** @see https://core.telegram.org/bots/api#chat */
export interface TelegramChat {
  id: number;
  type: string;
  title?: string;
  first_name?: string;
  last_name?: string;
  is_forum?: boolean;
}

/** @see https://core.telegram.org/bots/api#externalreplyinfo */
export interface ExternalReply {
  chat?: TelegramChat;
  message_id?: number;
  origin?: { sender_user?: User };
}

/**
 * Somebody pressed a button.
 *
 * @see https://core.telegram.org/bots/api#callbackquery
 */
export type TelegramCallback = Pick<CallbackQuery, "id" | "from" | "inline_message_id"> & {
  /** That the button stands below; of an old one, Telegram tells no more than its chat and number, with 0 as its date. */
  message?: TelegramMessage;
  data?: string;
};

const MESSAGE_KINDS = ["message", "edited_message", "channel_post", "edited_channel_post"] as const;

/** The kinds of update that Parley asks Telegram for. */
export const ALLOWED_UPDATES = [...MESSAGE_KINDS, "callback_query"] as const;

export type ReadUpdate =
  | { id: number; kind: (typeof MESSAGE_KINDS)[number]; message: TelegramMessage }
  | { id: number; kind: "callback_query"; callback: TelegramCallback };

/** A payload that is not what the Bot API promises. Says what is missing, never what was there. */
export class TelegramPayloadError extends Error {
  readonly code = "telegram-payload";

  constructor(message: string) {
    super(message);
    this.name = "TelegramPayloadError";
  }
}

/**
 * Check the parts of an update that everything else relies on.
 *
 * @returns null for a kind of update that Parley has no use for
 * @throws TelegramPayloadError if it is no update
 */
export function readUpdate(update: unknown): ReadUpdate | null {
  const id = updateId(update);
  if (id === null) throw new TelegramPayloadError("an update without a number");
  const kind = ALLOWED_UPDATES.find((each) => each in (update as object));
  if (kind === undefined) return null;
  const content = (update as Record<string, unknown>)[kind];
  if (kind === "callback_query") {
    if (!isCallback(content)) throw new TelegramPayloadError("update with a callback_query that lacks its id or user");
    return { id, kind, callback: content };
  }
  if (!isMessage(content)) throw new TelegramPayloadError(`update with a ${kind} that lacks its id, date or chat`);
  return { id, kind, message: content };
}

/** The number by which an update is confirmed, or null if it has none. */
export function updateId(update: unknown): number | null {
  return isRecord(update) && Number.isSafeInteger(update.update_id) ? (update.update_id as number) : null;
}

function isMessage(value: unknown): value is TelegramMessage {
  return (
    isRecord(value) &&
    Number.isSafeInteger(value.message_id) &&
    Number.isSafeInteger(value.date) &&
    isRecord(value.chat) &&
    Number.isSafeInteger(value.chat.id) &&
    typeof value.chat.type === "string" &&
    (value.text === undefined || typeof value.text === "string") &&
    (value.caption === undefined || typeof value.caption === "string")
  );
}

function isCallback(value: unknown): value is TelegramCallback {
  return (
    isRecord(value) &&
    typeof value.id === "string" &&
    /^[\w-]{1,64}$/.test(value.id) &&
    isRecord(value.from) &&
    Number.isSafeInteger(value.from.id) &&
    (value.message === undefined || isMessage(value.message)) &&
    (value.data === undefined || typeof value.data === "string")
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
