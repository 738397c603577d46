import { LogError, type LogSource } from "../log.ts";
import { LONGEST_LINE } from "./lines.ts";

/**
 * The objects of the array `messages` of a JSON file, one by one, without the rest of the file in memory: exports are
 * hundreds of megabytes long. What surrounds the array is passed over.
 *
 * @throws LogError if there is no such array, it does not end, or an object in it is no JSON
 */
export async function* messageArray({ file, pieces }: LogSource): AsyncGenerator<{ line: number; value: unknown }> {
  let line = 1;
  /** Objects and arrays that are open. */
  let depth = 0;
  let inString = false;
  let escaped = false;
  /** The latest string at the top, which may be a key. */
  let word = "";
  let key = "";
  let state: "before" | "inside" | "behind" = "before";
  let chats = false;
  let held = "";
  let began = 0;

  for await (const piece of pieces) {
    let from = 0;
    for (let at = 0; at < piece.length; at++) {
      const char = piece[at] as string;
      if (char === "\n") line++;
      if (inString) {
        if (escaped) escaped = false;
        else if (char === "\\") escaped = true;
        else if (char === '"') inString = false;
        else if (depth === 1 && word.length < 20) word += char;
        continue;
      }
      if (char === '"') {
        inString = true;
        if (depth === 1) word = "";
      } else if (char === ":" && depth === 1) {
        key = word;
        chats ||= key === "chats";
      } else if (char === "{" || char === "[") {
        if (depth === 1 && key === "messages" && char === "[") state = "inside";
        if (state === "inside" && depth === 2) {
          from = at;
          began = line;
        }
        depth++;
      } else if (char === "}" || char === "]") {
        depth--;
        if (state === "inside" && depth === 2) {
          yield { line: began, value: parsed(file, began, held + piece.slice(from, at + 1)) };
          held = "";
          from = at + 1;
        } else if (state === "inside" && depth === 1) state = "behind";
      }
    }
    if (state === "inside" && depth > 2) {
      held += piece.slice(from);
      if (held.length > LONGEST_LINE) throw new LogError(file, began, "the message that begins here does not end");
    }
  }
  if (state === "inside")
    throw new LogError(file, line, "the file ends in the middle of its messages: export it again");
  if (state === "before") {
    throw new LogError(
      file,
      undefined,
      chats
        ? "this is the export of a whole account: export one chat, from the chat's own menu"
        : 'expected an export with a list of "messages"',
    );
  }
}

/** Telegram writes control characters as `\x0B`, which is no JSON. */
const HEX_ESCAPE = /(?<!\\)((?:\\\\)*)\\x([0-9A-Fa-f]{2})/g;

function parsed(file: string, line: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    try {
      return JSON.parse(text.replace(HEX_ESCAPE, "$1\\u00$2"));
    } catch {
      throw new LogError(file, line, "the message that begins here is no JSON");
    }
  }
}
