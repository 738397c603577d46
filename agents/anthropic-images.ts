import type { Base64ImageSource, ImageBlockParam, TextBlockParam } from "@anthropic-ai/sdk/resources/messages";
import type { ImageBlock } from "../sessions/transcript.ts";

const TYPES: ReadonlySet<string> = new Set<Base64ImageSource["media_type"]>([
  "image/jpeg",
  "image/png",
  "image/gif",
  "image/webp",
]);

/** The API takes 5 MB of base64 an image, which is 4 characters for 3 bytes. */
const MAX_BYTES = (5 * 1024 * 1024 * 3) / 4;

export type ImageReader = (image: ImageBlock) => Promise<ImageBlockParam | TextBlockParam>;

/**
 * Turns image blocks into the API's, reading each picture once.
 *
 * A picture that the API would not take, or whose bytes are gone, becomes a note: one such picture would otherwise make
 * every later request of its session fail.
 */
export function imageReader(readBlob: (hash: string) => Promise<Uint8Array>): ImageReader {
  const read = new Map<string, ReturnType<ImageReader>>();
  return (image) => {
    const key = `${image.mimeType} ${image.blob}`;
    const block = read.get(key) ?? load(image, readBlob);
    read.set(key, block);
    return block;
  };
}

async function load(image: ImageBlock, readBlob: (hash: string) => Promise<Uint8Array>): ReturnType<ImageReader> {
  const { mimeType } = image;
  if (!isSupported(mimeType)) return note("is of a kind that cannot be shown");
  let bytes: Uint8Array;
  try {
    bytes = await readBlob(image.blob);
  } catch {
    return note("is not available any more");
  }
  if (bytes.length === 0) return note("is empty");
  if (bytes.length > MAX_BYTES) return note("is too large to be shown");
  return {
    type: "image",
    source: { type: "base64", media_type: mimeType, data: Buffer.from(bytes).toString("base64") },
  };
}

function note(problem: string): TextBlockParam {
  return { type: "text", text: `[a picture that ${problem}]` };
}

function isSupported(mimeType: string): mimeType is Base64ImageSource["media_type"] {
  return TYPES.has(mimeType);
}
