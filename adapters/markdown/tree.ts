/**
 * A message as renderers see it: Markdown with everything settled that is the same on every platform.
 *
 * References are resolved, raw HTML is text, images are links, links that the platform would not follow are text, and
 * marks inside a paragraph are flat. Trees are never changed, only cut: see `cut.ts`.
 */

export type Block = Paragraph | Heading | Code | Quote | List | Table | Rule;

/** A run of text in one look. A line feed in it is a line break. */
export interface Span {
  text: string;
  bold?: true;
  italic?: true;
  strike?: true;
  code?: true;
  /** The spans of one link share one object. */
  link?: Link;
}

export interface Link {
  /** Normalised, and of an allowed protocol. */
  url: string;
  /** True if the text says the address already, or a later part of a link that was cut will. */
  bare: boolean;
}

export interface Paragraph {
  type: "paragraph";
  spans: readonly Span[];
}

export interface Heading {
  type: "heading";
  depth: 1 | 2 | 3 | 4 | 5 | 6;
  spans: readonly Span[];
}

export interface Code {
  type: "code";
  /** Holds letters, digits and `+-.#_` alone. */
  language: string | undefined;
  text: string;
}

export interface Quote {
  type: "quote";
  blocks: readonly Block[];
}

export interface List {
  type: "list";
  /** True if blank lines stand between the items. */
  loose: boolean;
  items: readonly Item[];
}

export interface Item {
  /** Only in ordered lists. */
  number: number | undefined;
  /** Only in task lists. */
  checked: boolean | undefined;
  /** True if the item began in an earlier chunk: it gets no bullet and no number. */
  continued: boolean;
  blocks: readonly Block[];
}

export type Align = "left" | "right" | "center" | null;

export type Cell = readonly Span[];

export type Row = readonly Cell[];

export interface Table {
  type: "table";
  align: readonly Align[];
  /** Missing where the table began in an earlier chunk. */
  header: Row | undefined;
  rows: readonly Row[];
}

/** A thematic break. */
export interface Rule {
  type: "rule";
}

/** What the blocks say, without any of their look; one line per paragraph, code block and table row. */
export function visibleText(blocks: readonly Block[]): string {
  return blocks.map(textOf).join("\n");
}

function textOf(block: Block): string {
  switch (block.type) {
    case "paragraph":
    case "heading":
      return spansText(block.spans);
    case "code":
      return block.text;
    case "quote":
      return visibleText(block.blocks);
    case "list":
      return block.items.map((item) => visibleText(item.blocks)).join("\n");
    case "table": {
      const rows = block.header === undefined ? block.rows : [block.header, ...block.rows];
      return rows.map((row) => row.map(spansText).join(" ")).join("\n");
    }
    case "rule":
      return "";
  }
}

export function spansText(spans: readonly Span[]): string {
  return spans.map((span) => span.text).join("");
}

/** Whether the blocks say more than so many UTF-16 units; looks no further than it has to. */
export function saysMoreThan(units: number, blocks: readonly Block[]): boolean {
  let left = units;
  const spend = (text: string) => {
    left -= text.length;
    return left < 0;
  };
  const spendAll = (spans: readonly Span[]) => spans.some((span) => spend(span.text));
  const exceeds = (block: Block): boolean => {
    switch (block.type) {
      case "paragraph":
      case "heading":
        return spendAll(block.spans);
      case "code":
        return spend(block.text);
      case "quote":
        return block.blocks.some(exceeds);
      case "list":
        return block.items.some((item) => item.blocks.some(exceeds));
      case "table":
        return [block.header ?? [], ...block.rows].some((row) => row.some(spendAll));
      case "rule":
        return false;
    }
  };
  return blocks.some(exceeds);
}
