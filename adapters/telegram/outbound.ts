import { type OutboundChunk, SendError } from "../adapter.ts";
import type { Destination } from "../record.ts";
import type { BotApi, CallBounds } from "./client.ts";
import { BotApiError, isMarkupRefused, toSendError } from "./errors.ts";
import { GENERAL_TOPIC, idOf, numberOf, topicOf } from "./ids.ts";
import { ForumMemory, topicName } from "./topics.ts";

export interface OutboundOptions {
  api: BotApi;
  /** A send found out that the chat has a new id. */
  onChatMoved(from: Destination, toChatId: string): Promise<void>;
}

/** What the bot does in chats. */
export class Outbound {
  readonly forums = new ForumMemory();
  readonly #options: OutboundOptions;

  constructor(options: OutboundOptions) {
    this.#options = options;
  }

  /** @returns the message's id @throws SendError @see https://core.telegram.org/bots/api#sendmessage */
  async send(chunk: OutboundChunk, signal: AbortSignal): Promise<string> {
    try {
      return await this.#sendMarkedUp(chunk, { signal });
    } catch (error) {
      const failure = asSendError(error);
      if (failure.movedTo !== undefined) await this.#tellOfMove(chunk.to, failure.movedTo);
      throw failure;
    }
  }

  /** Never rejects: a sign that is not shown does no harm. @see https://core.telegram.org/bots/api#sendchataction */
  async typing(to: Destination): Promise<void> {
    const general = this.forums.has(to.chatId) ? GENERAL_TOPIC : undefined;
    const topic = topicOf(to) ?? general;
    try {
      await this.#options.api.call("sendChatAction", {
        chat_id: chatIdOf(to),
        action: "typing",
        ...(topic !== undefined && { message_thread_id: topic }),
      });
    } catch {
      // The next sign comes in a few seconds anyway.
    }
  }

  /** @returns the topic's id @throws SendError @see https://core.telegram.org/bots/api#createforumtopic */
  async openThread(at: Destination, title: string): Promise<string> {
    try {
      const payload = { chat_id: chatIdOf(at), name: topicName(title) };
      return idOf((await this.#options.api.call("createForumTopic", payload)).message_thread_id);
    } catch (error) {
      throw asSendError(error);
    }
  }

  async #sendMarkedUp(chunk: OutboundChunk, bounds: CallBounds): Promise<string> {
    try {
      return await this.#sendMessage(chunk, { text: chunk.text, parse_mode: "HTML" }, bounds);
    } catch (error) {
      if (!(error instanceof BotApiError && isMarkupRefused(error))) throw error;
      return await this.#sendMessage(chunk, { text: chunk.plain }, bounds);
    }
  }

  async #sendMessage(
    { to, replyTo }: OutboundChunk,
    body: { text: string; parse_mode?: "HTML" },
    bounds: CallBounds,
  ): Promise<string> {
    const topic = topicOf(to);
    const quoted = numberOf(replyTo);
    const payload = {
      chat_id: chatIdOf(to),
      ...body,
      link_preview_options: { is_disabled: true },
      ...(topic !== undefined && { message_thread_id: topic }),
      ...(quoted !== undefined && { reply_parameters: { message_id: quoted, allow_sending_without_reply: true } }),
    };
    return idOf((await this.#options.api.call("sendMessage", payload, bounds)).message_id);
  }

  async #tellOfMove({ platform, account, chatId }: Destination, toChatId: string): Promise<void> {
    try {
      await this.#options.onChatMoved({ platform, account, chatId }, toChatId);
    } catch {
      // The error of the send tells of the move as well, and so does the next send.
    }
  }
}

/** @throws SendError if it is no id of Telegram's */
export function chatIdOf({ chatId }: Destination): number {
  const number = numberOf(chatId);
  if (number === undefined) throw new SendError("chat-gone", "the chat's id is none of Telegram's");
  return number;
}

/** Calls fail with a `BotApiError`; anything else but a `SendError` is a fault of ours and passes as it is. */
export function asSendError(error: unknown): SendError {
  if (error instanceof SendError) return error;
  if (error instanceof BotApiError) return toSendError(error);
  throw error;
}
