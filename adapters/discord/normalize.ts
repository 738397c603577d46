import { MessageType } from "discord.js";
import type { InboundMessage } from "../record.ts";
import { commandOf, isAddressed } from "./addressing.ts";
import { attachmentsOf } from "./attachments.ts";
import { isForward, textOf } from "./content.ts";
import { snowflakeTime } from "./ids.ts";
import type { DiscordMessage } from "./payload.ts";
import { senderOf } from "./people.ts";
import { replyOf } from "./reply.ts";
import { placeOf, type Scene } from "./scene.ts";

/** All others are notices: somebody joined, a message was pinned, a thread was opened, a command was answered. */
const SAID: ReadonlySet<number> = new Set([MessageType.Default, MessageType.Reply]);

/**
 * Read a Discord message as a source record; `null` for what the gateway never answers: notices, the bot's own
 * messages, and those of which it may see nothing.
 *
 * @param maxAttachmentBytes larger files are marked as unavailable; default 25 MB
 * @see https://discord.com/developers/docs/resources/message
 */
export function normalize(message: DiscordMessage, scene: Scene, maxAttachmentBytes?: number): InboundMessage | null {
  const { bot, channel } = scene;
  if (!SAID.has(message.type) || message.author.id === bot.id) return null;
  const attachments = attachmentsOf(message, maxAttachmentBytes);
  const text = textOf(message, scene);
  if (text === "" && attachments.length === 0) return null;

  const place = placeOf(channel);
  const command = commandOf(message, scene);
  const replyTo = replyOf(message, scene);
  return {
    source: {
      platform: "discord",
      account: bot.account,
      ...place,
      user: senderOf(message),
      messageId: message.id,
      sentAt: sentAt(message),
    },
    text,
    attachments,
    addressed: place.chat.kind === "dm" || replyTo?.fromSelf === true || isAddressed(message, bot),
    ...(replyTo !== undefined && { replyTo }),
    ...(isForward(message) && { forwarded: {} }),
    ...(command !== undefined && { command }),
    ...(message.edited_timestamp !== undefined && { edited: true }),
  };
}

/** A platform like Discord may have ids that tell no time. */
function sentAt({ id, timestamp = "" }: DiscordMessage): number {
  const told = Date.parse(timestamp);
  return told >= 0 ? told : snowflakeTime(id);
}
