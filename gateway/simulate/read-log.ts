import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { type FormatName, logFormats } from "./format-names.ts";
import { discordCsv, discordJson } from "./formats/discord.ts";
import { jsonLines } from "./formats/jsonl.ts";
import { telegram } from "./formats/telegram.ts";
import { type LogEntry, LogError, type LogFormat } from "./log.ts";

const formats: Readonly<Record<FormatName, LogFormat>> = {
  jsonl: jsonLines,
  telegram,
  "discord-json": discordJson,
  "discord-csv": discordCsv,
};

const SNIFFED_BYTES = 65_536;

/**
 * The messages of a log, one by one, in order of time.
 *
 * @throws LogError with file and line; NodeJS.ErrnoException if the file cannot be read
 */
export async function* readLog(path: string, name: string, format: FormatName): AsyncGenerator<LogEntry> {
  const pieces = withoutMark(createReadStream(path, { encoding: "utf8", highWaterMark: SNIFFED_BYTES }));
  let latest = Number.NEGATIVE_INFINITY;
  const ids = new Set<string>();
  for await (const entry of formats[format]({ file: name, pieces })) {
    if (entry.at < latest) {
      throw new LogError(
        name,
        entry.line,
        "this message is older than the one before it: sort the log by time, oldest first",
      );
    }
    if (ids.has(entry.id)) throw new LogError(name, entry.line, "a message before this one has the same id");
    ids.add(entry.id);
    latest = entry.at;
    yield entry;
  }
  if (ids.size === 0) throw new LogError(name, undefined, "there are no messages in it");
}

/**
 * What the beginning of a log says of its format.
 *
 * @throws LogError if it says nothing; NodeJS.ErrnoException if the file cannot be read
 */
export async function formatOf(path: string, name: string): Promise<FormatName> {
  const file = await open(path);
  let head: string;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFFED_BYTES), 0, SNIFFED_BYTES, 0);
    head = buffer
      .toString("utf8", 0, bytesRead)
      .replace(/^\uFEFF/, "")
      .trimStart();
  } finally {
    await file.close();
  }
  if (head === "") throw new LogError(name, undefined, "the file is empty");
  if (/^"?AuthorID"?,/.test(head)) return "discord-csv";
  if (head.startsWith("{")) {
    const [first = ""] = head.split("\n", 1);
    if (isJson(first.trim()) && /"time"\s*:/.test(first)) return "jsonl";
    if (/"guild"\s*:|"channel"\s*:/.test(head)) return "discord-json";
    if (/"messages"\s*:|"chats"\s*:/.test(head)) return "telegram";
    if (/"time"\s*:/.test(first)) return "jsonl";
  }
  throw new LogError(
    name,
    1,
    `this is in no format that is known (${logFormats.join(", ")}): say which one it is with --from`,
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

async function* withoutMark(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let first = true;
  for await (const piece of pieces) {
    yield first ? piece.replace(/^\uFEFF/, "") : piece;
    first = false;
  }
}
