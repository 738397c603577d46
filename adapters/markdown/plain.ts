import { layout, type Markup } from "./layout.ts";
import { type SpanMarkup, writeSpans } from "./spans.ts";
import { tableText } from "./table.ts";
import type { Block, Span } from "./tree.ts";

const same = (inner: string) => inner;

const spanMarkup: SpanMarkup = {
  text: same,
  bold: same,
  italic: same,
  strike: same,
  code: same,
  link: (inner, { url, bare }) => (bare ? inner : `${inner} (${url})`),
};

const markup: Markup = {
  spans: plainSpans,
  heading: ({ spans }) => plainSpans(spans),
  code: ({ text }) => text,
  table: (table) => tableText(table, plainSpans),
  quote: (inner) => inner.replace(/^/gm, "> "),
  rule: "──────────",
  bullet: "• ",
};

/** Blocks as text without markup, addresses in parentheses. */
export function plainText(blocks: readonly Block[]): string {
  return layout(blocks, markup);
}

/** Spans as text without markup, addresses in parentheses. */
export function plainSpans(spans: readonly Span[]): string {
  return writeSpans(spans, spanMarkup);
}
