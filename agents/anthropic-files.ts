import type { ContentBlockParam } from "@anthropic-ai/sdk/resources/messages";
import { toDocument } from "./anthropic-documents.ts";
import { toImage } from "./anthropic-images.ts";
import { type FileBlock, note, type ReadBlob } from "./anthropic-notes.ts";

export type FileReader = (file: FileBlock) => Promise<ContentBlockParam>;

/**
 * Turns pictures and documents into the API's blocks, reading each once.
 *
 * A file that the API would not take, or whose bytes are gone, becomes a note: one such file would otherwise make every
 * later request of its session fail.
 */
export function fileReader(readBlob: ReadBlob): FileReader {
  const read = new Map<string, Promise<ContentBlockParam>>();
  return (file) => {
    const key = JSON.stringify([file.type, file.mimeType, file.blob, file.type === "document" ? file.name : null]);
    const block = read.get(key) ?? (file.type === "image" ? toImage(file, readBlob) : toDocument(file, readBlob));
    read.set(key, block);
    return block;
  };
}

/** For a request that the API refused with its files: why it did so is not said, so none of them is given. */
export const withoutFiles: FileReader = async (file) => note(file, "could not be read");

/** Requests end at 32 MB; what is not a file finds room in the rest. */
export const MAX_FILE_CHARS = 30_000_000;

/**
 * The API's block for each file of a conversation, within what one request may hold: the newest are given, the ones
 * before the first that finds no room are not even read.
 *
 * @param files oldest first
 */
export async function readFiles(
  files: readonly FileBlock[],
  readFile: FileReader,
): Promise<Map<FileBlock, ContentBlockParam>> {
  const blocks = new Map<FileBlock, ContentBlockParam>();
  let left = MAX_FILE_CHARS;
  for (const file of files.toReversed()) {
    const block = left > 0 ? await readFile(file) : undefined;
    left = block === undefined ? 0 : left - charsIn(block);
    blocks.set(file, block === undefined || left < 0 ? note(file, "there is no room for any more") : block);
  }
  return blocks;
}

function charsIn(block: ContentBlockParam): number {
  if (block.type !== "image" && block.type !== "document") return 0;
  return "data" in block.source ? block.source.data.length : 0;
}
