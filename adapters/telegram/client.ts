import { Telegram, TelegramError } from "telegraf";
import type { Telegram as Methods, Opts } from "telegraf/types";
import { BotApiError, withoutQuotes } from "./errors.ts";
import { idOf } from "./ids.ts";

export interface CallBounds {
  /** Aborting ends the call. */
  signal?: AbortSignal;
  /** In place of the client's own bound. */
  timeoutMs?: number;
}

type CallSignal = NonNullable<NonNullable<Parameters<Telegram["callApi"]>[2]>["signal"]>;

/**
 * Telegraf's Bot API client with every call bounded in time, and with errors that can be logged.
 */
export class BotApi {
  readonly #telegram: Telegram;
  readonly #timeoutMs: number;
  readonly #closing = new AbortController();

  constructor(token: string, { apiRoot, timeoutMs }: { apiRoot: string; timeoutMs: number }) {
    this.#telegram = new Telegram(token, { apiRoot });
    this.#timeoutMs = timeoutMs;
  }

  /** @throws BotApiError */
  async call<M extends keyof Methods>(
    method: M,
    payload: Opts<M>,
    { signal, timeoutMs = this.#timeoutMs }: CallBounds = {},
  ): Promise<ReturnType<Methods[M]>> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), timeoutMs);
    const signals = [timeout.signal, this.#closing.signal];
    const bound = AbortSignal.any(signal === undefined ? signals : [...signals, signal]);
    const begun = !bound.aborted;
    try {
      // Telegraf declares an AbortSignal polyfill; its fetch takes the platform's own as well.
      return await this.#telegram.callApi(method, payload, { signal: bound as unknown as CallSignal });
    } catch (error) {
      if (timeout.signal.aborted) throw new BotApiError(method, `no answer within ${timeoutMs} ms`);
      throw failure(method, error, begun);
    } finally {
      clearTimeout(timer);
      // Telegraf leaves the body of a server error unread: without this, a long one would hold its connection open.
      timeout.abort();
    }
  }

  /** End all calls under way; later ones fail at once. */
  close(): void {
    this.#closing.abort();
  }
}

/** Codes of connections that did not come about. */
const NOT_CONNECTED = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"];

function failure(method: string, error: unknown, begun: boolean): BotApiError {
  if (!(error instanceof TelegramError)) {
    return new BotApiError(method, reasonOf(error), { sent: begun && !NOT_CONNECTED.includes(codeOf(error) ?? "") });
  }
  const { code, description, parameters } = error;
  if (typeof code !== "number" || typeof description !== "string") return new BotApiError(method, "no proper answer");
  const { retry_after, migrate_to_chat_id } = parameters ?? {};
  const refusal = {
    status: code,
    description,
    ...(retry_after !== undefined && { retryAfterMs: retry_after * 1000 }),
    ...(migrate_to_chat_id !== undefined && { migratedTo: idOf(migrate_to_chat_id) }),
  };
  return new BotApiError(method, `Telegram answered ${code} (${withoutQuotes(description)})`, { refusal });
}

/** Errors of the network name the address they failed at, and that holds the token: their codes alone are repeated. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "failed";
  if (error.name === "AbortError") return "interrupted";
  const code = codeOf(error);
  return code === undefined ? "no proper answer" : `no connection (${code})`;
}

function codeOf(error: unknown): string | undefined {
  const errors = error instanceof Error ? [error, error.cause] : [];
  return errors.map((each) => (each as NodeJS.ErrnoException | undefined)?.code).find(isCode);
}

function isCode(code: unknown): code is string {
  return typeof code === "string" && /^[A-Z][A-Z0-9_]{1,40}$/.test(code);
}
