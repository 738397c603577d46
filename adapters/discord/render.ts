import type { Chunk } from "../adapter.ts";
import { renderChunks } from "../markdown/chunk.ts";
import { codeFiles } from "../markdown/code-files.ts";
import { layout, type Markup } from "../markdown/layout.ts";
import { saysAddress } from "../markdown/links.ts";
import { plainSpans, plainText } from "../markdown/plain.ts";
import type { Renderer } from "../markdown/renderer.ts";
import { type SpanMarkup, writeSpans } from "../markdown/spans.ts";
import { tableText } from "../markdown/table.ts";
import type { Block, Heading, Link, Span } from "../markdown/tree.ts";
import {
  address,
  codeBlock,
  escapeText,
  inlineCode,
  isLinkText,
  marked,
  NOTHING,
  readable,
  unescapeText,
} from "./markup.ts";

const LIMIT = 2_000;

const spanMarkup: SpanMarkup = {
  text: escapeText,
  bold: (inner) => marked(inner, "**"),
  italic: (inner) => marked(inner, "*"),
  // Discord ends it at the next two tildes, escaped or not.
  strike: (inner) => (inner.includes("~") ? inner : marked(inner, "~~")),
  code: (inner) => inlineCode(unescapeText(inner)),
  link,
};

function link(inner: string, { url, bare }: Link): string {
  if (bare && saysAddress(readable(inner), url)) return address(url);
  if (isLinkText(inner)) return `[${inner.replaceAll("\n", " ")}](${address(url)})`;
  return bare ? inner : `${inner} (${address(url)})`;
}

function spans(content: readonly Span[]): string {
  return writeSpans(content.map(nestable).flatMap(apart), spanMarkup);
}

// Discord ends a look at the next star, even one inside code.
function nestable(span: Span): Span {
  return span.code && span.text.includes("*") ? { ...span, bold: undefined, italic: undefined } : span;
}

/** Stars that close one look and stars that open the next would be read as one mark. */
function apart(span: Span, at: number, all: readonly Span[]): Span[] {
  const before = all[at - 1];
  if (before === undefined || !(before.bold || before.italic) || !(span.bold || span.italic)) return [span];
  if (before.bold === span.bold) return [span];
  return [{ text: NOTHING, ...(span.link !== undefined && span.link === before.link && { link: span.link }) }, span];
}

function heading({ depth, spans: content }: Heading): string {
  const line = content.map((span) => ({ ...span, text: span.text.replaceAll("\n", " "), bold: undefined }));
  // Discord knows three sizes.
  if (depth > 3) return spans(line.map((span) => ({ ...span, bold: true })));
  const written = spans(line);
  // Signs at the end would be taken for the heading's other bound.
  return `${"#".repeat(depth)} ${written}${written.endsWith("#") ? NOTHING : ""}`;
}

/** Inside lists a heading is a bold line: for Discord, headings begin lines. */
function leveled(blocks: readonly Block[], listed = false): Block[] {
  return blocks.map((block) => {
    switch (block.type) {
      case "heading":
        return listed ? { ...block, depth: 6 } : block;
      case "quote":
        return { ...block, blocks: leveled(block.blocks, listed) };
      case "list":
        return { ...block, items: block.items.map((item) => ({ ...item, blocks: leveled(item.blocks, true) })) };
      default:
        return block;
    }
  });
}

const markup: Markup = {
  spans,
  heading,
  code: ({ text, language }) => codeBlock(text, language),
  table: (table) => codeBlock(tableText(table, plainSpans)),
  // Discord's quotes do not nest.
  quote: (inner, nested) => (nested ? inner : inner.replace(/^/gm, "> ")),
  rule: "──────────",
  bullet: "- ",
};

/**
 * Writes Discord's Markdown; its plain form is the same without marks, addresses in parentheses.
 *
 * Measured in UTF-16 units of the longer of the two forms, never fewer than the code points that Discord counts.
 *
 * @see https://support.discord.com/hc/en-us/articles/210298617
 */
export const discordRenderer: Renderer = {
  limit: LIMIT,
  // Discord makes no links of others.
  protocols: ["http:", "https:"],
  render: (blocks) => ({ text: layout(leveled(blocks), markup), plain: plainText(blocks) }),
  measure: ({ text, plain }) => Math.max(plain.length, text.length),
};

/**
 * Cut Markdown into messages for Discord; none if there is nothing to show. Never throws.
 *
 * Code that had to be cut comes whole as well, in files of the last message.
 */
export function renderDiscord(markdown: string): Chunk[] {
  const chunks = renderChunks(markdown, discordRenderer);
  const last = chunks.at(-1);
  if (last === undefined || chunks.length === 1) return chunks;
  const files = codeFiles(markdown, discordRenderer);
  return files.length === 0 ? chunks : [...chunks.slice(0, -1), { ...last, files }];
}
