import type { Root } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { bounds } from "./bounds.ts";

// One tilde is how people write "about", so only two strike text out.
const syntax = gfm({ singleTilde: false });

// The transforms search the finished tree for addresses that the parser has found already, in quadratic time.
const tree = gfmFromMarkdown().map(({ transforms: _, ...extension }) => extension);

/**
 * Read GitHub-flavoured Markdown as a tree; never throws, whatever the text.
 *
 * A text that is very long (100,000 characters, or 2,000 lines outside code) or made to overload the parser (containers
 * nested beyond column 60, a thousand delimiters in a paragraph) is not interpreted: its paragraphs come back as plain
 * text. Half surrogate pairs become U+FFFD and line ends become line feeds.
 */
export function parse(markdown: string): Root {
  const text = markdown.toWellFormed().replace(/\r\n?/g, "\n");
  try {
    return fromMarkdown(text, { extensions: [syntax, bounds(text)], mdastExtensions: tree });
  } catch {
    // Too complex, or a fault of the parser: the words matter more than their look.
    return plain(text);
  }
}

function plain(text: string): Root {
  const paragraphs = text.split(/\n(?:[ \t]*\n)+/).filter((paragraph) => paragraph.trim() !== "");
  return {
    type: "root",
    children: paragraphs.map((value) => ({ type: "paragraph", children: [{ type: "text", value }] })),
  };
}
