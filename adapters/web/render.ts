import type { Chunk } from "../adapter.ts";
import { renderChunks } from "../markdown/chunk.ts";
import { codeHtml, escapeHtml } from "../markdown/html.ts";
import { plainText } from "../markdown/plain.ts";
import type { Renderer } from "../markdown/renderer.ts";
import { type SpanMarkup, writeSpans } from "../markdown/spans.ts";
import type { Block, Item, List, Row, Span, Table } from "../markdown/tree.ts";

const LIMIT = 20_000;

const spanMarkup: SpanMarkup = {
  text: (text) => escapeHtml(text).replaceAll("\n", "<br>"),
  bold: (inner) => `<strong>${inner}</strong>`,
  italic: (inner) => `<em>${inner}</em>`,
  strike: (inner) => `<del>${inner}</del>`,
  code: (inner) => `<code>${inner}</code>`,
  link: (inner, { url }) =>
    `<a href="${escapeHtml(url)}" rel="noopener noreferrer nofollow" target="_blank">${inner}</a>`,
};

const spans = (content: readonly Span[]) => writeSpans(content, spanMarkup);

function writeBlocks(blocks: readonly Block[]): string {
  return blocks.map(writeBlock).join("\n");
}

function writeBlock(block: Block): string {
  switch (block.type) {
    case "paragraph":
      return `<p>${spans(block.spans)}</p>`;
    case "heading": {
      // The page has a title and a heading of its own.
      const tag = `h${Math.min(6, block.depth + 2)}`;
      return `<${tag}>${spans(block.spans)}</${tag}>`;
    }
    case "code":
      return codeHtml(block.text, block.language);
    case "quote":
      return `<blockquote>${writeBlocks(block.blocks)}</blockquote>`;
    case "list":
      return writeList(block);
    case "table":
      return writeTable(block);
    case "rule":
      return "<hr>";
  }
}

function writeList({ items, loose }: List): string {
  const [first, ...rest] = items;
  // What belongs to an item of an earlier chunk stands before the list: an item of its own would be counted.
  if (first?.continued) {
    const before = writeBlocks(first.blocks);
    return rest.length === 0 ? before : `${before}\n${writeList({ type: "list", items: rest, loose })}`;
  }
  const tag = first?.number === undefined ? "ul" : "ol";
  const start = first?.number === undefined || first.number === 1 ? "" : ` start="${first.number}"`;
  return `<${tag}${start}>${items.map((item) => `<li>${writeItem(item, loose)}</li>`).join("")}</${tag}>`;
}

function writeItem({ checked, blocks }: Item, loose: boolean): string {
  const box: Span[] = checked === undefined ? [] : [{ text: checked ? "☑ " : "☐ " }];
  const [first, ...rest] = blocks;
  if (first?.type !== "paragraph") return spans(box) + writeBlocks(blocks);
  const content = spans([...box, ...first.spans]);
  return [loose ? `<p>${content}</p>` : content, ...rest.map(writeBlock)].join("\n");
}

function writeTable({ header, rows }: Table): string {
  const cells = (row: Row, tag: "th" | "td") => row.map((cell) => `<${tag}>${spans(cell)}</${tag}>`).join("");
  const head = header === undefined ? "" : `<thead><tr>${cells(header, "th")}</tr></thead>`;
  const body = rows.map((row) => `<tr>${cells(row, "td")}</tr>`).join("");
  return `<table>${head}${body === "" ? "" : `<tbody>${body}</tbody>`}</table>`;
}

/**
 * Writes HTML that is safe to insert into a page: no scripts, styles, pictures or attributes beyond `href`, `rel`,
 * `target`, `start` and a code block's `class`. Measured in UTF-16 units of the plain form.
 */
export const webRenderer: Renderer = {
  limit: LIMIT,
  protocols: ["http:", "https:", "mailto:"],
  render: (blocks) => ({ text: writeBlocks(blocks), plain: plainText(blocks) }),
  measure: ({ plain }) => plain.length,
};

/** Cut Markdown into pieces of HTML for the web chat; none if there is nothing to show. Never throws. */
export function renderWeb(markdown: string): Chunk[] {
  return renderChunks(markdown, webRenderer);
}
