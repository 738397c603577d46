/** One message of a log as its format tells of it. */
export interface LogEntry {
  /** Unique within the log. */
  id: string;
  /** Epoch ms. */
  at: number;
  /** The line of the file on which it begins, from 1. */
  line: number;
  /** `name` is hostile until it is made harmless. */
  user: { id: string; name: string };
  /** Whether a program wrote it, as far as the log says. */
  isBot: boolean;
  text: string;
  /** The id of the message that it answers, which need not be in the log. */
  replyTo?: string;
  /** Ids or names of people whom it mentions, beside those whose `@name` stands in the text. */
  mentions: readonly string[];
  /** Whether it is for the bot; undefined where the log does not say. */
  addressed?: boolean;
  /** How many tools the answer takes; undefined where the log does not say. */
  tools?: number;
}

/** A log that cannot be read. The message names the file, the line, and what was expected; it quotes nothing of the log. */
export class LogError extends Error {
  readonly code = "log";

  constructor(file: string, line: number | undefined, problem: string) {
    super(line === undefined ? `${file}: ${problem}` : `${file}:${line}: ${problem}`);
    this.name = "LogError";
  }
}

/** A log as it is read, piece by piece. */
export interface LogSource {
  /** For errors. */
  file: string;
  /** Text in pieces of any length. */
  pieces: AsyncIterable<string>;
}

export type LogFormat = (source: LogSource) => AsyncIterable<LogEntry>;

/** What a format promises of a message's text is text: anything else is none. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value.toWellFormed() : undefined;
}

/** An id as text: exporters write them as numbers as well. */
export function idOf(value: unknown): string | undefined {
  if (typeof value === "number" && Number.isSafeInteger(value)) return String(value);
  return typeof value === "string" && value !== "" ? value.toWellFormed() : undefined;
}

/** Epoch ms of an ISO time, which is UTC where it names no zone; undefined if it is none. */
export function timeOf(value: unknown): number | undefined {
  if (typeof value !== "string" || value.trim() === "") return undefined;
  const text = value.trim();
  const zoned = /(?:Z|[+-]\d{2}:?\d{2}|UTC|GMT)$/i.test(text)
    ? text
    : `${text}${/\d{4}-\d{2}-\d{2}T/.test(text) ? "Z" : " UTC"}`;
  const at = Date.parse(zoned);
  return Number.isNaN(at) ? undefined : at;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
