import { type RawFile, Routes } from "discord.js";
import type { OutboundChunk, OutboundFile } from "../adapter.ts";
import { componentsOf } from "./choices.ts";
import type { DiscordApi } from "./client.ts";
import { DiscordError, isFinal, isRefusedFor, REASON } from "./errors.ts";
import { isSnowflake } from "./ids.ts";
import { recordOf } from "./payload.ts";

export interface MessagesOptions {
  api: DiscordApi;
  pingOnReply: boolean;
}

export type Said = Pick<OutboundChunk, "key" | "text" | "files" | "choices" | "replaces" | "replyTo">;

/** Longer ones are refused. */
const MAX_NONCE = 25;

/** Somebody else wrote it. */
const NOT_ITS_OWN = 50005;

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
    const draft = isSnowflake(replaces) ? { id: replaces } : await this.#create(channelId, said, key, signal);
    if (!lacks(draft, said)) return draft.id;
    try {
      await this.#edit(channelId, draft.id, said, signal);
      return draft.id;
    } catch (error) {
      if (!isFinal(error)) throw error;
      const wasRemoved = isRefusedFor(error, REASON.unknownMessage);
      // It says all of it, only without its files or choices: that is better than saying it twice.
      if (draft.content !== undefined && !differs(draft.content, said.text) && !wasRemoved) return draft.id;
      const id = await this.#putAnew(channelId, said, signal);
      if (!wasRemoved && !isRefusedFor(error, NOT_ITS_OWN)) await this.#tryRemoving(channelId, draft.id, signal);
      return id;
    }
  }

  /** In place of a draft that cannot become this: its own key would lead to that again. */
  async #putAnew(channelId: string, said: Said, signal: AbortSignal): Promise<string> {
    const sent = await this.#create(channelId, said, `${said.key}r`.slice(-MAX_NONCE), signal);
    if (lacks(sent, said)) await this.#edit(channelId, sent.id, said, signal);
    return sent.id;
  }

  async #tryRemoving(channelId: string, messageId: string, signal: AbortSignal): Promise<void> {
    try {
      await this.remove(channelId, messageId, signal);
    } catch (error) {
      if (!(error instanceof DiscordError)) throw error;
    }
  }

  /** One that is gone already is fine. @throws DiscordError */
  async remove(channelId: string, messageId: string, signal: AbortSignal): Promise<void> {
    if (!isSnowflake(messageId)) return;
    try {
      const route = Routes.channelMessage(channelId, messageId);
      await this.#options.api.call("taking a message back", { method: "DELETE", route, signal });
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  /** @returns what stands there now: the nonce may have led to what was sent under it earlier, a first draft of this */
  async #create(channelId: string, said: Said, nonce: string, signal: AbortSignal): Promise<Standing> {
    const { id, content, attachments, components } = recordOf(await this.#post(channelId, said, nonce, signal));
    if (!isSnowflake(id)) throw new DiscordError("sending a message", "no proper answer");
    return {
      id,
      content: typeof content === "string" ? content : said.text,
      hasFiles: !isEmpty(attachments),
      hasChoices: !isEmpty(components),
    };
  }

  /** Where the bot may write but not attach, the words go alone: what is in a file stands in them as well. */
  async #post(channelId: string, said: Said, nonce: string, signal: AbortSignal): Promise<unknown> {
    try {
      return await this.#postWhole(channelId, said, nonce, signal);
    } catch (error) {
      if (said.files === undefined || !isRefusedFor(error, REASON.missingPermissions)) throw error;
      const sent = await this.#postWhole(channelId, { ...said, files: undefined }, nonce, signal);
      // Nothing is to be added to it.
      return { ...recordOf(sent), attachments: undefined };
    }
  }

  async #postWhole(channelId: string, said: Said, nonce: string, signal: AbortSignal): Promise<unknown> {
    const { api, pingOnReply } = this.#options;
    const create = (reference: object) =>
      api.call("sending a message", {
        method: "POST",
        route: Routes.channelMessages(channelId),
        body: {
          ...wording(said.text, pingOnReply),
          ...componentsOf(said.choices),
          ...{ nonce, enforce_nonce: true },
          ...reference,
        },
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

  async #edit(channelId: string, messageId: string, said: Said, signal: AbortSignal): Promise<void> {
    const { text, files, choices } = said;
    await this.#options.api.call("editing a message", {
      method: "PATCH",
      route: Routes.channelMessage(channelId, messageId),
      body: { ...wording(text, this.#options.pingOnReply), ...componentsOf(choices), ...kept(files) },
      ...attached(files),
      signal,
    });
  }
}

/** A message as far as it is known. */
interface Standing {
  id: string;
  content?: string;
  hasFiles?: boolean;
  hasChoices?: boolean;
}

function lacks({ content, hasFiles = false, hasChoices = false }: Standing, said: Said): boolean {
  const { text, files = [], choices } = said;
  if (content === undefined || differs(content, text)) return true;
  return (files.length > 0 && !hasFiles) || (componentsOf(choices).components !== undefined && !hasChoices);
}

/** Nobody is notified by what a model writes. @param ping whether the author of a quoted message is */
export function wording(content: string, ping = false) {
  return { content, allowed_mentions: { parse: [], replied_user: ping } };
}

export function attached(files: readonly OutboundFile[] = []): { files?: RawFile[] } {
  if (files.length === 0) return {};
  return {
    files: files.map((file) => ({ name: file.name, contentType: file.mimeType, data: bytesOf(file) })),
  };
}

function bytesOf(file: OutboundFile): Buffer {
  return "text" in file ? Buffer.from(file.text) : Buffer.from(file.base64, "base64");
}

/** An edit's whole list of files: without it, those that came with an earlier edit would stay beside the same again. */
export function kept(files: readonly OutboundFile[] = []): { attachments?: Array<{ id: number; filename: string }> } {
  return files.length === 0 ? {} : { attachments: files.map(({ name }, id) => ({ id, filename: name })) };
}

/** Discord takes white space off both ends. */
function differs(stands: string, wanted: string): boolean {
  return stands.trim() !== wanted.trim();
}

/** Somebody took it away, or the place where it stood. */
function isGone(error: unknown): boolean {
  if (isRefusedFor(error, REASON.unknownMessage, REASON.unknownChannel, REASON.missingAccess)) return true;
  return isFinal(error) && error.refusal.status === 404 && error.refusal.reason === 0;
}

function isEmpty(list: unknown): boolean {
  return Array.isArray(list) && list.length === 0;
}

function isReferenceRefused(error: unknown): boolean {
  if (isRefusedFor(error, NOT_TO_BE_QUOTED)) return true;
  return isRefusedFor(error, REASON.invalidForm) && error.refusal?.fields.includes("message_reference") === true;
}
