import { cutText } from "../cut-text.ts";
import type { User } from "../record.ts";
import { idOf } from "./ids.ts";
import type { TelegramChat, TelegramMessage } from "./message.ts";

export const MAX_NAME = 256;

/**
 * Who wrote a message.
 *
 * Anonymous admins, channels and people who post as their channel are known by the chat they post as; the user named
 * beside it is one of Telegram's stand-ins, the same for everybody. Whoever forwards a message is its sender.
 *
 * @see https://core.telegram.org/bots/api#message
 */
export function senderOf({ from, sender_chat }: Pick<TelegramMessage, "from" | "sender_chat">): User {
  if (sender_chat !== undefined) return { id: idOf(sender_chat.id), name: chatName(sender_chat) ?? "", isBot: false };
  if (from === undefined) return { id: "", name: "", isBot: false };
  return { id: idOf(from.id), name: chatName(from) ?? "", isBot: from.is_bot === true };
}

/** The title of a group or channel, the full name of a person. */
export function chatName({
  title,
  first_name,
  last_name,
}: Pick<TelegramChat, "title" | "first_name" | "last_name">): string | undefined {
  const name = title ?? [first_name, last_name].filter(Boolean).join(" ");
  return name === "" ? undefined : cutText(name, MAX_NAME);
}
