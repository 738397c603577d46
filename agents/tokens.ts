import type { Block, TranscriptMessage } from "../sessions/transcript.ts";

/** Of text in the Latin alphabet, about. */
export const CHARS_PER_TOKEN = 4;
/** A picture of the size that models scale pictures down to. */
const PICTURE_TOKENS = 1_600;
/** Some pages; how many, nobody knows without reading it. */
const DOCUMENT_TOKENS = 8_000;
/** What stands around a message. */
const FRAME_TOKENS = 4;

/**
 * About how many tokens a model would count for a text. Good enough to see what is coming; what a model really took in, only
 * its own count says.
 */
export function textTokens(text: string): number {
  let other = 0;
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x2ff) other++;
  return Math.ceil((text.length - other) / CHARS_PER_TOKEN + other);
}

/** The same for messages as a model is given them. */
export function messageTokens(messages: readonly TranscriptMessage[]): number {
  let sum = 0;
  for (const { content, background } of messages) {
    sum += FRAME_TOKENS + (background === undefined ? 0 : textTokens(background));
    for (const block of content) sum += blockTokens(block);
  }
  return sum;
}

function blockTokens(block: Block): number {
  switch (block.type) {
    case "text":
    case "tool-result":
      return textTokens(block.text);
    case "tool-use":
      return textTokens(block.name) + textTokens(JSON.stringify(block.input) ?? "");
    case "opaque":
      return textTokens(JSON.stringify(block.data) ?? "");
    case "image":
      return PICTURE_TOKENS;
    case "document":
      return block.mimeType === "text/plain" && block.bytes !== undefined
        ? Math.ceil(block.bytes / CHARS_PER_TOKEN)
        : DOCUMENT_TOKENS;
  }
}
