import { idOf, isObject, type LogEntry, LogError, type LogSource, textOf, timeOf } from "../log.ts";
import { messageArray } from "./message-array.ts";

/**
 * One chat as Telegram Desktop exports it: `result.json`, "machine-readable JSON". Service messages are left out.
 *
 * @see https://core.telegram.org/import-export
 */
export async function* telegram(source: LogSource): AsyncGenerator<LogEntry> {
  for await (const { line, value } of messageArray(source)) {
    if (!isObject(value) || value.type !== "message") continue;
    // An account that was deleted has an id and no name; older exports have numbers in place of `user123`.
    const author = idOf(value.from_id) ?? idOf(value.from);
    const id = idOf(value.id);
    if (author === undefined || id === undefined) continue;
    const at = timeIn(value);
    if (at === undefined) {
      throw new LogError(
        source.file,
        line,
        "this message has no time: expected date_unixtime, or date like 2026-01-31T12:00:00",
      );
    }
    const parts = [value.text].flat();
    const replyTo = idOf(value.reply_to_message_id);
    yield {
      id,
      at,
      line,
      user: { id: author, name: textOf(value.from) ?? "" },
      isBot: false,
      text: parts.map(wordsOf).join(""),
      mentions: parts.flatMap(mentionIn),
      ...(replyTo !== undefined && { replyTo }),
    };
  }
}

function timeIn({ date_unixtime: seconds, date }: Readonly<Record<string, unknown>>): number | undefined {
  const text = idOf(seconds);
  if (text !== undefined && /^\d{1,11}$/.test(text)) return Number(text) * 1_000;
  return timeOf(date);
}

/** Plain text is a string, everything else in it an object with its kind. */
function wordsOf(part: unknown): string {
  return textOf(isObject(part) ? part.text : part) ?? "";
}

function mentionIn(part: unknown): string[] {
  if (!isObject(part)) return [];
  if (part.type === "mention") return [wordsOf(part)];
  const id = part.type === "mention_name" ? idOf(part.user_id) : undefined;
  return id === undefined ? [] : [`user${id}`];
}
