import { Routes } from "discord.js";
import { type FetchedAttachment, SendError } from "../adapter.ts";
import { fileIn } from "../file-body.ts";
import type { Attachment } from "../record.ts";
import { type AttachmentRef, decodeAttachmentRef } from "./attachments.ts";
import type { DiscordApi } from "./client.ts";
import { DiscordError, reasonOf, toSendError } from "./errors.ts";
import { readMessage } from "./payload.ts";

export interface DownloadOptions {
  api: DiscordApi;
  apiRoot: string;
}

/** Where Discord keeps files. */
const HOSTS = new Set(["cdn.discordapp.com", "media.discordapp.net"]);

const DISCORD = "https://discord.com";

/**
 * Get an attachment's bytes, giving up as soon as there are more than `maxBytes`. Addresses are asked only where Discord
 * keeps its files; one that has expired is looked up anew in its message.
 *
 * @throws SendError
 */
export async function fetchFile(
  { ref, mimeType }: Attachment,
  maxBytes: number,
  signal: AbortSignal,
  options: DownloadOptions,
): Promise<FetchedAttachment> {
  const found = decodeAttachmentRef(ref);
  if (found === null) throw new SendError("refused", "the file: no reference of Discord's");
  try {
    const response = await request(found.url, signal, options);
    const renewed = EXPIRED.has(response.status) ? await renew(found, signal, options) : null;
    if (renewed !== null) await response.body?.cancel();
    const file = await fileIn(renewed === null ? response : await request(renewed, signal, options), maxBytes);
    return { bytes: file.bytes, mimeType: mimeType ?? file.mimeType };
  } catch (error) {
    if (error instanceof SendError) throw error;
    if (error instanceof DiscordError) throw failureOf(error);
    throw new SendError("temporary", `the file: ${reasonOf(error)}`);
  }
}

/** Where the message was looked up for nothing, that is all there is to say: nothing is to be sent there. */
function failureOf(error: DiscordError): SendError {
  const failure = toSendError(error, {}, true);
  return failure.code === "chat-gone" ? new SendError("refused", failure.message) : failure;
}

const EXPIRED = new Set([403, 404]);

function request(url: string, signal: AbortSignal, { apiRoot }: DownloadOptions): Promise<Response> {
  const { origin, protocol, hostname } = URL.canParse(url) ? new URL(url) : new URL("null:");
  const ofDiscord = protocol === "https:" && HOSTS.has(hostname);
  const api = new URL(apiRoot).origin;
  if (!ofDiscord && (api === DISCORD || origin !== api)) {
    throw new SendError("refused", "the file: not at an address of Discord's");
  }
  return fetch(url, { signal, redirect: "error" });
}

/** @returns null if the file belongs to no message @throws DiscordError */
async function renew(
  { channelId, messageId, id }: AttachmentRef,
  signal: AbortSignal,
  { api }: DownloadOptions,
): Promise<string | null> {
  if (messageId === undefined) return null;
  const route = Routes.channelMessage(channelId, messageId);
  const message = readMessage(await api.call("looking a file up", { method: "GET", route, signal }));
  const files = [message, ...message.message_snapshots].flatMap(({ attachments }) => attachments);
  return files.find((file) => file.id === id)?.url ?? null;
}
