import type { Reply } from "../record.ts";
import { textOf } from "./content.ts";
import { forwardOf, originOf } from "./forward.ts";
import { idOf } from "./ids.ts";
import type { ExternalReply, TelegramMessage } from "./message.ts";
import { senderOf } from "./people.ts";

/**
 * The message that a message replies to, if any.
 *
 * The part that the user selected wins over the whole. What was forwarded is quoted as said by whoever wrote it. Everything said in a topic is, to Telegram, a reply to the
 * service message that opened the topic; that is no reply.
 *
 * @see https://core.telegram.org/bots/api#textquote
 */
export function replyOf(message: TelegramMessage, botId: string): Reply | undefined {
  const { reply_to_message: original, external_reply: external, quote } = message;
  if (original !== undefined && !opensTopic(original, message)) {
    const sender = senderOf(original);
    const author = forwardOf(original) ?? { userId: sender.id, name: sender.name };
    const reply: Reply = { messageId: idOf(original.message_id), fromSelf: sender.id === botId };
    const text = quote?.text ?? textOf(original);
    if (author.userId) reply.userId = author.userId;
    if (author.name) reply.userName = author.name;
    if (text !== null) reply.text = text;
    return reply;
  }
  if (external !== undefined) return externalReply(external, message.chat.id, botId, quote?.text);
  return undefined;
}

function opensTopic(original: TelegramMessage, { is_topic_message, message_thread_id }: TelegramMessage): boolean {
  if (original.forum_topic_created !== undefined) return true;
  return is_topic_message === true && original.message_id === message_thread_id;
}

/** A reply to a message of another topic or another chat, of which Telegram tells little. */
function externalReply(
  { chat, message_id, origin }: ExternalReply,
  chatId: number,
  botId: string,
  text?: string,
): Reply {
  const { userId, name } = originOf(origin ?? {});
  return {
    messageId: externalId(chat?.id, message_id, chatId),
    fromSelf: userId === botId,
    ...(userId !== undefined && { userId }),
    ...(name !== undefined && { userName: name }),
    ...(text !== undefined && { text }),
  };
}

/** Message numbers mean something in their own chat alone: one of another chat must not pass for one of this. */
function externalId(chatId: number | undefined, messageId: number | undefined, here: number): string {
  if (chatId === undefined || messageId === undefined) return "";
  return chatId === here ? idOf(messageId) : `${chatId}/${messageId}`;
}
