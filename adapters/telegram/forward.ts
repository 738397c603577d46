import { cutText } from "../cut-text.ts";
import type { Forward } from "../record.ts";
import type { MessageOrigin, TelegramMessage } from "./message.ts";
import { MAX_NAME, senderOf } from "./people.ts";

/**
 * Where a message comes from that its sender only passes on. What a channel posts and Telegram itself brings into the
 * channel's group is no such message: the channel is its sender.
 *
 * @see https://core.telegram.org/bots/api#messageorigin
 */
export function forwardOf({ forward_origin, is_automatic_forward }: TelegramMessage): Forward | undefined {
  if (forward_origin === undefined || is_automatic_forward === true) return undefined;
  return originOf(forward_origin);
}

/** Whoever wrote it: a person, one who hides behind a name, or a group or channel. */
export function originOf({ sender_user, sender_user_name, sender_chat, chat }: MessageOrigin): Forward {
  const { id, name } = senderOf({ from: sender_user, sender_chat: sender_chat ?? chat });
  const called = name || cutText(sender_user_name ?? "", MAX_NAME);
  return { ...(id !== "" && { userId: id }), ...(called !== "" && { name: called }) };
}
