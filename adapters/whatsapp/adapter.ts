import { createHash } from "node:crypto";
import {
  type Adapter,
  AdapterConfigError,
  type AdapterHandlers,
  type FetchedAttachment,
  type OutboundChunk,
  SendError,
} from "../adapter.ts";
import { sleep as sleepOnTheClock } from "../backoff.ts";
import type { Attachment, Destination } from "../record.ts";
import { calledOff, notConnected } from "./errors.ts";
import { bareJid, isLid, personJid } from "./ids.ts";
import {
  DEFAULT_DEVICE_NAME,
  DEFAULT_MAX_ATTACHMENT_BYTES,
  DEFAULT_PACING,
  DEFAULT_WS_URL,
  type WhatsAppOptions,
} from "./options.ts";
import { Pacing } from "./pacing.ts";
import type { WorkerCalls } from "./protocol.ts";
import { renderWhatsApp } from "./render.ts";
import { Supervisor, type SupervisorOptions } from "./supervisor.ts";

/**
 * WhatsApp behind one linked phone number. Creating it does no I/O.
 *
 * The client runs in a thread of its own; its credentials and keys are in the gateway's vault. A message is acknowledged
 * to WhatsApp once it is in the vault in clear, and leaves that when it has been handed over: it survives a crash at any
 * point. Until the account is linked, the adapter waits for that.
 */
export function createWhatsAppAdapter(options: WhatsAppOptions = {}): Adapter {
  return new WhatsAppAdapter(options);
}

class WhatsAppAdapter implements Adapter {
  readonly platform = "whatsapp";
  readonly account: string;
  readonly render = renderWhatsApp;
  readonly typing?: (to: Destination) => Promise<void>;
  readonly #supervision: Omit<SupervisorOptions, "handlers">;
  readonly #pacing: Pacing | undefined;
  readonly #closing = new AbortController();
  readonly #stopping = new AbortController();
  #supervisor: Supervisor | undefined;

  constructor({
    account = "default",
    wsUrl = DEFAULT_WS_URL,
    readReceipts = true,
    typing = true,
    pacing = {},
    maxAttachmentBytes = DEFAULT_MAX_ATTACHMENT_BYTES,
    deviceName = DEFAULT_DEVICE_NAME,
    lookMs = 3_000,
    sleep = sleepOnTheClock,
    random = Math.random,
    now = Date.now,
  }: WhatsAppOptions) {
    this.account = account;
    const settings = { account, wsUrl, readReceipts, maxAttachmentBytes, deviceName };
    this.#supervision = { settings, lookMs, sleep, random, now };
    if (pacing !== false) this.#pacing = new Pacing({ ...DEFAULT_PACING, ...pacing }, { now, sleep, random });
    if (typing) this.typing = (to) => this.#showTyping(to);
  }

  async start(handlers: AdapterHandlers): Promise<void> {
    const { settings } = this.#supervision;
    if (!URL.canParse(settings.wsUrl) || !/^wss?:$/.test(new URL(settings.wsUrl).protocol)) {
      throw new AdapterConfigError("WHATSAPP_WS_URL is no address: it looks like wss://web.whatsapp.com/ws/chat");
    }
    if (this.#closing.signal.aborted) return;
    this.#supervisor = new Supervisor({
      ...this.#supervision,
      handlers,
    });
    this.#supervisor.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#supervisor?.hold();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#supervisor?.close();
  }

  async send(chunk: OutboundChunk, signal: AbortSignal): Promise<string> {
    const { chatId, threadId } = chunk.to;
    if (threadId !== undefined) throw new SendError("thread-gone", "WhatsApp has no threads");
    if (bareJid(chatId) === undefined) throw new SendError("chat-gone", "this is no chat of WhatsApp's");
    const bound = AbortSignal.any([signal, this.#closing.signal]);
    if (bound.aborted) throw calledOff();
    await this.#pacing?.turn(chatId, chunk.text.length, bound);
    if (bound.aborted) throw calledOff();
    const messageId = messageIdOf(chunk.key);
    const [file, ...more] = chunk.files ?? [];
    if (more.length > 0) throw new SendError("refused", "a message of WhatsApp's carries one file");
    const { text, replyTo, forUserId } = chunk;
    // Right after the start there is no connection yet, and one that breaks comes back soon.
    await this.#supervisor?.whenConnected(AbortSignal.any([bound, this.#stopping.signal]));
    const sent = await this.#order("send", { messageId, chatId, text, replyTo, forUserId, file }, bound);
    this.#pacing?.sent(chatId);
    return sent;
  }

  async isAdmin(at: Destination, userId: string): Promise<boolean> {
    if (at.chatId === userId) return true;
    return await this.#ask("isAdmin", { chatId: at.chatId, userId }, this.#closing.signal);
  }

  async openPrivate(userId: string): Promise<Destination> {
    const jid = personJid(userId);
    if (jid === undefined) throw new SendError("refused", "this is no person of WhatsApp's");
    // The LID is the id of whoever is known to have one.
    const chatId = isLid(jid) ? jid : await this.#order("personId", { jid }, this.#closing.signal);
    return { platform: "whatsapp", account: this.account, chatId };
  }

  async fetchAttachment(
    { ref, mimeType }: Attachment,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<FetchedAttachment> {
    const bound = AbortSignal.any([signal, this.#closing.signal]);
    return await this.#order("fetch", { ref, mimeType, maxBytes }, bound);
  }

  async #showTyping({ chatId }: Destination): Promise<void> {
    this.#pacing?.began(chatId);
    // Nobody misses it.
    await this.#ask("typing", { chatId }, this.#closing.signal).catch(() => {});
  }

  /** @throws SendError */
  async #order<Name extends keyof WorkerCalls>(
    name: Name,
    takes: WorkerCalls[Name]["takes"],
    signal: AbortSignal,
  ): Promise<WorkerCalls[Name]["gives"]> {
    try {
      return await this.#ask(name, takes, signal);
    } catch (error) {
      if (error instanceof SendError) throw error;
      // The thread is gone, and with it what it knew.
      throw new SendError("temporary", "the connection to WhatsApp was lost");
    }
  }

  async #ask<Name extends keyof WorkerCalls>(
    name: Name,
    takes: WorkerCalls[Name]["takes"],
    signal: AbortSignal,
  ): Promise<WorkerCalls[Name]["gives"]> {
    const worker = this.#supervisor?.connected;
    if (worker === undefined) throw notConnected();
    return await worker.call(name, takes, signal);
  }
}

/** The same for the same chunk, however often it is sent: people and servers take a message with a known id for that one. */
function messageIdOf(key: string): string {
  return `3EB0${createHash("sha256").update(key).digest("hex").slice(0, 18).toUpperCase()}`;
}
