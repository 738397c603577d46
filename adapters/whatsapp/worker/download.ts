import { createDecipheriv, createHash, createHmac, timingSafeEqual } from "node:crypto";
import { getMediaKeys } from "@whiskeysockets/baileys";
import { type FetchedAttachment, SendError } from "../../adapter.ts";
import { tooLarge } from "../../file-body.ts";
import { type AttachmentRef, decodeAttachmentRef } from "../attachments.ts";
import type { Line } from "./line.ts";

/** What the encrypted form is longer by, at most: padding and the code that proves it whole. */
const OVERHEAD = 32;
const MAC = 10;

/**
 * Get a file and decrypt it.
 *
 * Where it lies was written by whoever sent it: only WhatsApp's own hosts are asked, and those that the server names for
 * this account; no redirection is followed.
 *
 * @throws SendError
 */
export async function download(
  { ref, mimeType, maxBytes }: { ref: string; mimeType?: string; maxBytes: number },
  line: Line | undefined,
  signal: AbortSignal,
): Promise<FetchedAttachment> {
  const media = decodeAttachmentRef(ref);
  if (media === null) throw new SendError("refused", "this is no file of WhatsApp's");
  if ((media.fileLength ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const response = await ask(await addressOf(media, line), signal);
  const encrypted = await bytesOf(response, maxBytes + OVERHEAD, maxBytes);
  const bytes = await decrypt(encrypted, media);
  if (bytes.byteLength > maxBytes) throw tooLarge(maxBytes);
  return { bytes, mimeType: mimeType ?? "application/octet-stream" };
}

async function addressOf({ url, directPath }: AttachmentRef, line: Line | undefined): Promise<URL> {
  const hosts = await mediaHosts(line);
  const said = url !== undefined && URL.canParse(url) ? new URL(url) : undefined;
  const trusted = said !== undefined && isTrusted(said, hosts);
  const path = directPath ?? (trusted ? `${said.pathname}${said.search}` : undefined);
  const host = trusted ? said.host : (hosts[0] ?? "mmg.whatsapp.net");
  if (path?.startsWith("/")) {
    const address = new URL(`https://${host}`);
    // Set apart, so that nothing in the path can become a host.
    const [pathname = "/", ...query] = path.split("?");
    address.pathname = pathname;
    address.search = query.join("?");
    return address;
  }
  throw new SendError("refused", "the file says of no place where it lies");
}

function isTrusted({ protocol, hostname, host, port }: URL, hosts: readonly string[]): boolean {
  if (protocol !== "https:") return false;
  return hosts.includes(host) || (hostname.endsWith(".whatsapp.net") && port === "");
}

/** Where the server lets this account up- and download. */
async function mediaHosts(line: Line | undefined): Promise<string[]> {
  try {
    return (await line?.sock.refreshMediaConn(false))?.hosts.map(({ hostname }) => hostname) ?? [];
  } catch {
    return [];
  }
}

async function ask(address: URL, signal: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    const headers = { Origin: "https://web.whatsapp.com" };
    response = await fetch(address, { redirect: "error", signal, headers });
  } catch {
    throw new SendError("temporary", "the file could not be reached");
  }
  if (response.ok) return response;
  await response.body?.cancel();
  const { status } = response;
  if (status === 404 || status === 410) throw new SendError("refused", "the file is no longer there");
  throw new SendError(status >= 500 ? "temporary" : "refused", `the file: status ${status}`);
}

async function bytesOf(response: Response, limit: number, maxBytes: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const part of response.body ?? []) {
      bytes += part.byteLength;
      if (bytes > limit) throw tooLarge(maxBytes);
      parts.push(part);
    }
  } catch (error) {
    throw error instanceof SendError ? error : new SendError("temporary", "the file broke off");
  }
  return Buffer.concat(parts);
}

async function decrypt(encrypted: Buffer, { kind, mediaKey, sha256 }: AttachmentRef): Promise<Buffer> {
  const { iv, cipherKey, macKey } = await getMediaKeys(mediaKey, kind);
  if (macKey === undefined || encrypted.byteLength <= MAC) throw damaged();
  const body = encrypted.subarray(0, -MAC);
  const proof = createHmac("sha256", macKey).update(iv).update(body).digest().subarray(0, MAC);
  if (!timingSafeEqual(proof, encrypted.subarray(-MAC))) throw damaged();
  let bytes: Buffer;
  try {
    const cipher = createDecipheriv("aes-256-cbc", cipherKey, iv);
    bytes = Buffer.concat([cipher.update(body), cipher.final()]);
  } catch {
    throw damaged();
  }
  if (sha256 !== undefined && createHash("sha256").update(bytes).digest("base64") !== sha256) throw damaged();
  return bytes;
}

function damaged(): SendError {
  return new SendError("refused", "the file is not what its sender said");
}
