import type { Link, Span } from "./tree.ts";

/** How a platform writes each look. Every function but `text` gets what is already written. */
export interface SpanMarkup {
  text(text: string): string;
  bold(inner: string): string;
  italic(inner: string): string;
  strike(inner: string): string;
  code(inner: string): string;
  link(inner: string, link: Link): string;
}

// From the outside in.
const MARKS = ["bold", "italic", "strike", "code"] as const;

/** Write spans with marks as few and as long as the nesting order (link, bold, italic, strike, code) allows. */
export function writeSpans(spans: readonly Span[], markup: SpanMarkup): string {
  let written = "";
  for (const [link, run] of runs(spans, "link")) {
    const inner = writeMarks(run, markup, 0);
    written += link === undefined ? inner : markup.link(inner, link);
  }
  return written;
}

function writeMarks(spans: readonly Span[], markup: SpanMarkup, level: number): string {
  const mark = MARKS[level];
  if (mark === undefined) return markup.text(spans.map((span) => span.text).join(""));
  let written = "";
  for (const [marked, run] of runs(spans, mark)) {
    const inner = writeMarks(run, markup, level + 1);
    written += marked === undefined ? inner : markup[mark](inner);
  }
  return written;
}

/** The longest stretches of spans that agree in one look. */
function* runs<K extends keyof Span>(spans: readonly Span[], look: K): Generator<[Span[K], readonly Span[]]> {
  let start = 0;
  for (let end = 1; end <= spans.length; end++) {
    const value = spans[start]?.[look];
    if (end < spans.length && spans[end]?.[look] === value) continue;
    yield [value as Span[K], start === 0 && end === spans.length ? spans : spans.slice(start, end)];
    start = end;
  }
}
