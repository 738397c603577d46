import type { Chunk, OutboundFile } from "../adapter.ts";
import { renderChunks } from "../markdown/chunk.ts";
import { codeFiles } from "../markdown/code-files.ts";
import { takeDataImages } from "../markdown/data-images.ts";
import { layout, type Markup } from "../markdown/layout.ts";
import { plainSpans, plainText } from "../markdown/plain.ts";
import type { Renderer } from "../markdown/renderer.ts";
import { tableText } from "../markdown/table.ts";
import type { Block, Heading } from "../markdown/tree.ts";
import { codeBlock, NOTHING } from "./markup.ts";
import { spans } from "./spans.ts";

/** WhatsApp takes sixteen times as much; this is what people bear to read in one piece. */
const LIMIT = 4_096;

const MAX_CAPTION = 1_024;

function heading({ spans: content }: Heading): string {
  return spans(content.map((span) => ({ ...span, text: span.text.replaceAll("\n", " "), bold: true })));
}

const markup: Markup = {
  spans,
  heading,
  code: ({ text }) => codeBlock(text),
  table: (table) => codeBlock(tableText(table, plainSpans)),
  // WhatsApp's quotes do not nest.
  quote: (inner, nested) => (nested ? inner : inner.replace(/^/gm, "> ")),
  rule: "──────────",
  bullet: "- ",
};

/** A quote is made of lines, and a block of code that begins on one does not go on over the next: code stays outside. */
function unquoted(block: Block): Block[] {
  if (block.type === "list") {
    return [{ ...block, items: block.items.map((item) => ({ ...item, blocks: item.blocks.flatMap(unquoted) })) }];
  }
  if (block.type !== "quote" || !holdsCode(block)) return [block];
  return block.blocks.flatMap((inner) => (holdsCode(inner) ? unquoted(inner) : [{ ...block, blocks: [inner] }]));
}

function holdsCode(block: Block): boolean {
  switch (block.type) {
    case "code":
    case "table":
      return true;
    case "quote":
      return block.blocks.some(holdsCode);
    case "list":
      return block.items.some((item) => item.blocks.some(holdsCode));
    default:
      return false;
  }
}

/**
 * Writes WhatsApp's markup; its plain form is the same without marks, addresses in parentheses.
 *
 * Measured in UTF-16 units of the longer of the two forms.
 *
 * @see https://faq.whatsapp.com/539178204879377
 */
export const whatsappRenderer: Renderer = {
  limit: LIMIT,
  // WhatsApp makes no links of others.
  protocols: ["http:", "https:"],
  render: (blocks) => ({ text: layout(blocks.flatMap(unquoted), markup), plain: plainText(blocks) }),
  measure: ({ text, plain }) => Math.max(plain.length, text.length),
};

/**
 * Cut Markdown into messages for WhatsApp; none if there is nothing to show. Never throws.
 *
 * Code that had to be cut comes whole as well, and so do images that the Markdown holds itself: behind the texts, each as
 * the one file of a message of its own.
 */
export function renderWhatsApp(markdown: string): Chunk[] {
  const { markdown: words, images } = takeDataImages(markdown);
  const texts = renderChunks(words, whatsappRenderer);
  const code = texts.length > 1 ? codeFiles(words, whatsappRenderer) : [];
  return [
    ...texts,
    ...code.map((file) => withFile(file, file.name)),
    ...images.map(({ file, alt }) => withFile(file, alt)),
  ];
}

/** @param caption may be empty; a chunk may not */
function withFile(file: OutboundFile, caption: string): Chunk {
  const line = caption.replace(/\s+/g, " ").trim();
  const plain = line.slice(0, MAX_CAPTION).replace(/[\uD800-\uDBFF]$/, "") || NOTHING;
  return { text: spans([{ text: plain }]), plain, files: [file] };
}
