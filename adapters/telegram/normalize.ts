import type { Chat, ChatKind, InboundMessage, SourceRecord, Thread } from "../record.ts";
import { commandOf, isName, markedText, mentions } from "./addressing.ts";
import { attachmentsOf } from "./attachments.ts";
import { textOf } from "./content.ts";
import { forwardOf } from "./forward.ts";
import { GENERAL_TOPIC, idOf } from "./ids.ts";
import type { TelegramChat, TelegramMessage } from "./message.ts";
import { TelegramPayloadError } from "./payload.ts";
import { chatName, senderOf } from "./people.ts";
import { replyOf } from "./reply.ts";

export interface BotIdentity {
  /** The configured name of the account. */
  account: string;
  id: string;
  /** Without the `@`. */
  username: string;
}

const KINDS: ReadonlyMap<string, ChatKind> = new Map([
  ["private", "dm"],
  ["group", "group"],
  ["supergroup", "group"],
  ["channel", "channel"],
]);

const NOTHING_MARKED = { text: "", entities: [] };

/** Clients cut longer texts at 4096 units, or somewhat before that, and send the rest as further messages. */
const CUT_FROM = 4_000;

/**
 * Read a Telegram message as a source record; `null` for what the gateway never answers: service messages, the bot's
 * own, commands for another bot.
 *
 * @param maxAttachmentBytes larger files are marked as unavailable; default 20 MB
 * @throws TelegramPayloadError if the message is of a kind of chat that the Bot API does not know
 * @see https://core.telegram.org/bots/api#message
 */
export function normalize(
  message: TelegramMessage,
  bot: BotIdentity,
  maxAttachmentBytes?: number,
): InboundMessage | null {
  const user = senderOf(message);
  if (user.id === bot.id) return null;
  const attachments = attachmentsOf(message, maxAttachmentBytes);
  const text = textOf(message) ?? "";
  if (text === "" && attachments.length === 0) return null;

  const forwarded = forwardOf(message);
  // What somebody else has written is neither the sender's command nor the sender's call.
  const marked = forwarded === undefined ? markedText(message) : NOTHING_MARKED;
  const call = commandOf(marked);
  if (call?.target !== undefined && !isName(call.target, bot.username)) return null;

  const source = sourceOf(message, user, bot.account);
  const replyTo = replyOf(message, bot.id);
  const addressed =
    source.chat.kind === "dm" || call?.target !== undefined || replyTo?.fromSelf === true || mentions(marked, bot);
  return {
    source,
    text,
    attachments,
    addressed,
    ...(replyTo !== undefined && { replyTo }),
    ...(forwarded !== undefined && { forwarded }),
    ...(call !== undefined && { command: { name: call.name, args: call.args } }),
    ...(message.media_group_id !== undefined && { albumId: String(message.media_group_id) }),
    ...((message.text?.length ?? 0) >= CUT_FROM && { mayContinue: true }),
  };
}

function sourceOf(message: TelegramMessage, user: SourceRecord["user"], account: string): SourceRecord {
  return {
    platform: "telegram",
    account,
    ...placeOf(message),
    user,
    messageId: idOf(message.message_id),
    sentAt: message.date * 1000,
  };
}

/** Where a message stands. @throws TelegramPayloadError */
export function placeOf(message: TelegramMessage): Pick<SourceRecord, "chat" | "thread"> {
  const thread = threadOf(message);
  return { chat: chatOf(message.chat), ...(thread !== undefined && { thread }) };
}

function chatOf(chat: TelegramChat): Chat {
  const kind = KINDS.get(chat.type);
  if (kind === undefined) throw new TelegramPayloadError("a message in an unknown kind of chat");
  const name = chatName(chat);
  return {
    id: idOf(chat.id),
    kind,
    ...(name !== undefined && { name }),
    ...(chat.is_forum === true && { opensThreads: true }),
  };
}

/** Replies in plain supergroups carry a thread id as well: it counts only where Telegram says that it is a topic's. */
function threadOf({ is_topic_message, message_thread_id, reply_to_message }: TelegramMessage): Thread | undefined {
  if (is_topic_message !== true || message_thread_id === undefined || message_thread_id === GENERAL_TOPIC) return;
  const name = reply_to_message?.forum_topic_created?.name;
  return { id: idOf(message_thread_id), kind: "native", ...(name !== undefined && { name }) };
}
