import type { CommandCall } from "../record.ts";
import { bareJid, userOf } from "./ids.ts";
import { listIn } from "./payload.ts";
import type { Scene } from "./scene.ts";
import type { Content } from "./unwrap.ts";

/** As many people as a group can hold. More than that nobody picks by hand. */
const MAX_MENTIONS = 2_048;

/** How texts mention somebody: by the number before the `@` of their JID. */
const MENTION = /@(\d{1,32})(?!\d)/g;

const LEADING_MENTION = /^\s*@(\d{1,32})(?!\d)[,:]?\s*/;

/** The name ends where a word does, so that a path is none, nor is a command for somebody else (`/stop@otherbot`). */
const COMMAND = /^\/(?<name>[a-z][\w-]{0,31})(?:\s+(?<args>[\s\S]*))?$/i;

/** What somebody wrote, as it is handed on. */
export interface Said {
  text: string;
  command?: CommandCall;
}

/** Everybody whom a message mentions, without devices. Groups and calls to all are not among them. */
export function mentionedIn({ context }: Pick<Content, "context">): string[] {
  return listIn(context.mentionedJid, MAX_MENTIONS).flatMap((jid) => bareJid(jid) ?? []);
}

/** Whether a JID of either form, with a device or without, is the bot's own. */
export function isBot(jid: unknown, { bot }: Scene): boolean {
  const bare = bareJid(jid);
  return bare !== undefined && (bare === bareJid(bot.lid) || bare === bareJid(bot.phone));
}

/** Whether a message mentions the bot: WhatsApp lists those who are; a number in the text alone is a number. */
export function mentionsBot(content: Content, scene: Scene): boolean {
  return mentionedIn(content).some((jid) => isBot(jid, scene));
}

/**
 * Read a text: a mention of the bot that it begins with is taken out, other mentions are names, and what then begins with
 * a slash is a command. A text of nothing but the mention stays.
 */
export function readWords(words: string, content: Content, scene: Scene): Said {
  const lead = LEADING_MENTION.exec(words);
  const leads = lead !== null && isOwnNumber(lead[1], scene) && mentionsBot(content, scene);
  const rest = leads ? words.slice(lead[0].length) : words;
  const text = withNames(rest === "" ? words : rest, content, scene);
  const { name, args = "" } = COMMAND.exec(rest)?.groups ?? {};
  if (name === undefined) return { text };
  return { text, command: { name: name.toLowerCase(), args: withNames(args, content, scene).trim() } };
}

/** A text with the names of those it mentions; who is not known stays a number. */
export function withNames(text: string, content: Content, scene: Scene): string {
  if (!text.includes("@")) return text;
  const people = new Map(mentionedIn(content).map((jid) => [userOf(jid), jid]));
  const named = isBotNamed(people, scene);
  return text.replace(MENTION, (written, number: string) => {
    if (named && isOwnNumber(number, scene)) return `@${scene.bot.name}`;
    const jid = people.get(number);
    const name = jid === undefined ? undefined : scene.nameOf?.(scene.person(jid).id);
    return name === undefined ? written : `@${name}`;
  });
}

function isBotNamed(people: ReadonlyMap<string | undefined, string>, scene: Scene): boolean {
  return scene.bot.name !== undefined && people.values().some((jid) => isBot(jid, scene));
}

function isOwnNumber(number: string | undefined, { bot }: Scene): boolean {
  return number !== undefined && (number === userOf(bot.lid) || number === userOf(bot.phone));
}
