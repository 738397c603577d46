import type { Base64ImageSource, ImageBlockParam, TextBlockParam } from "@anthropic-ai/sdk/resources/messages";
import type { ImageBlock } from "../sessions/transcript.ts";
import { note, type ReadBlob } from "./anthropic-notes.ts";

const TYPES: ReadonlySet<string> = new Set<Base64ImageSource["media_type"]>([
  "image/jpeg",
  "image/png",
  "image/gif",
  "image/webp",
]);

/** The API takes 5 MB of base64 an image, which is 4 characters for 3 bytes. */
const MAX_BYTES = (5 * 1024 * 1024 * 3) / 4;

/** A picture as the API takes it, or a note in place of one that it would not take. */
export async function toImage(image: ImageBlock, readBlob: ReadBlob): Promise<ImageBlockParam | TextBlockParam> {
  const { mimeType } = image;
  if (!isSupported(mimeType)) return note(image, "is of a kind that cannot be shown");
  let bytes: Uint8Array;
  try {
    bytes = await readBlob(image.blob);
  } catch {
    return note(image, "is not available any more");
  }
  if (bytes.length === 0) return note(image, "is empty");
  if (bytes.length > MAX_BYTES) return note(image, "is too large to be shown");
  return {
    type: "image",
    source: { type: "base64", media_type: mimeType, data: Buffer.from(bytes).toString("base64") },
  };
}

function isSupported(mimeType: string): mimeType is Base64ImageSource["media_type"] {
  return TYPES.has(mimeType);
}
