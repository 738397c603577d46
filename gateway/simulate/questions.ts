import { Dice } from "./dice.ts";
import type { LogEntry } from "./log.ts";

/** A message as it is replayed. */
export interface LogMessage {
  id: string;
  at: number;
  user: { id: string; name: string };
  text: string;
  /** The message of a person that it goes on from; what the bot once answered stands for what it answered. */
  replyTo?: string;
  /** Whether the bot is to answer it. */
  addressed: boolean;
  /** How many tools the answer takes. */
  tools: number;
}

export interface Conversation {
  messages: LogMessage[];
  people: number;
  questions: number;
  /** Of the questions, how many take up what somebody else has said or asked. */
  aboutOthers: number;
  /** Messages of programs, which are left out. */
  ofBots: number;
  /** How it was found out what is for the bot, and what takes tools, in words. */
  chosenBy: string[];
}

export interface QuestionOptions {
  /** Names or ids that the bot goes by in the log. */
  bot: readonly string[];
  /** Where the log does not say what is for a bot: the share of messages that are taken to be. */
  askShare: number;
  /** Where it does not say what takes tools: the share of questions that do, and how many tools they take. */
  taskShare: number;
  taskTools: number;
  seed: number;
}

/** A few megabytes of one person would be one person's log. */
const LONGEST_TEXT = 20_000;

/** A message of a person, and what it says of itself. */
interface Heard {
  message: LogMessage;
  /** What the log says; undefined where it says nothing. */
  addressed: boolean | undefined;
  tools: number | undefined;
  mentionsBot: boolean;
  mentionsOthers: boolean;
}

/**
 * What of a log is replayed: what people say, and which of it is for the bot. Where a bot was there, what mentioned it or
 * answered it is; where the log says so itself, what it says; otherwise chance decides.
 */
export async function questionsOf(entries: AsyncIterable<LogEntry>, options: QuestionOptions): Promise<Conversation> {
  const { heard, ofBots } = await listen(entries, new Set(options.bot.map(folded)));
  const chosenBy = [...chooseQuestions(heard, options), ...chooseTasks(heard, options)];
  const questions = heard.filter(({ message }) => message.addressed);
  return {
    messages: heard.map(({ message }) => message),
    people: new Set(heard.map(({ message }) => message.user.id)).size,
    questions: questions.length,
    aboutOthers: questions.filter(({ mentionsOthers }) => mentionsOthers).length,
    ofBots,
    chosenBy,
  };
}

async function listen(
  entries: AsyncIterable<LogEntry>,
  bots: ReadonlySet<string>,
): Promise<{ heard: Heard[]; ofBots: number }> {
  const heard: Heard[] = [];
  /** Who wrote a message, and what it goes on from: for messages of bots, what they answered. */
  const written = new Map<string, { user: string; from: string | undefined; isBot: boolean }>();
  const known = new Set<string>();
  let ofBots = 0;
  for await (const { id, at, user, isBot, text, replyTo, mentions, addressed, tools } of entries) {
    const byBot = isBot || bots.has(folded(user.id)) || bots.has(folded(user.name));
    const before = replyTo === undefined ? undefined : written.get(replyTo);
    const from = before?.isBot ? before.from : before && replyTo;
    written.set(id, { user: user.id, from, isBot: byBot });
    if (byBot) {
      ofBots += 1;
      continue;
    }
    const words = text.slice(0, LONGEST_TEXT).toWellFormed();
    const named = [...mentions, ...atNames(words)].map(folded);
    const own = [folded(user.id), folded(user.name)];
    const answered = from === undefined ? undefined : written.get(from);
    heard.push({
      message: {
        id,
        at,
        user,
        text: words,
        ...(from !== undefined && { replyTo: from }),
        addressed: false,
        tools: tools ?? 0,
      },
      addressed,
      tools,
      mentionsBot: before?.isBot === true || named.some((name) => bots.has(name)) || namesAny(words, bots),
      mentionsOthers:
        (answered !== undefined && answered.user !== user.id) ||
        named.some((name) => known.has(name) && !own.includes(name)),
    });
    for (const name of own) if (name !== "") known.add(name);
  }
  return { heard, ofBots };
}

/** @returns what was left to chance, in words */
function chooseQuestions(heard: readonly Heard[], { bot, askShare, seed }: QuestionOptions): string[] {
  const says = heard.some(({ addressed }) => addressed !== undefined);
  if (says || heard.some(({ mentionsBot }) => mentionsBot)) {
    for (const each of heard) each.message.addressed = says ? each.addressed === true : each.mentionsBot;
    return [];
  }
  for (const { message } of heard) {
    message.addressed = message.text.trim() !== "" && new Dice(seed, `ask:${message.id}`).chance(askShare);
  }
  const why =
    bot.length > 0 ? "Nobody in the log mentions or answers that bot" : "The log does not say what is for a bot";
  return [`${why}: ${percent(askShare)} of the messages are taken to be, by chance (--ask-share).`];
}

/** The same for what takes tools. */
function chooseTasks(heard: readonly Heard[], { taskShare, taskTools, seed }: QuestionOptions): string[] {
  const questions = heard.filter(({ message }) => message.addressed);
  if (taskShare === 0 || questions.some(({ tools }) => tools !== undefined)) return [];
  for (const { message } of questions) {
    if (new Dice(seed, `tools:${message.id}`).chance(taskShare)) message.tools = taskTools;
  }
  return [
    `The log does not say what takes tools: ${percent(taskShare)} of the questions are taken to, ${taskTools} each (--task-share).`,
  ];
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}

function folded(name: string): string {
  return name.replace(/^@/, "").toLowerCase();
}

/** One-word names behind an at sign. */
function atNames(text: string): string[] {
  return [...text.matchAll(/(?<![\w@])@([\p{L}\p{N}_.-]{1,64})/gu)].map(([, name = ""]) => name.replace(/[.-]+$/, ""));
}

/** Names of several words, or with other characters in them, as Discord shows them. */
function namesAny(text: string, names: ReadonlySet<string>): boolean {
  const line = text.toLowerCase();
  return [...names].some((name) => {
    const at = line.indexOf(`@${name}`);
    return at >= 0 && !/^[\p{L}\p{N}_]/u.test(line.slice(at + 1 + name.length));
  });
}
