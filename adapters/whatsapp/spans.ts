import { saysAddress } from "../markdown/links.ts";
import { type SpanMarkup, writeSpans } from "../markdown/spans.ts";
import type { Link, Span } from "../markdown/tree.ts";
import { address, couldPair, escapeLines, escapeText, GAP, inlineCode, LINE_END, MARK, marked } from "./markup.ts";

const MARKS = ["bold", "italic", "strike", "code"] as const;

const SIGNS = [
  ["bold", "*"],
  ["italic", "_"],
  ["strike", "~"],
] as const;

/** Texts come escaped, for what a sign means depends on its neighbours. */
const markup: SpanMarkup = {
  text: (text) => text,
  bold: (inner) => marked(inner, "*"),
  italic: (inner) => marked(inner, "_"),
  strike: (inner) => marked(inner, "~"),
  code: inlineCode,
  link,
};

/** WhatsApp makes links of addresses alone. */
function link(inner: string, { url, bare }: Link): string {
  if (!bare) return `${inner} (${address(url)})`;
  return saysAddress(readable(inner), url) ? address(url) : inner;
}

/** Write the spans of a paragraph. */
export function spans(content: readonly Span[]): string {
  const all = content.map(nestable).flatMap(apart);
  const texts = all.map(({ text }) => text);
  // Where a look is meant, a sign like its own could end it.
  const signs = SIGNS.filter(([look, sign]) => all.some((span) => span[look]) || couldPair(sign, texts));
  const safe = all.map(escaped(signs.map(([, sign]) => sign).join("")));
  return escapeLines(writeSpans(safe, markup));
}

/** WhatsApp's code has no other look. */
function nestable({ code, ...span }: Span): Span {
  if (code === undefined) return span;
  return { text: span.text, code, ...(span.link !== undefined && { link: span.link }) };
}

/** Put a gap between looks and the words that they touch, and between two looks. */
function apart(span: Span, at: number, all: readonly Span[]): Span[] {
  const before = all[at - 1];
  if (before === undefined) return [span];
  const linked = before.link === span.link;
  const ends = MARKS.some((mark) => before[mark] && !(linked && span[mark]));
  const begins = MARKS.some((mark) => span[mark] && !(linked && before[mark]));
  if (/\s$/.test(before.text) || /^\s/.test(span.text)) return [span];
  const touches = (begins && isLetter(before.text.at(-1))) || (ends && isLetter(span.text[0]));
  if (!touches && !(ends && begins)) return [span];
  const gap: Span = { text: GAP };
  for (const mark of MARKS) if (linked && before[mark] && span[mark]) gap[mark] = true;
  if (linked && span.link !== undefined) gap.link = span.link;
  return [gap, span];
}

function escaped(signs: string): (span: Span, at: number, all: readonly Span[]) => Span {
  return (span, at, all) => {
    if (span.code) return span;
    const [before, after] = [neighbour(span, all[at - 1], -1), neighbour(span, all[at + 1], 0)];
    return { ...span, text: escapeText(span.text, before, after, signs) };
  };
}

/** What stands next to a span: the last or first character of the other, unless a sign comes between. */
function neighbour(span: Span, other: Span | undefined, side: 0 | -1): string {
  const marks = MARKS.some((mark) => span[mark] !== other?.[mark]) || (span.link !== other?.link && isMarked(span));
  if (marks) return MARK;
  return other === undefined ? LINE_END : (other.text.at(side) ?? MARK);
}

function isMarked(span: Span): boolean {
  return MARKS.some((mark) => span[mark]);
}

/** In any script, or half of a character: nobody knows what clients make of it. */
function isLetter(unit: string | undefined): boolean {
  return unit !== undefined && /^[\p{L}\p{N}\p{M}\p{Cs}]$/u.test(unit);
}

/** Written text as it is read, without signs. */
function readable(inner: string): string {
  return inner.replace(/[\u200a\u200b*~`]/g, "");
}
