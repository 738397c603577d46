import { MessageReferenceType, MessageType } from "discord.js";
import type { Reply } from "../record.ts";
import { isForward, textOf } from "./content.ts";
import type { DiscordMessage } from "./payload.ts";
import { senderOf } from "./people.ts";
import type { Scene } from "./scene.ts";

const MAX_QUOTED = 4_000;

/**
 * The message that a message replies to, if any. Of one that is gone, or that did not come along, only the id is known,
 * and whether it was the bot's.
 *
 * Other references are no replies: a forward brings its message along, and published announcements name the channel that
 * they come from.
 *
 * @see https://discord.com/developers/docs/resources/message#message-reference-types
 */
export function replyOf(message: DiscordMessage, scene: Scene): Reply | undefined {
  const { type, message_reference: reference, referenced_message: original } = message;
  if (type !== MessageType.Reply || reference?.message_id === undefined) return undefined;
  if (reference.type !== MessageReferenceType.Default) return undefined;
  const messageId = reference.message_id;
  if (original == null) return { messageId, fromSelf: scene.isOwn?.(messageId) === true };
  const { id, name } = senderOf(original);
  const text = bounded(textOf(original, scene));
  const fromSelf = original.author.id === scene.bot.id;
  // Whoever forwarded something has not said it.
  const author = isForward(original) ? {} : { userId: id, userName: name };
  return { messageId, ...author, ...(text !== "" && { text }), fromSelf };
}

function bounded(text: string): string {
  if (text.length <= MAX_QUOTED) return text;
  return `${text.slice(0, MAX_QUOTED - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
