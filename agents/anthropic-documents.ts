import type { DocumentBlockParam, TextBlockParam } from "@anthropic-ai/sdk/resources/messages";
import type { DocumentBlock } from "../sessions/transcript.ts";
import { note, type ReadBlob } from "./anthropic-notes.ts";
import { disarm, escapeText } from "./escape.ts";
import { singleLine } from "./markdown.ts";

/** With base64 it stays within what a whole request may hold. */
const MAX_PDF_BYTES = 22_000_000;
/** More fills the window of every model. */
const MAX_TEXT_BYTES = 2_000_000;
const MAX_TITLE_CHARS = 120;

/**
 * A PDF or a text file as the API takes it, or a note in place of one that it would not take.
 *
 * @see https://platform.claude.com/docs/en/build-with-claude/pdf-support
 */
export async function toDocument(
  file: DocumentBlock,
  readBlob: ReadBlob,
): Promise<DocumentBlockParam | TextBlockParam> {
  let bytes: Uint8Array;
  try {
    bytes = await readBlob(file.blob);
  } catch {
    return note(file, "is not available any more");
  }
  if (bytes.length === 0) return note(file, "is empty");
  switch (file.mimeType) {
    case "application/pdf":
      return pdf(file, bytes);
    case "text/plain":
      return plainText(file, bytes);
    default:
      return note(file, "is of a kind that cannot be read");
  }
}

function pdf(file: DocumentBlock, bytes: Uint8Array): DocumentBlockParam | TextBlockParam {
  if (bytes.length > MAX_PDF_BYTES) return note(file, "is too large to be read");
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!content.subarray(0, 1024).includes("%PDF-")) return note(file, "is no readable PDF");
  if (content.includes("/Encrypt")) return note(file, "is protected with a password");
  const source = { type: "base64", media_type: "application/pdf", data: content.toString("base64") } as const;
  return { type: "document", source, ...title(file) };
}

function plainText(file: DocumentBlock, bytes: Uint8Array): DocumentBlockParam | TextBlockParam {
  if (bytes.length > MAX_TEXT_BYTES) return note(file, "is too large to be read");
  // Bytes that are no UTF-8 become replacement characters.
  const text = new TextDecoder().decode(bytes);
  if (text.trim() === "") return note(file, "is empty");
  return { type: "document", source: { type: "text", media_type: "text/plain", data: disarm(text) }, ...title(file) };
}

function title({ name }: DocumentBlock): { title?: string } {
  const line = Array.from(singleLine(name ?? ""))
    .slice(0, MAX_TITLE_CHARS)
    .join("")
    .trim();
  return line === "" ? {} : { title: escapeText(line) };
}
