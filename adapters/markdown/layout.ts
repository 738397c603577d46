import type { Block, Code, Heading, Item, Span, Table } from "./tree.ts";

/** How a text platform writes each kind of content; `layout` does lines, lists and indentation. */
export interface Markup {
  spans(spans: readonly Span[]): string;
  heading(heading: Heading): string;
  code(code: Code): string;
  table(table: Table): string;
  /** @param nested true inside another quote */
  quote(inner: string, nested: boolean): string;
  rule: string;
  bullet: string;
}

interface Place {
  /** What the lines after a block's first begin with. */
  indent: string;
  quoted: boolean;
}

// Deeper lists stay where they are: on a telephone the text would have no room left.
const MAX_INDENT = 16;

/** Write blocks as lines of text: an empty line between blocks, lists with bullets, numbers and indentation. */
export function layout(blocks: readonly Block[], markup: Markup): string {
  return writeBlocks(blocks, markup, { indent: "", quoted: false }, "\n\n");
}

function writeBlocks(blocks: readonly Block[], markup: Markup, place: Place, gap: string): string {
  let written = "";
  for (const [index, block] of blocks.entries()) {
    if (index > 0) written += gap + (isFlush(block) ? "" : place.indent);
    written += writeBlock(block, markup, place);
  }
  return written;
}

function writeBlock(block: Block, markup: Markup, place: Place): string {
  switch (block.type) {
    case "paragraph":
      return indented(markup.spans(block.spans), place);
    case "heading":
      return indented(markup.heading(block), place);
    case "code":
      return markup.code(block);
    case "table":
      return markup.table(block);
    case "quote": {
      const inner = writeBlocks(block.blocks, markup, { indent: "", quoted: true }, "\n\n");
      return markup.quote(inner, place.quoted);
    }
    case "list": {
      const gap = block.loose ? "\n\n" : "\n";
      return block.items.map((item) => writeItem(item, markup, place, gap)).join(gap + place.indent);
    }
    case "rule":
      return markup.rule;
  }
}

function writeItem(item: Item, markup: Markup, place: Place, gap: string): string {
  const mark = item.continued ? "" : markOf(item, markup);
  const room = Math.max(0, MAX_INDENT - place.indent.length);
  const inner = { ...place, indent: place.indent + " ".repeat(Math.min(room, mark.length || 2)) };
  const body = writeBlocks(item.blocks, markup, inner, gap);
  const [first] = item.blocks;
  return first !== undefined && isFlush(first) && mark !== "" ? `${mark.trimEnd()}\n${body}` : mark + body;
}

function markOf({ number, checked }: Item, markup: Markup): string {
  const counted = number === undefined ? "" : `${number}. `;
  if (checked !== undefined) return `${counted}${checked ? "☑" : "☐"} `;
  return counted || markup.bullet;
}

/** Blocks whose lines begin at the margin wherever they stand, because white space before them would show. */
function isFlush(block: Block): boolean {
  return block.type === "code" || block.type === "table" || block.type === "quote";
}

function indented(text: string, { indent }: Place): string {
  return indent === "" ? text : text.replaceAll("\n", `\n${indent}`);
}
