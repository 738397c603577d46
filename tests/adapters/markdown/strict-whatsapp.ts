/** What a reader of a WhatsApp message sees, and what WhatsApp made of it. */
export interface Seen {
  /** Without marks. */
  text: string;
  /** Everything that is more than text, in order: `bold`, `code`, `list`, … */
  found: string[];
}

/** What clients may differ in: which characters are a part of a word, so that a sign next to them means nothing. */
export interface Client {
  word: RegExp;
}

/** Takes nearly everything for the border of a word: reads as much markup as possible. */
export const EAGER: Client = { word: /^[0-9A-Za-z]$/ };

/** Takes letters of every script for parts of words: reads as little markup as possible. */
export const RELUCTANT: Client = { word: /^[\p{L}\p{N}\p{M}\p{Cs}\u200b-\u200d]$/u };

const LOOKS: Readonly<Record<string, string>> = { "*": "bold", _: "italic", "~": "strike" };

const LINES: ReadonlyArray<readonly [name: string, pattern: RegExp, inner: boolean]> = [
  ["quote", /^\s*> ?(.*)$/, true],
  ["list", /^\s*(?:[-*+•]|\d+[.)])\s/, false],
];

/**
 * Read a text by WhatsApp's rules. Three backticks hold code over lines; within a line, one backtick does, before anything
 * else is looked at. Other signs open a look behind the border of a word and right before what they apply to, close it
 * right behind that and before a border, and never reach over the end of a line.
 *
 * @see https://faq.whatsapp.com/539178204879377
 */
export function readWhatsApp(source: string, client: Client = EAGER): Seen {
  const seen: Seen = { text: "", found: [] };
  let end = 0;
  for (const { 0: all, 1: code = "", index } of source.matchAll(/```([\s\S]+?)```/g)) {
    readLines(source.slice(end, index), seen, client);
    seen.found.push("code block");
    seen.text += code;
    end = index + all.length;
  }
  readLines(source.slice(end), seen, client);
  return seen;
}

function readLines(source: string, seen: Seen, client: Client): void {
  for (const [at, line] of source.split("\n").entries()) {
    if (at > 0) seen.text += "\n";
    readLine(line, seen, client);
  }
}

function readLine(line: string, seen: Seen, client: Client): void {
  for (const [name, pattern, inner] of LINES) {
    const match = pattern.exec(line);
    if (match === null) continue;
    seen.found.push(name);
    if (!inner) seen.text += match[0];
    readInline(inner ? (match[1] ?? "") : line.slice(match[0].length), "", seen, client);
    return;
  }
  readInline(line, "", seen, client);
}

function readInline(source: string, outer: string, seen: Seen, client: Client): void {
  for (let at = 0; at < source.length; ) {
    const code = /^`([^`\n]+)`/.exec(source.slice(at));
    const sign = source[at] ?? "";
    const end = code === null ? closing(source, at, outer, client) : -1;
    if (code !== null) {
      seen.found.push("code");
      seen.text += code[1];
      at += code[0].length;
    } else if (end > 0) {
      seen.found.push(LOOKS[sign] ?? "");
      readInline(source.slice(at + 1, end), sign, seen, client);
      at = end + 1;
    } else {
      seen.text += sign;
      at += 1;
    }
  }
}

/** Where the look ends that begins here; -1 if none does. */
function closing(source: string, at: number, outer: string, { word }: Client): number {
  const sign = source[at] ?? "";
  if (!Object.hasOwn(LOOKS, sign) || word.test(source[at - 1] ?? outer) || /^\s?$/.test(source[at + 1] ?? ""))
    return -1;
  const rest = source.slice(at + 1).replace(/`[^`\n]+`/g, (code) => "`".repeat(code.length));
  for (let end = rest.indexOf(sign, 1); end > 0; end = rest.indexOf(sign, end + 1)) {
    if (!/\s/.test(rest[end - 1] ?? "") && !word.test(rest[end + 1] ?? outer)) return at + 1 + end;
  }
  return -1;
}
