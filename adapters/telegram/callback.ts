import type { InboundMessage } from "../record.ts";
import { commandIn } from "./choices.ts";
import type { TelegramCallback } from "./message.ts";
import { type BotIdentity, placeOf } from "./normalize.ts";
import { senderOf } from "./people.ts";

/**
 * Somebody pressed a button: a command of theirs, in the place where the button stands.
 *
 * @param receivedAt epoch milliseconds: a press has no time of its own
 * @returns null for what no choice is behind, or what nobody can tell the place of
 * @throws TelegramPayloadError if its message stands in a kind of chat that the Bot API does not know
 * @see https://core.telegram.org/bots/api#callbackquery
 */
export function normalizeCallback(
  { id, from, message, data, inline_message_id }: TelegramCallback,
  { account }: Pick<BotIdentity, "account">,
  receivedAt: number,
): InboundMessage | null {
  const command = data === undefined ? null : commandIn(data);
  if (command === null || message === undefined || inline_message_id !== undefined) return null;
  // Of a message that the bot has no access to any more (its date is 0), Telegram does not tell the topic.
  if (message.date === 0 && message.chat.is_forum === true) return null;
  return {
    source: {
      platform: "telegram",
      account,
      ...placeOf(message),
      user: senderOf({ from }),
      messageId: `callback:${id}`,
      sentAt: receivedAt,
    },
    text: `/${command.name} ${command.args}`.trimEnd(),
    attachments: [],
    addressed: true,
    command,
  };
}
