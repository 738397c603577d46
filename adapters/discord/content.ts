import { cutText } from "../cut-text.ts";
import type { DiscordContent, DiscordMessage, DiscordUser } from "./payload.ts";
import { nameOf } from "./people.ts";
import type { Names } from "./scene.ts";

const MAX_ANSWERS = 20;

/** Of a text with all names in it and all that it forwards. */
const MAX_TEXT = 65_536;

/** What Discord writes as numbers between angle brackets, and shows as something else. */
const MARKED =
  /<(?:@!?(?<user>\d{1,20})|@&(?<role>\d{1,20})|#(?<channel>\d{1,20})|a?(?<emoji>:\w{1,64}:)\d{1,20}|(?<command>\/[^<>:\n]{1,128}):\d{1,20}|t:(?<time>-?\d{1,13})(?::[a-zA-Z])?)>/g;

/**
 * What a message says in words: its text, then a short form of what people send that is neither text nor file. Of one that
 * is a forward, the words that it forwards.
 *
 * @returns the empty string if it says nothing, as a message of files alone
 */
export function textOf(message: DiscordMessage, names: Names): string {
  const mark = isForward(message) ? "" : "[forwarded] ";
  const parts = [
    words(message, names),
    ...message.message_snapshots.map((snapshot) => `${mark}${words(snapshot, names)}`.trimEnd()),
    pollText(message.poll),
  ];
  return cutText(parts.filter((part) => part !== "").join("\n"), MAX_TEXT);
}

/**
 * Whether all that a message says was written by somebody else. Discord does not tell by whom, and lets nobody add a word;
 * other servers of its API may.
 */
export function isForward({ content, stickers, poll, message_snapshots }: DiscordMessage): boolean {
  return message_snapshots.length > 0 && content.trim() === "" && stickers.length === 0 && poll === undefined;
}

/** A text with its mentions, emoji and times as people read them; what is not known stays as it is. */
export function resolved(text: string, people: readonly DiscordUser[], names: Names): string {
  const read = text.replace(MARKED, (written, ...rest) => {
    const { user, role, channel, emoji, command, time } = rest.at(-1) as Record<string, string | undefined>;
    if (user !== undefined) return prefixed("@", nameAmong(people, user, names)) ?? written;
    if (role !== undefined) return prefixed("@", names.roleName?.(role)) ?? written;
    if (channel !== undefined) return prefixed("#", names.channelName?.(channel)) ?? written;
    if (time !== undefined) return timeText(Number(time)) ?? written;
    return emoji ?? command ?? written;
  });
  return cutText(read, MAX_TEXT);
}

function words({ content, mentions, stickers }: DiscordContent, names: Names): string {
  const said = resolved(content, mentions, names).trim();
  return [said, ...stickers.map((name) => `[sticker] ${name}`)].filter((part) => part !== "").join("\n");
}

function pollText(poll: DiscordMessage["poll"]): string {
  if (poll === undefined) return "";
  return [`[poll] ${poll.question}`, ...poll.answers.slice(0, MAX_ANSWERS).map((answer) => `- ${answer}`)].join("\n");
}

function nameAmong(people: readonly DiscordUser[], id: string, { bot }: Names): string | undefined {
  const person = people.find((each) => each.id === id);
  if (person !== undefined) return nameOf(person);
  return bot !== undefined && bot.id === id && bot.name !== "" ? bot.name : undefined;
}

function prefixed(sign: string, name: string | undefined): string | undefined {
  return name === undefined ? undefined : sign + name;
}

function timeText(seconds: number): string | undefined {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? undefined : `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
