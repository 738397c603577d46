import { MessageFlags, Routes } from "discord.js";
import { type OutboundChunk, SendError } from "../adapter.ts";
import type { Acknowledgements } from "./acknowledgements.ts";
import { componentsOf } from "./choices.ts";
import type { DiscordApi } from "./client.ts";
import { DiscordError, isFinal, toSendError } from "./errors.ts";
import { isSnowflake } from "./ids.ts";
import { attached, kept, type Messages, wording } from "./messages.ts";
import { recordOf } from "./payload.ts";
import { privateChannel } from "./private-chat.ts";
import type { ReplyToken } from "./reply-token.ts";

export interface InteractionRepliesOptions {
  api: DiscordApi;
  messages: Messages;
  acknowledgements: Acknowledgements;
  now: () => number;
}

/** Of an interaction's own addresses: its token is no good any more, or what there was of an answer is gone. */
const OVER = new Set([401, 403, 404]);
/** No more than five follow-ups where the bot is not a member itself. */
const ENOUGH_FOLLOW_UPS = 40094;

const ORIGINAL = "@original";
const MAX_TEXT = 2_000;
/** Stands in for a response. */
const STILL_TO_COME = "…";

/**
 * Answers to slash commands, and to choices that somebody picked.
 *
 * The first chunk of an answer becomes the response itself. The others, and what is said before the answer, are messages of
 * the channel, or, where only the asker may read them or the bot is not there, follow-ups of the response. Once Discord takes
 * none of that any more, the answer becomes a message that names the asker, or a private one; what was private never goes to
 * a public place.
 *
 * @see https://discord.com/developers/docs/interactions/receiving-and-responding#followup-messages
 */
export class InteractionReplies {
  readonly #options: InteractionRepliesOptions;

  constructor(options: InteractionRepliesOptions) {
    this.#options = options;
  }

  /** @returns the message's id @throws SendError, or DiscordError from where sending again does no harm */
  async send(chunk: OutboundChunk, reply: ReplyToken, signal: AbortSignal): Promise<string> {
    const isOpen = await this.#isOpen(reply, signal);
    const isResponse = chunk.index === 0 && chunk.precedes !== true;
    if (!isResponse && isPublic(reply)) {
      const id = await this.#tryPutting(chunk.text, chunk, signal);
      if (id !== null) return id;
    }
    if (isOpen) {
      try {
        return await this.#respond(chunk, isResponse, reply, signal);
      } catch (error) {
        if (!isOver(error)) throw error;
      }
    }
    if (isResponse && isPublic(reply)) {
      const id = await this.#tryPutting(beginning(chunk, reply), chunk, signal);
      if (id !== null) return id;
    }
    return this.#sendPrivately(chunk, reply, signal);
  }

  /** One that is gone already is fine. @throws DiscordError */
  async remove(draft: OutboundChunk & { replaces: string }, reply: ReplyToken, signal: AbortSignal): Promise<void> {
    if (await this.#isOpen(reply, signal)) {
      try {
        const route = messageRoute(reply, draft.index === 0 ? ORIGINAL : draft.replaces);
        await this.#options.api.call("taking an answer back", { method: "DELETE", route, auth: false, signal });
        return;
      } catch (error) {
        if (!isOver(error)) throw error;
      }
    }
    if (isPublic(reply)) await this.#options.messages.remove(placeOf(draft), draft.replaces, signal);
  }

  /** Give the first response. @returns its message's id @throws DiscordError */
  async respond(text: string, reply: ReplyToken, signal: AbortSignal): Promise<string> {
    await this.#options.acknowledgements.of(reply.interactionId);
    return this.#editOriginal({ text }, reply, signal);
  }

