import { AttachmentFlags } from "discord.js";
import { cutText } from "../cut-text.ts";
import type { Attachment } from "../record.ts";
import { isSnowflake } from "./ids.ts";
import { DEFAULT_MAX_ATTACHMENT_BYTES } from "./options.ts";
import type { DiscordAttachment, DiscordMessage } from "./payload.ts";

const MEBIBYTE = 1024 * 1024;

/** Discord takes ten files with a message; a forward shows those of another message. */
const MAX_ATTACHMENTS = 20;

/** What a model can look at; other pictures stay documents. */
const PICTURE = /^image\/(?:png|jpeg|gif|webp)$/;

/** How files were hidden before there was a flag, and still are by bots. */
const SPOILER_PREFIX = "SPOILER_";

/**
 * Where to get an attachment. Its address expires after a day or so; the message, asked for again, has a fresh one, among
 * its own attachments or those of its snapshots.
 *
 * @see https://discord.com/developers/docs/reference#signed-attachment-cdn-urls
 */
export interface AttachmentRef {
  channelId: string;
  /** Missing for the file of a slash command, which belongs to no message. */
  messageId?: string;
  id: string;
  url: string;
}

/** The files of a message and of what it forwards. */
export function attachmentsOf(
  { id, channel_id, attachments, message_snapshots }: DiscordMessage,
  maxBytes = DEFAULT_MAX_ATTACHMENT_BYTES,
): Attachment[] {
  const all = [...attachments, ...message_snapshots.flatMap((snapshot) => snapshot.attachments)];
  const at = { channelId: channel_id, messageId: id };
  return all.slice(0, MAX_ATTACHMENTS).map((attachment) => attachmentOf(attachment, at, maxBytes));
}

/** @see https://discord.com/developers/docs/resources/message#attachment-object */
export function attachmentOf(
  { id, url, filename, content_type, size, flags }: DiscordAttachment,
  at: Pick<AttachmentRef, "channelId" | "messageId">,
  maxBytes = DEFAULT_MAX_ATTACHMENT_BYTES,
): Attachment {
  // What follows the semicolon is a text's encoding.
  const mimeType = cutText(content_type?.split(";", 1)[0]?.trim().toLowerCase() ?? "", 128);
  const prefixed = filename.startsWith(SPOILER_PREFIX);
  const attachment: Attachment = {
    kind: kindOf(mimeType),
    ref: encodeAttachmentRef({ ...at, id, url }),
    name: cutText(prefixed ? filename.slice(SPOILER_PREFIX.length) : filename, 256),
  };
  if (mimeType) attachment.mimeType = mimeType;
  if (size !== undefined) attachment.bytes = size;
  if ((size ?? 0) > maxBytes) attachment.unavailable = `over ${inMegabytes(maxBytes)} MB`;
  if (prefixed || (flags & AttachmentFlags.IsSpoiler) !== 0) attachment.spoiler = true;
  return attachment;
}

export function encodeAttachmentRef({ channelId, messageId, id, url }: AttachmentRef): string {
  return [channelId, messageId ?? "", id, url].join(" ");
}

/** @returns null if the text is no such reference */
export function decodeAttachmentRef(ref: string): AttachmentRef | null {
  const [channelId, messageId, id, ...url] = ref.split(" ");
  if (!isSnowflake(channelId) || !isSnowflake(id) || url.length === 0) return null;
  if (messageId !== "" && !isSnowflake(messageId)) return null;
  return { channelId, ...(messageId !== "" && { messageId }), id, url: url.join(" ") };
}

function kindOf(mimeType = ""): Attachment["kind"] {
  if (PICTURE.test(mimeType)) return "image";
  if (mimeType.startsWith("audio/")) return "audio";
  if (mimeType.startsWith("video/")) return "video";
  return "document";
}

function inMegabytes(bytes: number): number {
  return bytes < MEBIBYTE ? Math.round((bytes / MEBIBYTE) * 100) / 100 : Math.floor(bytes / MEBIBYTE);
}
