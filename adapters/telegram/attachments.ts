import { cutText } from "../cut-text.ts";
import type { Attachment } from "../record.ts";
import type { TelegramFile, TelegramMessage } from "./message.ts";
import { DEFAULT_MAX_ATTACHMENT_BYTES } from "./options.ts";

/** What a model can look at; other pictures sent as files stay documents. */
const PICTURE = /^image\/(?:png|jpeg|gif|webp)$/;

const MEBIBYTE = 1024 * 1024;

/**
 * The files of a message: at most one, for Telegram sends an album as a message per file.
 *
 * @see https://core.telegram.org/bots/api#message
 */
export function attachmentsOf(message: TelegramMessage, maxBytes = DEFAULT_MAX_ATTACHMENT_BYTES): Attachment[] {
  const found = attachmentOf(message);
  if (found === undefined) return [];
  const [kind, file, mimeType = file.mime_type, name = file.file_name] = found;
  const attachment: Attachment = { kind, ref: file.file_id };
  if (name !== undefined) attachment.name = cutText(name, 256);
  if (mimeType !== undefined) attachment.mimeType = cutText(mimeType, 128);
  if (file.file_size !== undefined) attachment.bytes = file.file_size;
  if ((file.file_size ?? 0) > maxBytes) attachment.unavailable = `over ${inMegabytes(maxBytes)} MB`;
  return [attachment];
}

type Found = [kind: Attachment["kind"], file: TelegramFile, mimeType?: string, name?: string];

function attachmentOf(message: TelegramMessage): Found | undefined {
  const { photo, animation, document, voice, audio, video, video_note, sticker } = message;
  if (photo !== undefined) {
    const largest = photo.reduce((best, size) => (size.width * size.height > best.width * best.height ? size : best));
    return ["image", largest, "image/jpeg"];
  }
  // An animation carries the same file as its document, too.
  if (animation !== undefined) return ["video", animation];
  if (document !== undefined) return [PICTURE.test(document.mime_type ?? "") ? "image" : "document", document];
  if (voice !== undefined) return ["audio", voice, voice.mime_type ?? "audio/ogg"];
  if (audio !== undefined) return ["audio", audio];
  if (video !== undefined) return ["video", video];
  if (video_note !== undefined) return ["video", video_note, "video/mp4"];
  if (sticker !== undefined) return ["sticker", sticker, stickerType(sticker), sticker.emoji];
  return undefined;
}

function stickerType(sticker: { is_animated?: boolean; is_video?: boolean }): string {
  if (sticker.is_animated) return "application/x-tgsticker";
  return sticker.is_video ? "video/webm" : "image/webp";
}

function inMegabytes(bytes: number): number {
  return bytes < MEBIBYTE ? Math.round((bytes / MEBIBYTE) * 100) / 100 : Math.floor(bytes / MEBIBYTE);
}
