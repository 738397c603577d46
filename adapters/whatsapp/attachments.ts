import type { Attachment } from "../record.ts";
import { DEFAULT_MAX_ATTACHMENT_BYTES } from "./options.ts";
import { bytesIn, countIn, type Fields, fieldsOf, isFields, jsonIn, textIn } from "./payload.ts";
import type { Content } from "./unwrap.ts";

const MEBIBYTE = 1024 * 1024;

/** What a model can look at; other pictures sent as files stay documents. */
const PICTURE = /^image\/(?:png|jpeg|gif|webp)$/;

/** Which of WhatsApp's keys a file is encrypted with. */
export type MediaKind = "image" | "video" | "audio" | "document" | "sticker";

/**
 * What it takes to get a file, which lies encrypted on a server of WhatsApp's. All of it is as the sender tells it: the
 * address may lead anywhere.
 */
export interface AttachmentRef {
  kind: MediaKind;
  /** On any of WhatsApp's media servers; begins with a slash. */
  directPath?: string;
  url?: string;
  /** Base64. */
  mediaKey: string;
  fileLength?: number;
  /** Of the file as it was before encryption; base64. */
  sha256?: string;
}

interface Medium {
  media: MediaKind;
  kind: Attachment["kind"];
  /** Where the message does not tell. */
  mimeType?: string;
}

const MEDIA: ReadonlyMap<string, Medium> = new Map([
  ["imageMessage", { media: "image", kind: "image", mimeType: "image/jpeg" }],
  ["videoMessage", { media: "video", kind: "video", mimeType: "video/mp4" }],
  ["ptvMessage", { media: "video", kind: "video", mimeType: "video/mp4" }],
  ["audioMessage", { media: "audio", kind: "audio", mimeType: "audio/ogg" }],
  ["documentMessage", { media: "document", kind: "document" }],
  ["stickerMessage", { media: "sticker", kind: "sticker", mimeType: "image/webp" }],
]);

/** A file of which the sender let nothing but a notice come to linked devices. */
export const SHOWN_ONCE: Attachment = {
  kind: "other",
  ref: "",
  unavailable: "shown once, and on the phone alone",
  spoiler: true,
};

/** The files of a message: at most one, for WhatsApp sends an album as a message per file. */
export function attachmentsOf({ body, once }: Content, maxBytes = DEFAULT_MAX_ATTACHMENT_BYTES): Attachment[] {
  for (const [field, medium] of MEDIA) {
    const part = body[field];
    if (isFields(part)) return [attachmentOf(part, medium, once, maxBytes)];
  }
  return [];
}

function attachmentOf(part: Fields, { media, kind, mimeType: usual }: Medium, once: boolean, max: number): Attachment {
  // What follows the semicolon is how a voice note is encoded.
  const told = textIn(part.mimetype, 128)?.split(";", 1)[0]?.trim().toLowerCase();
  const mimeType = told || usual;
  const name = textIn(part.fileName, 256) ?? textIn(part.title, 256);
  const size = countIn(part.fileLength);
  const ref = refOf(part, media);
  const attachment: Attachment = {
    kind: kind === "document" && PICTURE.test(mimeType ?? "") ? "image" : kind,
    ref: ref === undefined ? "" : encodeAttachmentRef(ref),
  };
  if (name !== undefined) attachment.name = name;
  if (mimeType !== undefined) attachment.mimeType = mimeType;
  if (size !== undefined) attachment.bytes = size;
  if (ref === undefined) attachment.unavailable = "its sender left out where it is";
  else if ((size ?? 0) > max) attachment.unavailable = `over ${inMegabytes(max)} MB`;
  if (once || part.viewOnce === true) attachment.spoiler = true;
  return attachment;
}

function refOf(part: Fields, kind: MediaKind): AttachmentRef | undefined {
  const mediaKey = bytesIn(part.mediaKey);
  const directPath = textIn(part.directPath, 2_048);
  const url = textIn(part.url, 2_048);
  if (mediaKey?.length !== 32 || (directPath === undefined && url === undefined)) return undefined;
  const fileLength = countIn(part.fileLength);
  const sha256 = bytesIn(part.fileSha256);
  return {
    kind,
    ...(directPath !== undefined && { directPath }),
    ...(url !== undefined && { url }),
    mediaKey: base64(mediaKey),
    ...(fileLength !== undefined && { fileLength }),
    ...(sha256?.length === 32 && { sha256: base64(sha256) }),
  };
}

export function encodeAttachmentRef(ref: AttachmentRef): string {
  return JSON.stringify(ref);
}

/** @returns null if the text is no such reference */
export function decodeAttachmentRef(text: string): AttachmentRef | null {
  const { kind, directPath, url, mediaKey, fileLength, sha256 } = fieldsOf(jsonIn(text));
  if (!isMediaKind(kind) || !isKey(mediaKey)) return null;
  if (typeof directPath !== "string" && typeof url !== "string") return null;
  return {
    kind,
    ...(typeof directPath === "string" && { directPath }),
    ...(typeof url === "string" && { url }),
    mediaKey,
    ...(typeof fileLength === "number" && { fileLength }),
    ...(isKey(sha256) && { sha256 }),
  };
}

function isMediaKind(value: unknown): value is MediaKind {
  return MEDIA.values().some(({ media }) => media === value);
}

/** 32 bytes as base64. */
function isKey(value: unknown): value is string {
  return typeof value === "string" && /^[A-Za-z0-9+/]{43}=$/.test(value);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

function inMegabytes(bytes: number): number {
  return bytes < MEBIBYTE ? Math.round((bytes / MEBIBYTE) * 100) / 100 : Math.floor(bytes / MEBIBYTE);
}
