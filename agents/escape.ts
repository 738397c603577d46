/**
 * What code writes around people's words, and how it keeps those words from writing any of it.
 *
 * Where several people write, everything inside an element is escaped. Who is alone with the agent is read as they write,
 * with pasted code and all: there only what could be taken for one of our own elements is escaped.
 */
const ELEMENTS = ["message", "quoted", "forwarded", "attachment", "background", "summary"];

/** White space, and what nobody sees: a model may read over it. */
const GAP = String.raw`[\s\p{C}\p{Z}\p{M}\p{DI}]`;

const OWN = ELEMENTS.map((name) => Array.from(name).join(`${GAP}*`)).join("|");

/** The beginning of such an element, in any case, opening or closing, or the same escaped already. */
const BEGINNING = new RegExp(String.raw`(?:<|&(?:amp;)*lt;)(?=(?:${GAP}|/)*(?:${OWN})(?![\p{L}\p{N}_-]))`, "giu");

/** Make a text safe between tags. */
export function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Make a text safe inside a quoted attribute, and keep it on its line. */
export function escapeAttribute(text: string): string {
  return escapeText(text)
    .replaceAll('"', "&quot;")
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => `&#${char.codePointAt(0)};`);
}

/** The text again that `escapeText` had. */
export function unescapeText(escaped: string): string {
  return escaped.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** A text as it is, except that nothing in it begins or ends an element of ours. */
export function disarm(text: string): string {
  return text.replace(BEGINNING, (sign) => (sign === "<" ? "&lt;" : `&amp;${sign.slice(1)}`));
}

/** The text again that `disarm` had. */
export function rearm(disarmed: string): string {
  return disarmed.replace(BEGINNING, (sign) => (sign === "&lt;" ? "<" : sign.replace(/^&amp;/, "&")));
}
