import { type OutboundFile, SendError } from "../adapter.ts";
import { WebError } from "./errors.ts";
import type { KeptFile } from "./log/files.ts";

/** With one message. */
export const MAX_FILES = 10;
/** Of all that people send with one message. */
export const MAX_UPLOAD_BYTES = 8_000_000;
const MAX_FILE_BYTES = 1024 * 1024;
const MAX_NAME_CHARS = 120;
/** What breaks lines or paths, and what turns the direction of writing: a name must not read as another. */
const UNFIT = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069/\\]/gu;
const MIME_TYPE = /^[a-z0-9.+-]{1,60}\/[a-z0-9.+-]{1,60}$/;

/** The files of a chunk as they are kept. @throws SendError `refused` if they are too many, or one is too large */
export function keptFiles(files: readonly OutboundFile[] = []): KeptFile[] {
  if (files.length > MAX_FILES) throw new SendError("refused", `a message has at most ${MAX_FILES} files`);
  return files.map((file) => {
    const bytes = new Uint8Array("text" in file ? Buffer.from(file.text) : Buffer.from(file.base64, "base64"));
    if (bytes.length > MAX_FILE_BYTES) throw new SendError("refused", `a file has at most ${MAX_FILE_BYTES} bytes`);
    return { name: nameOf(file.name), mimeType: mimeTypeOf(file.mimeType), bytes };
  });
}

export interface Upload {
  name: string;
  mimeType?: string | undefined;
  base64: string;
}

/** What somebody sends with a message, as it is kept. @throws WebError `too-large` */
export function uploadedFiles(uploads: readonly Upload[]): KeptFile[] {
  let bytesLeft = MAX_UPLOAD_BYTES;
  return uploads.map(({ name, mimeType = "", base64 }) => {
    const bytes = new Uint8Array(Buffer.from(base64, "base64"));
    bytesLeft -= bytes.length;
    if (bytesLeft < 0)
      throw new WebError("too-large", `The files of a message have ${MAX_UPLOAD_BYTES / 1e6} MB at most.`);
    return { name: nameOf(name), mimeType: mimeTypeOf(mimeType), bytes };
  });
}

function nameOf(given: string): string {
  const name = given.toWellFormed().replace(UNFIT, "_").trim();
  if (name === "") return "file";
  if (name.length <= MAX_NAME_CHARS) return name;
  // What opens a file goes by the end of its name.
  const [ending = ""] = /\.[a-z0-9]{1,10}$/i.exec(name) ?? [];
  return (name.slice(0, MAX_NAME_CHARS - ending.length) + ending).toWellFormed();
}

function mimeTypeOf(given: string): string {
  const type = given.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return MIME_TYPE.test(type) ? type : "application/octet-stream";
}
