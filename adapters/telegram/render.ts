import type { Chunk } from "../adapter.ts";
import { renderChunks } from "../markdown/chunk.ts";
import { codeHtml, escapeHtml, escapeText } from "../markdown/html.ts";
import { layout, type Markup } from "../markdown/layout.ts";
import { plainSpans, plainText } from "../markdown/plain.ts";
import type { Renderer } from "../markdown/renderer.ts";
import { type SpanMarkup, writeSpans } from "../markdown/spans.ts";
import { tableText } from "../markdown/table.ts";
import type { Span } from "../markdown/tree.ts";
import { calmed, withoutMentions } from "./mentions.ts";

const LIMIT = 4_096;

const spanMarkup: SpanMarkup = {
  text: escapeText,
  bold: (inner) => `<b>${inner}</b>`,
  italic: (inner) => `<i>${inner}</i>`,
  strike: (inner) => `<s>${inner}</s>`,
  code: (inner) => `<code>${inner}</code>`,
  link: (inner, { url }) => `<a href="${escapeHtml(url)}">${inner}</a>`,
};

// Telegram's code holds no other entity and lies in none but a quote; a link is worth more than its look.
function nestable({ code, ...span }: Span): Span {
  if (code === undefined || span.link !== undefined) return span;
  return { text: span.text, code };
}

function spans(content: readonly Span[]): string {
  return writeSpans(content.map(nestable).map(calmed), spanMarkup);
}

function pre(text: string): string {
  return `<pre>${escapeText(text)}</pre>`;
}

const markup: Markup = {
  spans,
  heading: (heading) => spans(heading.spans.map((span) => ({ ...span, bold: true }))),
  code: ({ text, language }) => (language === undefined ? pre(text) : codeHtml(text, language, escapeText)),
  table: (table) => pre(tableText(table, plainSpans)),
  // Telegram's quotes do not nest.
  quote: (inner, nested) => (nested ? inner : `<blockquote>${inner}</blockquote>`),
  rule: "──────────",
  bullet: "• ",
};

/**
 * Writes Telegram HTML; its plain form is the same without tags, addresses in parentheses.
 *
 * Measured in UTF-16 units of the longer of the two forms: never shorter than what Telegram counts, which is the text
 * without tags, so that servers that count the tags take it as well; and the plain form has to fit when it is sent
 * instead.
 *
 * @see https://core.telegram.org/bots/api#html-style
 */
export const telegramRenderer: Renderer = {
  limit: LIMIT,
  // Not `tg:`: a link to a person would call that person, and whoever steers the model would choose whom.
  protocols: ["http:", "https:", "mailto:"],
  // Without markup, code is text like any other.
  render: (blocks) => ({ text: layout(blocks, markup), plain: withoutMentions(plainText(blocks)) }),
  measure: ({ text, plain }) => Math.max(plain.length, text.length),
};

/** Cut Markdown into messages for Telegram's `parse_mode: "HTML"`; none if there is nothing to show. Never throws. */
export function renderTelegram(markdown: string): Chunk[] {
  return renderChunks(markdown, telegramRenderer);
}
