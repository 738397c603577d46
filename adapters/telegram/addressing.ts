import type { CommandCall } from "../record.ts";
import type { TelegramEntity, TelegramMessage } from "./message.ts";

/** A text with the parts that Telegram recognised in it. */
export interface MarkedText {
  text: string;
  entities: readonly TelegramEntity[];
}

/** The text or caption of a message. */
export function markedText({ text, caption, entities, caption_entities }: TelegramMessage): MarkedText {
  return text === undefined
    ? { text: caption ?? "", entities: caption_entities ?? [] }
    : { text, entities: entities ?? [] };
}

/** Going on right behind a mention, these make it part of a longer name: `@bot-x`, `@bot@example.org`. */
const LONGER_NAME = /^(?:[\p{L}\p{N}_@]|-[\p{L}\p{N}_])/u;

/**
 * Whether a text names the bot, by its user name or by a link to its profile.
 *
 * Only what Telegram itself marked as a mention counts: an e-mail address or a path that holds the name does not.
 */
export function mentions({ text, entities }: MarkedText, bot: { id: string; username: string }): boolean {
  return entities.some((entity) => {
    if (entity.type === "text_mention") return String(entity.user?.id) === bot.id;
    if (entity.type !== "mention") return false;
    const end = entity.offset + entity.length;
    return isName(text.slice(entity.offset + 1, end), bot.username) && !LONGER_NAME.test(text.slice(end, end + 3));
  });
}

/** A command as it stands in a message. */
export interface MarkedCommand extends CommandCall {
  /** The bot named with it (`/start@bot`), if one is. */
  target?: string;
}

/** @see https://core.telegram.org/bots/api#botcommand */
const COMMAND_NAME = /^[a-z0-9_]{1,64}$/;

/** The command that a text begins with; a slash further on is just a slash. */
export function commandOf({ text, entities }: MarkedText): MarkedCommand | undefined {
  const entity = entities.find(({ type, offset }) => type === "bot_command" && offset === 0);
  if (entity === undefined) return undefined;
  const [name = "", target] = text.slice(1, entity.length).split("@");
  const command = name.toLowerCase();
  if (!COMMAND_NAME.test(command)) return undefined;
  const args = text.slice(entity.length).trim();
  return { name: command, args, ...(target !== undefined && { target }) };
}

/** User names are ASCII and the same in either case. */
export function isName(candidate: string, username: string): boolean {
  return candidate.toLowerCase() === username.toLowerCase();
}
