import { badRequest } from "./wire.ts";

const TAGS = new Set("b strong i em u ins s strike del span tg-spoiler a tg-emoji code pre blockquote".split(" "));

const NAMED: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"' };

const PIECE = /<(\/?)([a-zA-Z0-9-]*)((?:\s+[a-zA-Z-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+))?)*)\s*>|<|[^<]+/g;

/**
 * The text that Telegram makes of its HTML: tags gone, character references resolved.
 *
 * @throws Refusal `can't parse entities` for whatever Telegram's parser does not take
 * @see https://core.telegram.org/bots/api#html-style
 */
export function plainTextOf(html: string): string {
  const open: string[] = [];
  let text = "";
  for (const piece of html.matchAll(PIECE)) {
    const [whole, slash, tag, attributes] = piece;
    if (!whole.startsWith("<")) text += resolveReferences(whole);
    else if (slash === "/") close(open, tag ?? "", piece.index);
    else open.push(opened(tag ?? "", attributes ?? "", piece.index));
  }
  const left = open.pop();
  if (left !== undefined) throw refused(`Can't find end tag corresponding to start tag "${left}"`);
  return text;
}

function opened(tag: string, attributes: string, at: number): string {
  const name = tag.toLowerCase();
  if (!TAGS.has(name)) throw refused(`Unsupported start tag "${tag}" at byte offset ${at}`);
  if (name === "span" && !/class\s*=\s*["']?tg-spoiler/.test(attributes)) {
    throw refused(`Tag "span" must have class "tg-spoiler" at byte offset ${at}`);
  }
  return name;
}

function close(open: string[], tag: string, at: number): void {
  const expected = open.pop();
  if (expected === undefined) throw refused(`Unexpected end tag at byte offset ${at}`);
  // The short form closes whatever is open.
  if (tag !== "" && tag.toLowerCase() !== expected) {
    throw refused(`Unmatched end tag at byte offset ${at}, expected "</${expected}>", found "</${tag}>"`);
  }
}

function resolveReferences(text: string): string {
  return text.replace(/&(?:#(\d+)|#[xX]([0-9a-fA-F]+)|([a-z]+));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return NAMED[name] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

function refused(why: string) {
  return badRequest(`can't parse entities: ${why}`);
}
