import type { Cut, Room } from "./room.ts";
import { longest } from "./room.ts";
import { type Span, spansText } from "./tree.ts";

/** A long text that follows something is begun in the same chunk only if this much of it fits. */
const WORTHWHILE = 200;

/** How far back the beginning of a character made of many code points is looked for. */
const MAX_CHARACTER = 1_024;

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Cut a paragraph at a line, a sentence or a word, whichever comes last in a good place; else between characters. */
export function cutSpans(spans: readonly Span[]): (room: Room<Span>) => Cut<Span> {
  return (room) => {
    const text = spansText(spans);
    const blank = text.length - text.trimStart().length;
    if (blank > 0) return cutSpans(tailOf(spans, blank))(room);

    const most = longest(text.length, (length) => room.fits(headOf(spans, length)));
    if (!room.fresh && most < WORTHWHILE) return [[], spans];
    let at = textBorder(text, most);
    let end = endBefore(text, at);
    // What ends elsewhere may need more escapes than what is longer.
    while (end > 0 && !room.fits(headOf(spans, end))) {
      at = textBorder(text, Math.floor(at * 0.9));
      end = endBefore(text, at);
    }
    if (end === 0) return [[], spans];
    const start = text.length - text.slice(at).trimStart().length;
    return [headOf(spans, end), tailOf(spans, start)];
  };
}

function endBefore(text: string, at: number): number {
  return text.slice(0, at).trimEnd().length;
}

/** Cut code at the end of a line; a line too long for any chunk between characters. */
export function cutCode(text: string, room: { fits(text: string): boolean; fresh: boolean }): [string, string] {
  const most = longest(text.length, (length) => room.fits(text.slice(0, length)));
  if (!room.fresh && most < WORTHWHILE) return ["", text];
  const lineEnd = text.lastIndexOf("\n", most);
  if (lineEnd > 0) return [text.slice(0, lineEnd), text.slice(lineEnd + 1)];
  const at = room.fresh ? characterBorder(text, most) : 0;
  return [text.slice(0, at), text.slice(at)];
}

/** The best place to cut a text into two within its first `most` units; 0 if there is none. */
function textBorder(text: string, most: number): number {
  const half = most >> 1;
  const line = text.lastIndexOf("\n", most);
  if (line > half) return line;

  let sentence = 0;
  for (const { index, 0: end } of text
    .slice(half, most + 1)
    .matchAll(/[.!?…]["'»”’)\]]{0,3}\s|[。！？][」』）]{0,3}/g)) {
    const at = half + index + end.trimEnd().length;
    if (at <= most) sentence = at;
  }
  if (sentence > 0) return sentence;

  const words = text.slice(half >> 1, most + 1);
  const space = words.search(/\s\S*$/);
  if (space > 0) return (half >> 1) + space;
  return characterBorder(text, most);
}

/** The last place at or before `at` that lies inside no visible character, or at least inside no surrogate pair. */
function characterBorder(text: string, at: number): number {
  if (at <= 0) return 0;
  // An ASCII character begins a visible character, whatever was before it.
  let start = at - 1;
  while (start > 0 && at - start < MAX_CHARACTER && text.charCodeAt(start) > 0x7f) start--;
  const character = graphemes.segment(text.slice(start, at + 64)).containing(at - start);
  const begin = start + (character?.index ?? 0);
  if (begin > start || (start > 0 && text.charCodeAt(start) <= 0x7f)) return begin;
  return isLowSurrogate(text, at) ? at - 1 : at;
}

function isLowSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** The first `length` units. A link that goes on after them leaves its address to its end. */
function headOf(spans: readonly Span[], length: number): Span[] {
  const head: Span[] = [];
  let left = length;
  for (const span of spans) {
    if (left <= 0) {
      return span.link === head.at(-1)?.link ? withoutAddress(head) : head;
    }
    head.push(left < span.text.length ? { ...span, text: span.text.slice(0, left) } : span);
    if (left < span.text.length) return withoutAddress(head);
    left -= span.text.length;
  }
  return head;
}

function withoutAddress(head: Span[]): Span[] {
  const link = head.at(-1)?.link;
  if (link === undefined || link.bare) return head;
  const begun = { ...link, bare: true };
  return head.map((span) => (span.link === link ? { ...span, link: begun } : span));
}

function tailOf(spans: readonly Span[], from: number): Span[] {
  const tail: Span[] = [];
  let skip = from;
  for (const span of spans) {
    if (skip < span.text.length) tail.push(skip > 0 ? { ...span, text: span.text.slice(skip) } : span);
    skip = Math.max(0, skip - span.text.length);
  }
  return tail;
}
