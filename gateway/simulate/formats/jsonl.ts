import { idOf, isObject, type LogEntry, LogError, type LogSource, textOf, timeOf } from "../log.ts";
import { lines } from "./lines.ts";

const MOST_TOOLS = 100;

/**
 * JSON lines: `{"time", "user", "text"}` each, and if known `"id"`, `"replyTo"`, `"addressed"` and `"tools"`. Times are ISO
 * 8601, UTC unless they say otherwise, or a number: seconds since 1970, or milliseconds.
 */
export async function* jsonLines(source: LogSource): AsyncGenerator<LogEntry> {
  for await (const { line, text } of lines(source)) {
    if (text.trim() === "") continue;
    const wrong = (problem: string) => new LogError(source.file, line, problem);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw wrong("this line is no JSON: write one object with time, user and text on each line");
    }
    if (!isObject(value)) throw wrong("expected an object with time, user and text");
    const { time, user, text: said, id, replyTo, addressed, tools, bot } = value;
    const at = typeof time === "number" ? fromNumber(time) : timeOf(time);
    if (at === undefined) throw wrong("time: expected a time like 2026-01-31T12:00:00Z, or seconds since 1970");
    const name = idOf(user);
    if (name === undefined) throw wrong("user: expected a name or an id");
    const words = textOf(said);
    if (words === undefined) throw wrong("text: expected text");
    if (addressed !== undefined && typeof addressed !== "boolean") throw wrong("addressed: expected true or false");
    if (tools !== undefined && !isCount(tools)) throw wrong(`tools: expected a whole number from 0 to ${MOST_TOOLS}`);
    const answers = idOf(replyTo);
    yield {
      id: idOf(id) ?? `line-${line}`,
      at,
      line,
      user: { id: name, name },
      isBot: bot === true,
      text: words,
      mentions: [],
      ...(answers !== undefined && { replyTo: answers }),
      ...(addressed !== undefined && { addressed }),
      ...(tools !== undefined && { tools }),
    };
  }
}

function fromNumber(time: number): number | undefined {
  if (!Number.isFinite(time) || time < 0 || time > 1e14) return undefined;
  return Math.round(time < 1e11 ? time * 1_000 : time);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MOST_TOOLS;
}
