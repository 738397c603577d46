import { cutText } from "../cut-text.ts";
import type { User } from "../record.ts";
import type { DiscordMessage, DiscordUser } from "./payload.ts";

const MAX_NAME = 256;

/**
 * Who wrote a message. A webhook is known by its own id, under whatever name it takes for the message.
 *
 * @see https://discord.com/developers/docs/resources/webhook
 */
export function senderOf({ author, webhook_id }: Pick<DiscordMessage, "author" | "webhook_id">): User {
  return { ...personOf(author), isBot: author.bot || webhook_id !== undefined };
}

export function personOf(user: DiscordUser): User {
  return { id: user.id, name: nameOf(user), isBot: user.bot };
}

/** What others see: the name in this guild, else the one chosen for all of Discord, else the account's. */
export function nameOf({ nick, global_name, username }: DiscordUser): string {
  return cutText(nick || global_name || username, MAX_NAME);
}
