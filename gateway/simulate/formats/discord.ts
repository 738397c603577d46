import { CsvError, parse } from "csv-parse";
import { idOf, isObject, type LogEntry, LogError, type LogSource, textOf, timeOf } from "../log.ts";
import { messageArray } from "./message-array.ts";

/** What people write; anything else is the platform's own. The numbers stand in exports of kinds without a name. */
const WRITTEN = new Set(["Default", "Reply", "0", "19"]);

/**
 * A channel as DiscordChatExporter writes it as JSON.
 *
 * @see https://github.com/Tyrrrz/DiscordChatExporter
 */
export async function* discordJson(source: LogSource): AsyncGenerator<LogEntry> {
  for await (const { line, value } of messageArray(source)) {
    if (!isObject(value) || !isObject(value.author)) {
      throw new LogError(source.file, line, "this message has no author: expected an export of DiscordChatExporter");
    }
    if (value.type !== undefined && !WRITTEN.has(String(value.type))) continue;
    const { author, content, mentions, reference } = value;
    const [id, user] = [idOf(value.id), idOf(author.id)];
    if (id === undefined || user === undefined) throw new LogError(source.file, line, "a message without ids");
    const at = timeOf(value.timestamp);
    if (at === undefined) throw new LogError(source.file, line, "timestamp: expected a time like 2026-01-31T12:00:00Z");
    // What is passed on refers to its original in the same way as an answer does.
    const isForward = isObject(reference) && reference.type === "Forward";
    const replyTo = isObject(reference) && !isForward ? idOf(reference.messageId) : undefined;
    yield {
      id,
      at,
      line,
      user: { id: user, name: textOf(author.nickname) || (textOf(author.name) ?? "") },
      isBot: author.isBot === true,
      text: textOf(content) ?? "",
      mentions: (Array.isArray(mentions) ? mentions : []).flatMap(namesOf),
      ...(replyTo !== undefined && { replyTo }),
    };
  }
}

function namesOf(person: unknown): string[] {
  if (!isObject(person)) return [];
  return [idOf(person.id), textOf(person.name)].filter((name) => name !== undefined);
}

const COLUMNS = ["AuthorID", "Author", "Date", "Content"] as const;

/** The same as CSV, which knows neither answers nor who is a program. */
export async function* discordCsv({ file, pieces }: LogSource): AsyncGenerator<LogEntry> {
  const parser = parse({ bom: true, columns: true, info: true, skip_empty_lines: true, max_record_size: 4_000_000 });
  const feeding = feed(parser, pieces);
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: unknown; info: { lines: number } }>) {
      const row = record as Readonly<Record<string, string | undefined>>;
      // The line on which a row ends; texts have several.
      const line = info.lines;
      const missing = COLUMNS.filter((column) => row[column] === undefined);
      if (missing.length > 0)
        throw new LogError(file, 1, `expected the columns ${COLUMNS.join(", ")}: no ${missing.join(", ")}`);
      const at = timeOf(row.Date);
      if (at === undefined) throw new LogError(file, line, "Date: expected a time like 2026-01-31T12:00:00+00:00");
      const user = idOf(row.AuthorID);
      if (user === undefined) throw new LogError(file, line, "AuthorID: expected an id");
      const text = (row.Content ?? "").toWellFormed();
      yield {
        id: `line-${line}`,
        at,
        line,
        user: { id: user, name: row.Author ?? "" },
        isBot: false,
        text,
        mentions: [],
      };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error.lines === "number" ? error.lines : undefined;
    throw new LogError(file, line, `this is no CSV: ${error.code}`);
  } finally {
    parser.destroy();
    await feeding;
  }
}

/** Rows are parsed as fast as they are read, and no faster. */
async function feed(parser: ReturnType<typeof parse>, pieces: AsyncIterable<string>): Promise<void> {
  const drained = () =>
    new Promise<void>((resolve) => {
      parser.once("drain", resolve);
      parser.once("close", resolve);
    });
  try {
    for await (const piece of pieces) {
      if (parser.destroyed) return;
      if (!parser.write(piece)) await drained();
    }
    parser.end();
  } catch (error) {
    parser.destroy(error instanceof Error ? error : new Error("the log cannot be read"));
  }
}
