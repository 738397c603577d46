import type { CommandCall, InboundMessage, Reply } from "../record.ts";
import { attachmentsOf } from "./attachments.ts";
import { ownerOf } from "./ids.ts";
import type { MessageRow } from "./log/messages.ts";

export interface BotIdentity {
  account: string;
  /** Letters, digits, `_` and `-`. */
  name: string;
}

/**
 * Read a message of the platform's log as a source record; `null` for what the gateway never answers: the bot's own
 * messages and commands to another bot.
 */
export function normalize(row: MessageRow, bot: BotIdentity): InboundMessage | null {
  if (row.isBot === 1) return null;
  const command = readCommand(row.text, bot.name);
  if (command === "another's") return null;
  const owner = ownerOf(row.chat);
  const replyTo = readReply(row);
  const message: InboundMessage = {
    source: {
      platform: "web",
      account: bot.account,
      chat:
        owner === null
          ? { id: row.chat, kind: "group", name: row.chat, opensThreads: true }
          : { id: row.chat, kind: "dm" },
      user: { id: row.userId, name: row.userName, isBot: false },
      messageId: row.id,
      sentAt: row.sentAt,
    },
    text: row.text,
    attachments: attachmentsOf(row),
    addressed: owner !== null || replyTo?.fromSelf === true || mentions(row.text, bot.name),
    mayContinue: false,
  };
  if (row.thread !== null) message.source.thread = { id: row.thread, kind: "native" };
  if (replyTo !== null) message.replyTo = replyTo;
  if (command !== null) message.command = command;
  return message;
}

function readReply(row: MessageRow): Reply | null {
  if (row.replyTo === null) return null;
  const reply: Reply = { messageId: row.replyTo, fromSelf: row.quoteIsBot === 1 };
  if (row.quoteUserId !== null) reply.userId = row.quoteUserId;
  if (row.quoteUserName !== null) reply.userName = row.quoteUserName;
  if (row.quoteText !== null) reply.text = row.quoteText;
  return reply;
}

const COMMAND = /^\/([a-z][a-z0-9_-]{0,31})(?:@([a-z0-9_-]+))?(?:\s+(.*))?$/is;

/** A command is the first word of a text; a path such as `/etc/hosts` is none. */
function readCommand(text: string, botName: string): CommandCall | "another's" | null {
  const [, name, bot, args] = COMMAND.exec(text.trim()) ?? [];
  if (name === undefined) return null;
  if (bot !== undefined && bot.toLowerCase() !== botName.toLowerCase()) return "another's";
  return { name: name.toLowerCase(), args: args ?? "" };
}

/** What a word goes on with; some scripts put no space between words. */
const LETTER = "[[\\p{L}\\p{N}_]--[\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}]]";

/** Whether the text names the bot: `@parley`, but not `jane@parley.com`, `@parley-x` or `@parley.com`. */
function mentions(text: string, botName: string): boolean {
  return new RegExp(`(?<!${LETTER}|[.@+\\-])@${botName}(?!${LETTER}|[@\\-]|\\.${LETTER})`, "iv").test(text);
}
