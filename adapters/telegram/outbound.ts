import type { ReplyParameters } from "telegraf/types";
import { type OutboundChunk, type OutboundFile, SendError } from "../adapter.ts";
import type { Destination } from "../record.ts";
import { BegunSends } from "./begun-sends.ts";
import { keyboardOf } from "./choices.ts";
import type { BotApi, CallBounds } from "./client.ts";
import { documentOf } from "./documents.ts";
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
  readonly #begun = new BegunSends();

  constructor(options: OutboundOptions) {
    this.#options = options;
  }

  /**
   * A text, then its files as documents of their own: captions hold a quarter of what messages do. Where one of them
   * fails, sending the same chunk again goes on with that one.
   *
   * @returns the id of the first message
   * @throws SendError
   */
  async send(chunk: OutboundChunk, signal: AbortSignal): Promise<string> {
    try {
      return await this.#sendParts(chunk, { signal });
    } catch (error) {
      const failure = asSendError(error);
      // What was said in a topic that is gone has to be said elsewhere.
      if (failure.code === "thread-gone") this.#begun.forget(chunk.key);
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

  /** Ends the waiting sign on a button that somebody pressed, with a word to them if there is one. Never rejects. */
  async acknowledge(callbackId: string, text?: string): Promise<void> {
    try {
      await this.#options.api.call("answerCallbackQuery", {
        callback_query_id: callbackId,
        ...(text !== undefined && { text }),
      });
    } catch {
      // The sign goes away by itself.
    }
  }

  /**
   * Resolves if the bot may write to a person first. Somebody who never began to talk to the bot may be known from a
   * group, and somebody who blocked it is known: only trying to show something there tells, and a sign is the least.
   *
   * @throws SendError
   * @see https://core.telegram.org/bots/api#getchat
   */
  async demandPrivate(userId: string): Promise<void> {
    const user = numberOf(userId);
    if (user === undefined || user < 0) throw new SendError("refused", "no id of a person on Telegram");
    try {
      await this.#options.api.call("getChat", { chat_id: user });
      await this.#options.api.call("sendChatAction", { chat_id: user, action: "typing" });
    } catch (error) {
      const failure = asSendError(error);
      throw failure.code === "chat-gone" ? new SendError("refused", failure.message) : failure;
    }
  }

  async #sendParts(chunk: OutboundChunk, bounds: CallBounds): Promise<string> {
    const { key, text, files = [], ...bare } = chunk;
    if (files.length === 0) return this.#sendMarkedUp(chunk, bounds);
    const parts: Array<OutboundFile | "text"> = text.trim() === "" ? [...files] : ["text", ...files];
    const sent = this.#begun.of(key);
    for (const part of parts.slice(sent.length)) {
      // The first of them is what answers, and what is chosen from.
      const place = sent.length === 0 ? bare : { to: bare.to };
      sent.push(await (part === "text" ? this.#sendMarkedUp(chunk, bounds) : this.#sendDocument(place, part, bounds)));
    }
    this.#begun.forget(key);
    return sent[0] ?? "";
  }

  /**
   * Telegraf builds the form, so that uploads are bounded and fail like every other call; it takes fields that are no
   * scalars only as JSON.
   *
   * @see https://core.telegram.org/bots/api#senddocument
   */
  async #sendDocument(place: Pick<OutboundChunk, Placing>, file: OutboundFile, bounds: CallBounds): Promise<string> {
    const { reply_parameters: reply, ...placed } = placing(place);
    const payload = {
      ...placed,
      ...(reply !== undefined && { reply_parameters: JSON.stringify(reply) as unknown as ReplyParameters }),
      document: documentOf(file),
    };
    return idOf((await this.#options.api.call("sendDocument", payload, bounds)).message_id);
  }

  async #sendMarkedUp(chunk: OutboundChunk, bounds: CallBounds): Promise<string> {
    try {
      return await this.#sendMessage(chunk, { text: chunk.text, parse_mode: "HTML" }, bounds);
    } catch (error) {
      if (!(error instanceof BotApiError && isMarkupRefused(error))) throw error;
      return await this.#sendMessage(chunk, { text: chunk.plain }, bounds);
    }
  }

  /** @see https://core.telegram.org/bots/api#sendmessage */
  async #sendMessage(
    chunk: OutboundChunk,
    body: { text: string; parse_mode?: "HTML" },
    bounds: CallBounds,
  ): Promise<string> {
    const payload = { ...placing(chunk), ...body, link_preview_options: { is_disabled: true } };
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

type Placing = "to" | "replyTo" | "choices";

/** Where a message goes, what it quotes, and what stands below it. @throws SendError */
function placing({ to, replyTo, choices }: Pick<OutboundChunk, Placing>) {
  const topic = topicOf(to);
  const quoted = numberOf(replyTo);
  const keyboard = keyboardOf(choices);
  return {
    chat_id: chatIdOf(to),
    ...(topic !== undefined && { message_thread_id: topic }),
    ...(quoted !== undefined && { reply_parameters: { message_id: quoted, allow_sending_without_reply: true } }),
    ...(keyboard !== undefined && { reply_markup: keyboard }),
  };
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
