import { type RawFile, Routes } from "discord.js";
import type { OutboundChunk, TextFile } from "../adapter.ts";
import type { DiscordApi } from "./client.ts";
import { DiscordError, isRefusedFor, REASON } from "./errors.ts";
import { isSnowflake } from "./ids.ts";
import { recordOf } from "./payload.ts";

export interface MessagesOptions {
  api: DiscordApi;
  pingOnReply: boolean;
}

export type Said = Pick<OutboundChunk, "key" | "text" | "files" | "replaces" | "replyTo">;

/** Longer ones are refused. */
const MAX_NONCE = 25;

/** The message to quote is elsewhere, or its history is not for the bot to read. */
const NOT_TO_BE_QUOTED = 160002;

/**
 * The bot's own messages in channels, each there once: the key of a chunk is its nonce, and Discord answers a nonce that
 * it has seen in the last minutes with the message that it belongs to.
 *
 * @see https://discord.com/developers/docs/resources/message#create-message
 */
export class Messages {
  readonly #options: MessagesOptions;

  constructor(options: MessagesOptions) {
    this.#options = options;
  }

  /** @returns the message's id @throws DiscordError */
  async put(channelId: string, said: Said, signal: AbortSignal): Promise<string> {
    const { replaces, key } = said;
    if (!isSnowflake(replaces)) return this.#send(channelId, said, key, signal);
    try {
      await this.#edit(channelId, replaces, said, signal);
      return replaces;
    } catch (error) {
      if (!isRefusedFor(error, REASON.unknownMessage)) throw error;
      // Its own key would lead to the message that is gone.
      return await this.#send(channelId, said, `${key}r`.slice(-MAX_NONCE), signal);
    }
  }

  /** One that is gone already is fine. @throws DiscordError */
  async remove(channelId: string, messageId: string, signal: AbortSignal): Promise<void> {
    if (!isSnowflake(messageId)) return;
    try {
      const route = Routes.channelMessage(channelId, messageId);
      await this.#options.api.call("taking a message back", { method: "DELETE", route, signal });
    } catch (error) {
      if (!isRefusedFor(error, REASON.unknownMessage, REASON.unknownChannel, REASON.missingAccess)) throw error;
    }
  }

  async #send(channelId: string, said: Said, nonce: string, signal: AbortSignal): Promise<string> {
    const sent = recordOf(await this.#create(channelId, said, nonce, signal));
    if (!isSnowflake(sent.id)) throw new DiscordError("sending a message", "no proper answer");
    // The nonce may have led to what was sent under it earlier: a first draft of this.
    const lacksFiles = said.files !== undefined && said.files.length > 0 && isEmpty(sent.attachments);
    if (lacksFiles || differs(sent.content, said.text)) await this.#edit(channelId, sent.id, said, signal);
    return sent.id;
  }

  async #create(channelId: string, said: Said, nonce: string, signal: AbortSignal): Promise<unknown> {
    const { api, pingOnReply } = this.#options;
    const create = (reference: object) =>
      api.call("sending a message", {
        method: "POST",
        route: Routes.channelMessages(channelId),
        body: { ...wording(said.text, pingOnReply), nonce, enforce_nonce: true, ...reference },
        ...attached(said.files),
        signal,
      });
    if (!isSnowflake(said.replyTo)) return create({});
    try {
      return await create({ message_reference: { message_id: said.replyTo, fail_if_not_exists: false } });
    } catch (error) {
      if (!isReferenceRefused(error)) throw error;
      return await create({});
    }
  }

  async #edit(channelId: string, messageId: string, { text, files }: Said, signal: AbortSignal): Promise<void> {
    await this.#options.api.call("editing a message", {
      method: "PATCH",
      route: Routes.channelMessage(channelId, messageId),
      body: wording(text, this.#options.pingOnReply),
      ...attached(files),
      signal,
    });
  }
}

/** Nobody is notified by what a model writes. @param ping whether the author of a quoted message is */
export function wording(content: string, ping = false) {
  return { content, allowed_mentions: { parse: [], replied_user: ping } };
}

export function attached(files: readonly TextFile[] = []): { files?: RawFile[] } {
  if (files.length === 0) return {};
  return { files: files.map(({ name, mimeType, text }) => ({ name, contentType: mimeType, data: Buffer.from(text) })) };
}

/** Discord takes white space off both ends. */
function differs(stands: unknown, wanted: string): boolean {
  return typeof stands === "string" && stands.trim() !== wanted.trim();
}

function isEmpty(list: unknown): boolean {
  return Array.isArray(list) && list.length === 0;
}

function isReferenceRefused(error: unknown): boolean {
  if (isRefusedFor(error, NOT_TO_BE_QUOTED)) return true;
  return isRefusedFor(error, REASON.invalidForm) && error.refusal?.fields.includes("message_reference") === true;
}
