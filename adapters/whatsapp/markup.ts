/**
 * The narrowest white space there is.
 *
 * WhatsApp knows no escape. But a sign opens a look only if what it applies to follows at once, and closes one only right
 * behind it: "* a *" is read as it stands. So this between a sign and its neighbour makes the sign one like others, on
 * every client, whatever else the client takes for the border of a word. And since a sign inside a word is none either
 * ("snake_case"), this is also what gives a look that begins or ends within a word its border.
 */
export const GAP = "\u200a";

/** Never seen, and no white space: keeps apart backticks that would be a bound, and signs from the beginning of a line. */
export const NOTHING = "\u200b";

/** Looks like a backtick. Clients disagree on where a backtick counts; this one counts nowhere. */
const BACKTICK = "\u02cb";

/** What a text is next to, where that is nothing but a line's beginning or end. */
export const LINE_END = "\n";

/** What a text is next to, where that is a sign of WhatsApp's. */
export const MARK = "";

/**
 * Make a text safe in WhatsApp's markup, wherever on its line it stands.
 *
 * @param before the character before it, `LINE_END` or `MARK`
 * @param after the character behind it, `LINE_END` or `MARK`
 * @param signs those that could mean something, see `couldPair`
 * @see https://faq.whatsapp.com/539178204879377
 */
export function escapeText(text: string, before: string, after: string, signs = "*_~"): string {
  return text
    .replaceAll("`", BACKTICK)
    .replace(/[*_~]/g, (sign, at: number) => {
      if (!signs.includes(sign)) return sign;
      const previous = text[at - 1] ?? before;
      const next = text[at + 1] ?? after;
      if (isWord(previous) && isWord(next)) return sign;
      // On both sides, for one that opens nothing could close what another opened.
      return `${isSpace(previous) ? "" : GAP}${sign}${isSpace(next) ? "" : GAP}`;
    })
    .replaceAll(GAP + GAP, GAP);
}

/**
 * Whether a sign in a paragraph could open a look and one could close it. Tildes that say "about", for example, close none.
 *
 * @param parts its texts; a sign may stand wherever one ends
 */
export function couldPair(sign: "*" | "_" | "~", parts: readonly string[]): boolean {
  const opens = new RegExp(`(?:^|[^0-9A-Za-z])\\${sign}(?:\\S|$)`);
  const closes = new RegExp(`(?:^|\\S)\\${sign}(?![0-9A-Za-z])`);
  return parts.some((part) => opens.test(part)) && parts.some((part) => closes.test(part));
}

/** Take the meaning from what makes a list or a quote at the beginning of a line. */
export function escapeLines(written: string): string {
  return written.replace(/^(?=[^\S\n]*(?:>|[-*+•](?:\s|$)|\d+[.)](?:\s|$)))/gm, NOTHING);
}

/** Written text between two signs, line by line, for no look goes on over the end of one; white space stays outside. */
export function marked(inner: string, sign: string): string {
  return inner.replace(/[^\n]+/g, (line) => {
    const core = line.trim();
    if (core === "") return line;
    const start = line.indexOf(core);
    return line.slice(0, start) + sign + core + sign + line.slice(start + core.length);
  });
}

/** Code within a line. */
export function inlineCode(text: string): string {
  const line = text.replaceAll("\n", " ");
  return line.includes("`") ? fenced(line) : marked(line, "`");
}

/** Code on lines of its own. */
export function codeBlock(text: string): string {
  return fenced(text);
}

/** Between three backticks; three inside would be the end. WhatsApp knows no languages. */
function fenced(text: string): string {
  const inner = text
    .replace(/`(?=``)/g, `\`${NOTHING}`)
    .replace(/^`/, `${NOTHING}\``)
    .replace(/`$/, `\`${NOTHING}`);
  return `\`\`\`${inner}\`\`\``;
}

/** An address in which no sign means anything, and which leads to the same place. */
export function address(url: string): string {
  return url.replace(/[()*_~`]/g, (sign, at: number) => {
    if (sign === "_" && isWord(url[at - 1] ?? "") && isWord(url[at + 1] ?? "")) return sign;
    return `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}

/** Letters and digits that every client takes for a part of a word. */
function isWord(character: string): boolean {
  return /^[0-9A-Za-z]$/.test(character);
}

function isSpace(character: string): boolean {
  return /^\s$/.test(character);
}
