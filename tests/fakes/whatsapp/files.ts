import type { MediaType, proto } from "@whiskeysockets/baileys";
import { sealMedia } from "./media-cipher.ts";
import type { MediaServer } from "./media-server.ts";

/** Encrypt a file, put it on the server, and say where it is and how to read it. */
async function uploaded(media: MediaServer, bytes: Uint8Array, kind: MediaType, timestamp: number) {
  const { body, ...keys } = await sealMedia(bytes, kind);
  return { ...media.put(body), ...keys, fileLength: bytes.length, mediaKeyTimestamp: Math.floor(timestamp / 1000) };
}

export interface FileWords {
  caption?: string | undefined;
  mime?: string | undefined;
}

export async function imageContent(
  media: MediaServer,
  bytes: Uint8Array,
  { caption, mime = "image/jpeg" }: FileWords,
  at: number,
): Promise<proto.IMessage> {
  const file = await uploaded(media, bytes, "image", at);
  return { imageMessage: { ...file, mimetype: mime, width: 640, height: 480, ...(caption && { caption }) } };
}

/** What disappears once it has been looked at. */
export function viewedOnce({ imageMessage }: proto.IMessage): proto.IMessage {
  return { viewOnceMessageV2: { message: { imageMessage: { ...imageMessage, viewOnce: true } } } };
}

/** A document with words is wrapped, as phones do. */
export async function documentContent(
  media: MediaServer,
  fileName: string,
  bytes: Uint8Array,
  { caption, mime = "application/octet-stream" }: FileWords,
  at: number,
): Promise<proto.IMessage> {
  const file = await uploaded(media, bytes, "document", at);
  const documentMessage = { ...file, mimetype: mime, fileName, title: fileName, ...(caption && { caption }) };
  return caption ? { documentWithCaptionMessage: { message: { documentMessage } } } : { documentMessage };
}

export async function voiceContent(media: MediaServer, bytes: Uint8Array, at: number): Promise<proto.IMessage> {
  const file = await uploaded(media, bytes, "audio", at);
  return { audioMessage: { ...file, mimetype: "audio/ogg; codecs=opus", ptt: true, seconds: 3 } };
}
