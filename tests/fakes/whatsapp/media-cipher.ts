import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { getMediaKeys, hmacSign, type MediaType, sha256 } from "@whiskeysockets/baileys";

const MAC_LENGTH = 10;

/** An encrypted file, with what a message says of it. */
export interface SealedMedia {
  body: Buffer;
  mediaKey: Buffer;
  fileSha256: Buffer;
  fileEncSha256: Buffer;
}

export async function sealMedia(bytes: Uint8Array, kind: MediaType): Promise<SealedMedia> {
  const mediaKey = randomBytes(32);
  const { iv, cipherKey, macKey } = await keysOf(mediaKey, kind);
  const cipher = createCipheriv("aes-256-cbc", cipherKey, iv);
  const sealed = Buffer.concat([cipher.update(bytes), cipher.final()]);
  const mac = hmacSign(Buffer.concat([iv, sealed]), macKey).subarray(0, MAC_LENGTH);
  const body = Buffer.concat([sealed, mac]);
  return { body, mediaKey, fileSha256: hash(bytes), fileEncSha256: hash(body) };
}

/** @throws if the file is not the one that the message speaks of */
export async function openMedia(
  body: Buffer,
  kind: MediaType,
  said: { mediaKey: Uint8Array; fileSha256: Uint8Array; fileEncSha256: Uint8Array },
): Promise<Buffer> {
  if (!hash(body).equals(said.fileEncSha256)) throw new Error("an encrypted file with another digest");
  const { iv, cipherKey, macKey } = await keysOf(said.mediaKey, kind);
  const sealed = body.subarray(0, -MAC_LENGTH);
  const mac = hmacSign(Buffer.concat([iv, sealed]), macKey).subarray(0, MAC_LENGTH);
  if (!body.subarray(-MAC_LENGTH).equals(mac)) throw new Error("a file that was tampered with");
  const decipher = createDecipheriv("aes-256-cbc", cipherKey, iv);
  const bytes = Buffer.concat([decipher.update(sealed), decipher.final()]);
  if (!hash(bytes).equals(said.fileSha256)) throw new Error("a file with another digest");
  return bytes;
}

const hash = (bytes: Uint8Array): Buffer => sha256(Buffer.from(bytes));

async function keysOf(mediaKey: Uint8Array, kind: MediaType) {
  const { iv, cipherKey, macKey } = await getMediaKeys(mediaKey, kind);
  if (!macKey) throw new Error("no key to sign with");
  return { iv, cipherKey, macKey };
}
