import {
  type Adapter,
  AdapterConfigError,
  type AdapterHandlers,
  type FetchedAttachment,
  type HttpRoutes,
  type OutboundChunk,
} from "../adapter.ts";
import { Backoff, sleep as sleepOnTheClock } from "../backoff.ts";
import { tooLarge } from "../file-body.ts";
import type { Attachment, Destination } from "../record.ts";
import { BotApi } from "./client.ts";
import { offeredCommands } from "./commands.ts";
import { Connection } from "./connection.ts";
import { download } from "./download.ts";
import { idOf, numberOf } from "./ids.ts";
import { receive, tellsOfMove } from "./intake.ts";
import { DEFAULT_API_ROOT, DEFAULT_MAX_ATTACHMENT_BYTES, type TelegramOptions } from "./options.ts";
import { asSendError, chatIdOf, Outbound } from "./outbound.ts";
import { Polling } from "./polling.ts";
import { renderTelegram } from "./render.ts";
import { Webhook } from "./webhook.ts";

/**
 * Telegram behind one bot token. Creating it does no I/O.
 *
 * Telegram keeps what it could not deliver for 24 hours. Bots see neither deletions nor other bots' messages, and in
 * groups, unless BotFather's privacy mode is off or they are admins, only commands and what is addressed to them.
 *
 * @see https://core.telegram.org/bots/api
 */
export function createTelegramAdapter(options: TelegramOptions): Adapter {
  return new TelegramAdapter(options);
}

class TelegramAdapter implements Adapter {
  readonly platform = "telegram";
  readonly account: string;
  readonly http?: HttpRoutes;
  readonly render = renderTelegram;
  readonly choices = true;
  readonly #api: BotApi;
  readonly #apiRoot: string;
  readonly #token: string;
  readonly #maxAttachmentBytes: number;
  readonly #connection: Connection;
  readonly #outbound: Outbound;
  readonly #now: () => number;
  readonly #closing = new AbortController();
  #handlers: AdapterHandlers | undefined;
  #bot = { id: "", username: "" };

  constructor({
    token,
    account = "default",
    apiRoot = DEFAULT_API_ROOT,
    mode = "polling",
    maxAttachmentBytes = DEFAULT_MAX_ATTACHMENT_BYTES,
    pollSeconds = 50,
    requestTimeoutMs = 30_000,
    startTimeoutMs = 5_000,
    sleep = sleepOnTheClock,
    random = Math.random,
    now = Date.now,
  }: TelegramOptions) {
    this.account = account;
    // Addresses of methods are resolved against it: without the slash, the last part of its path would be lost.
    this.#apiRoot = apiRoot.endsWith("/") ? apiRoot : `${apiRoot}/`;
    this.#token = token;
    this.#maxAttachmentBytes = maxAttachmentBytes;
    this.#now = now;
    this.#api = new BotApi(token, { apiRoot: this.#apiRoot, timeoutMs: requestTimeoutMs });
    this.#outbound = new Outbound({
      api: this.#api,
      onChatMoved: async (from, to) => this.#handlers?.onChatMoved(from, to),
    });
    const api = this.#api;
    const take = (update: unknown) => this.#receive(update);
    const webhook =
      mode === "polling"
        ? undefined
        : new Webhook({
            ...mode.webhook,
            api,
            receive: take,
            onMalformed: (error) => this.#handlers?.onMalformed(error),
          });
    if (webhook !== undefined) this.http = webhook.routes;
    const backoff = new Backoff(random);
    const polling = { api, pollSeconds, requestTimeoutMs, receive: take, standsAlone: tellsOfMove, sleep };
    this.#connection = new Connection({
      api,
      inlet: webhook ?? new Polling({ ...polling, backoff: new Backoff(random) }),
      onIdentity: (bot) => {
        this.#bot = bot;
      },
      onState: (state) => this.#handlers?.onState(state),
      startTimeoutMs,
      backoff,
      sleep,
    });
  }

  async start(handlers: AdapterHandlers): Promise<void> {
    if (!URL.canParse(this.#apiRoot)) {
      throw new AdapterConfigError("TELEGRAM_API_ROOT is no address: it looks like https://api.telegram.org");
    }
    this.#handlers = handlers;
    await this.#connection.start();
  }

  stop(): Promise<void> {
    return this.#connection.stop();
  }

  async close(): Promise<void> {
    await this.stop();
    this.#closing.abort();
    this.#api.close();
  }

  send(chunk: OutboundChunk, signal: AbortSignal): Promise<string> {
    return this.#outbound.send(chunk, signal);
  }

  typing(to: Destination): Promise<void> {
    return this.#outbound.typing(to);
  }

  openThread(at: Destination, { title }: { id: string; title: string }): Promise<string> {
    return this.#outbound.openThread(at, title);
  }

  async openPrivate(userId: string): Promise<Destination> {
    await this.#outbound.demandPrivate(userId);
    return { platform: "telegram", account: this.account, chatId: userId };
  }

  /** @see https://core.telegram.org/bots/api#getchatmember */
  async isAdmin(at: Destination, userId: string): Promise<boolean> {
    // A private chat has its user's id. In a group, only anonymous admins write as the group itself.
    if (userId === at.chatId) return true;
    const user = numberOf(userId);
    // Other chats that people write as have no rights of their own.
    if (user === undefined || user < 0) return false;
    try {
      const { status } = await this.#api.call("getChatMember", { chat_id: chatIdOf(at), user_id: user });
      return status === "creator" || status === "administrator";
    } catch (error) {
      throw asSendError(error);
    }
  }

  /** @see https://core.telegram.org/bots/api#getfile */
  async fetchAttachment(
    { ref, mimeType }: Attachment,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<FetchedAttachment> {
    const bound = AbortSignal.any([signal, this.#closing.signal]);
    try {
      const { file_path = "", file_size = 0 } = await this.#api.call("getFile", { file_id: ref }, { signal: bound });
      if (file_size > maxBytes) throw tooLarge(maxBytes);
      const path = file_path.split("/").map(encodeURIComponent).join("/");
      const file = await download(new URL(`file/bot${this.#token}/${path}`, this.#apiRoot), maxBytes, bound);
      return { bytes: file.bytes, mimeType: mimeType ?? file.mimeType };
    } catch (error) {
      throw asSendError(error);
    }
  }

  /** @see https://core.telegram.org/bots/api#setmycommands */
  async registerCommands(commands: ReadonlyArray<{ name: string; description: string }>): Promise<void> {
    try {
      await this.#api.call("setMyCommands", { commands: offeredCommands(commands) });
    } catch (error) {
      throw asSendError(error);
    }
  }

  #receive(update: unknown): Promise<void> {
    const handlers = this.#handlers;
    if (handlers === undefined) return Promise.reject(new Error("an update came before the adapter was started"));
    return receive(
      update,
      { ...this.#bot, account: this.account },
      {
        handlers,
        maxAttachmentBytes: this.#maxAttachmentBytes,
        noteChat: ({ id, is_forum }) => this.#outbound.forums.note(idOf(id), is_forum === true),
        acknowledge: (callbackId, text) => void this.#outbound.acknowledge(callbackId, text),
        now: this.#now,
      },
    );
  }
}