  async #isOpen(reply: ReplyToken, signal: AbortSignal): Promise<boolean> {
    if (!signal.aborted) await this.#options.acknowledgements.of(reply.interactionId);
    return this.#options.now() < reply.expiresAt;
  }

  /** @returns null where the bot cannot write by itself @throws DiscordError */
  async #tryPutting(text: string, chunk: OutboundChunk, signal: AbortSignal): Promise<string | null> {
    try {
      return await this.#options.messages.put(placeOf(chunk), { ...unquoting(chunk), text }, signal);
    } catch (error) {
      if (isFinal(error) && [403, 404].includes(error.refusal.status)) return null;
      throw error;
    }
  }

  async #respond(chunk: OutboundChunk, isResponse: boolean, reply: ReplyToken, signal: AbortSignal): Promise<string> {
    if (isResponse) return await this.#editOriginal(chunk, reply, signal);
    // As long as there is no response, Discord takes the first follow-up for it.
    if (chunk.precedes) await this.#editOriginal({ text: STILL_TO_COME }, reply, signal);
    return await this.#followUp(chunk, reply, signal);
  }

  #editOriginal(shown: Shown, reply: ReplyToken, signal: AbortSignal): Promise<string> {
    return this.#write("answering a command", "PATCH", messageRoute(reply, ORIGINAL), shown, signal);
  }

  async #followUp(chunk: OutboundChunk, reply: ReplyToken, signal: AbortSignal): Promise<string> {
    const { replaces } = chunk;
    if (isSnowflake(replaces)) {
      try {
        return await this.#write("editing an answer", "PATCH", messageRoute(reply, replaces), chunk, signal);
      } catch (error) {
        if (!isFinal(error)) throw error;
      }
    }
    try {
      const route = Routes.webhook(reply.applicationId, reply.token);
      return await this.#write("going on with an answer", "POST", route, chunk, signal, reply.ephemeral);
    } catch (error) {
      // These have no idempotency key.
      if (error instanceof DiscordError && !isOver(error)) throw toSendError(error, chunk.to, false);
      throw error;
    }
  }

  /** By the interaction's own address, which is all the permission that it takes. */
  async #write(
    what: string,
    method: "POST" | "PATCH",
    route: `/${string}`,
    { text, files, choices }: Shown,
    signal: AbortSignal,
    ephemeral = false,
  ): Promise<string> {
    const body = {
      ...wording(text),
      ...componentsOf(choices),
      ...(method === "PATCH" && kept(files)),
      ...(ephemeral && { flags: MessageFlags.Ephemeral }),
    };
    const request = { method, route, body, ...attached(files), auth: false, signal };
    const { id } = recordOf(await this.#options.api.call(what, request));
    if (!isSnowflake(id)) throw new DiscordError(what, "no proper answer");
    return id;
  }

  async #sendPrivately(chunk: OutboundChunk, { userId }: ReplyToken, signal: AbortSignal): Promise<string> {
    const { api, messages } = this.#options;
    try {
      const id = await privateChannel(api, userId, signal);
      // Picked there, a choice would be a command in another place than the one it is about.
      return await messages.put(id, { ...unquoting(chunk), choices: [] }, signal);
    } catch (error) {
      if (!(error instanceof DiscordError)) throw error;
      const failure = toSendError(error, {}, true);
      // It says nothing about the chat that the command was used in.
      throw failure.code === "chat-gone" ? new SendError("refused", failure.message) : failure;
    }
  }
}

type Shown = Pick<OutboundChunk, "text" | "files" | "choices">;

/** The interaction takes no answer any more, or what there was of one is gone. */
export function isOver(error: unknown): boolean {
  if (!(error instanceof DiscordError) || error.refusal === undefined) return false;
  return OVER.has(error.refusal.status) || error.refusal.reason === ENOUGH_FOLLOW_UPS;
}

function isPublic({ ephemeral, present }: ReplyToken): boolean {
  return !ephemeral && present;
}

/** Only a message that was not there before names whom it answers. */
function beginning({ text, replaces }: OutboundChunk, { userId }: ReplyToken): string {
  if (replaces !== undefined) return text;
  const named = `<@${userId}> ${text}`;
  return named.length <= MAX_TEXT ? named : text;
}

/** A command is no message: nothing can quote it. */
function unquoting({ key, text, files, choices, replaces }: OutboundChunk) {
  return { key, text, files, choices, replaces };
}

function placeOf({ to }: Pick<OutboundChunk, "to">): string {
  return to.threadId ?? to.chatId;
}

function messageRoute({ applicationId, token }: ReplyToken, messageId: string): `/${string}` {
  return Routes.webhookMessage(applicationId, token, messageId);
}
