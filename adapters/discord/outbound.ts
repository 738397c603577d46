import { Routes } from "discord.js";
import { type OutboundChunk, SendError } from "../adapter.ts";
import { cutAtWord } from "../cut-at-word.ts";
import type { Destination } from "../record.ts";
import type { DiscordApi } from "./client.ts";
import { DiscordError, toSendError } from "./errors.ts";
import { compareSnowflakes, isSnowflake } from "./ids.ts";
import { type InteractionReplies, isOver } from "./interaction-replies.ts";
import type { Messages } from "./messages.ts";
import { privateChannel } from "./private-chat.ts";
import { decodeReplyToken, type ReplyToken } from "./reply-token.ts";
import type { Threads } from "./threads.ts";

export interface OutboundOptions {
  api: DiscordApi;
  messages: Messages;
  replies: InteractionReplies;
  threads: Threads;
}

const MAX_QUOTE = 300;

/** What the bot does in chats. */
export class Outbound {
  readonly #options: OutboundOptions;

  constructor(options: OutboundOptions) {
    this.#options = options;
  }

  /** @returns the message's id @throws SendError */
  send(chunk: OutboundChunk, signal: AbortSignal): Promise<string> {
    return asSendErrors(chunk.to, () => {
      const reply = responseOf(chunk);
      if (reply !== null) return this.#options.replies.send(chunk, reply, signal);
      const { key, text, files, choices, replaces, replyTo, to } = chunk;
      // The message that a thread was opened from stands outside of it.
      const quoted = replyTo === to.threadId ? undefined : replyTo;
      const said = { key, text, files, choices, replaces, replyTo: quoted };
      return this.#options.messages.put(channelOf(to), said, signal);
    });
  }

  /** @throws SendError */
  remove(draft: OutboundChunk & { replaces: string }, signal: AbortSignal): Promise<void> {
    return asSendErrors(draft.to, () => {
      const reply = responseOf(draft);
      if (reply !== null) return this.#options.replies.remove(draft, reply, signal);
      return this.#options.messages.remove(channelOf(draft.to), draft.replaces, signal);
    });
  }

  /** Never rejects: a sign that is not shown does no harm. */
  async typing(to: Destination): Promise<void> {
    try {
      await this.#options.api.call("typing", { method: "POST", route: Routes.channelTyping(channelOf(to)) });
    } catch {
      // The next sign comes in a few seconds anyway.
    }
  }

  /**
   * A command is no message that a thread could be opened from: its response becomes one that quotes the question.
   *
   * @returns the thread's id
   * @throws SendError
   */
  openThread(at: Destination, message: { id: string; title: string; replyToken?: string }): Promise<string> {
    const { id, title, replyToken } = message;
    const reply = replyToken === undefined ? null : decodeReplyToken(replyToken);
    if (reply === null) return this.#options.threads.open(at, { id, title });
    return asSendErrors(at, async () => {
      if (reply.ephemeral || !reply.present)
        throw new SendError("refused", "no thread: only the asker reads the answer");
      const id = await this.#respond(quoting(title), reply);
      return await this.#options.threads.open(at, { id, title });
    });
  }

  /** @returns the private chat's id @throws SendError */
  async openPrivate(userId: string): Promise<string> {
    if (!isSnowflake(userId)) throw new SendError("refused", "no id of a person on Discord");
    try {
      return await privateChannel(this.#options.api, userId);
    } catch (error) {
      if (!(error instanceof DiscordError)) throw error;
      const failure = toSendError(error, {}, true);
      throw failure.code === "chat-gone" ? new SendError("refused", failure.message) : failure;
    }
  }

  async #respond(text: string, reply: ReplyToken): Promise<string> {
    try {
      return await this.#options.replies.respond(text, reply, new AbortController().signal);
    } catch (error) {
      // Without a response there is nothing to open a thread from.
      if (error instanceof DiscordError && isOver(error)) throw new SendError("refused", error.message);
      throw error;
    }
  }
}

/** @returns what to answer to; null for a thread that was opened from the response: in it, the answer is a message */
function responseOf({ replyToken, to: { threadId } }: OutboundChunk): ReplyToken | null {
  const reply = replyToken === undefined ? null : decodeReplyToken(replyToken);
  if (reply === null || threadId === undefined) return reply;
  return isSnowflake(threadId) && compareSnowflakes(threadId, reply.interactionId) > 0 ? null : reply;
}

function quoting(question: string): string {
  return cutAtWord(`> ${question.replace(/\s+/g, " ").trim()}`, MAX_QUOTE);
}

/** @throws SendError if it is no id of Discord's */
function channelOf({ chatId, threadId }: Destination): string {
  if (threadId !== undefined && !isSnowflake(threadId)) throw new SendError("thread-gone", "no id of Discord's");
  if (!isSnowflake(chatId)) throw new SendError("chat-gone", "no id of Discord's");
  return threadId ?? chatId;
}

/** Discord's messages have keys of their own and edits are the same twice, so that sending again does no harm. */
async function asSendErrors<T>(to: Destination, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DiscordError) throw toSendError(error, to, true);
    throw error;
  }
}
