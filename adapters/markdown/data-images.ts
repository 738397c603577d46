import type { Nodes, Parents } from "mdast";
import type { BinaryFile } from "../adapter.ts";
import { parse } from "./parse.ts";

const MAX_IMAGES = 5;

/** Of one image. */
const MAX_BYTES = 5 * 1024 * 1024;

const MAX_BASE64 = Math.ceil(MAX_BYTES / 3) * 4;

/** An image that holds its own bytes. The alternative text is read by the parser, which knows what a backslash means. */
const DATA_IMAGE =
  /(!\[(?:\\.|[^\\\]\n]){0,300}\]\()<?data:image\/(png|jpeg|gif|webp);base64,([A-Za-z0-9+/=]*)>?((?:[ \t]+"[^"\n]{0,300}")?\))/g;

/** Whether a file of each kind may begin so; one character per byte. */
const BEGINNINGS: Readonly<Record<string, (head: string) => boolean>> = {
  png: (head) => head.startsWith("\x89PNG\r\n\x1a\n"),
  jpeg: (head) => head.startsWith("\xff\xd8\xff"),
  gif: (head) => head.startsWith("GIF87a") || head.startsWith("GIF89a"),
  webp: (head) => head.startsWith("RIFF") && head.startsWith("WEBP", 8),
};

export interface DataImage {
  /** The alternative text; may be empty. */
  alt: string;
  file: BinaryFile;
}

/**
 * Take the images that Markdown holds itself (`data:` addresses with base64) out of it.
 *
 * Taken are the first five that are PNG, JPEG, GIF or WebP, by their type and by their first bytes, and of 5 MiB at most.
 * Of others only the alternative text stays: megabytes of base64 are nothing to read. What stands in code stays as it is.
 */
export function takeDataImages(markdown: string): { markdown: string; images: DataImage[] } {
  const found = Array.from(markdown.matchAll(DATA_IMAGE));
  if (found.length === 0) return { markdown, images: [] };

  // Short names stand for the bytes while it is parsed: a parser would give up on so long a text.
  const prefix = freshName(markdown);
  let at = 0;
  const named = markdown.replace(
    DATA_IMAGE,
    (_all, before, _type, _data, after) => `${before}${prefix}${at++}${after}`,
  );
  const alts = new Map(imagesIn(parse(named)).map(({ url, alt }) => [url, alt]));

  const images: DataImage[] = [];
  at = 0;
  const rest = markdown.replace(DATA_IMAGE, (all: string, _before, type: string, data: string) => {
    const alt = alts.get(`${prefix}${at++}`);
    if (alt === undefined) return all;
    if (images.length === MAX_IMAGES || !isImage(type, data)) return escapeMarkdown(alt);
    const name = `image-${images.length + 1}.${type === "jpeg" ? "jpg" : type}`;
    images.push({ alt, file: { name, mimeType: `image/${type}`, base64: data } });
    return "";
  });
  return { markdown: rest, images };
}

function isImage(type: string, data: string): boolean {
  if (data.length > MAX_BASE64 || data.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) return false;
  return BEGINNINGS[type]?.(Buffer.from(data.slice(0, 32), "base64").toString("latin1")) === true;
}

/** An address that nothing in the text begins with. */
function freshName(markdown: string): string {
  let name = "data-image-";
  while (markdown.includes(name)) name += "x-";
  return name;
}

function imagesIn(root: Parents): Array<{ url: string; alt: string }> {
  const found: Array<{ url: string; alt: string }> = [];
  const waiting: Nodes[] = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.type === "image") found.push({ url: node.url, alt: node.alt ?? "" });
    if ("children" in node) waiting.push(...node.children);
  }
  return found;
}

function escapeMarkdown(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[!-/:-@[-`{-~]/g, "\\$&");
}
