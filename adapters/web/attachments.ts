import { type FetchedAttachment, SendError } from "../adapter.ts";
import { tooLarge } from "../file-body.ts";
import type { Attachment } from "../record.ts";
import type { Files } from "./log/files.ts";
import type { MessageRow } from "./log/messages.ts";

/** What a model can look at; other pictures stay documents. */
const PICTURE = /^image\/(?:png|jpeg|gif|webp)$/;

/** The files of a message, to be fetched by message and number. */
export function attachmentsOf({ id, files }: Pick<MessageRow, "id" | "files">): Attachment[] {
  const kept = JSON.parse(files) as Array<{ name: string; mimeType: string; size: number }>;
  return kept.map(({ name, mimeType, size }, n) => ({
    kind: kindOf(mimeType),
    ref: `${id}/${n}`,
    name,
    mimeType,
    bytes: size,
  }));
}

/** @throws SendError `refused` if it is gone or too large */
export function fetchFrom(files: Files, { ref }: Attachment, maxBytes: number): FetchedAttachment {
  const [, id = "", n = ""] = /^([^/]+)\/(\d{1,3})$/.exec(ref) ?? [];
  const file = files.find(id, Number(n));
  if (file === undefined) throw new SendError("refused", "the file is no longer there");
  if (file.bytes.length > maxBytes) throw tooLarge(maxBytes);
  return { bytes: file.bytes, mimeType: file.mimeType };
}

function kindOf(mimeType: string): Attachment["kind"] {
  if (PICTURE.test(mimeType)) return "image";
  if (mimeType.startsWith("audio/")) return "audio";
  return mimeType.startsWith("video/") ? "video" : "document";
}
