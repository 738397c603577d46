import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { AdapterConfigError, type HttpRoutes } from "../adapter.ts";
import type { BotApi } from "./client.ts";
import { BotApiError } from "./errors.ts";
import type { WebhookOptions } from "./options.ts";
import { ALLOWED_UPDATES, TelegramPayloadError } from "./payload.ts";

export interface WebhookIntakeOptions extends WebhookOptions {
  api: BotApi;
  /** Hand one update over; see `receive`. */
  receive(update: unknown): Promise<void>;
  onMalformed(error: unknown): void;
}

/** Updates are a few kilobytes; no honest one comes near this. */
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Takes updates that Telegram posts.
 *
 * An update is answered with 200 once the gateway has committed it; any other answer makes Telegram post it again.
 * Telegram posts the updates of one chat one after the other, each after the one before was answered.
 *
 * @see https://core.telegram.org/bots/api#setwebhook
 */
export class Webhook {
  readonly routes: HttpRoutes;
  readonly #options: WebhookIntakeOptions;
  readonly #secret: string;
  readonly #inCommit = new Set<Promise<unknown>>();
  #taking = false;

  constructor(options: WebhookIntakeOptions) {
    this.#options = options;
    this.#secret = options.secret ?? randomBytes(32).toString("hex");
    this.routes = { path: options.path, fetch: (request) => this.#answer(request) };
  }

  /**
   * @throws BotApiError
   * @throws AdapterConfigError if Telegram does not take the address or the secret
   */
  async open(signal: AbortSignal): Promise<void> {
    const { api, url } = this.#options;
    try {
      await api.call("setWebhook", { url, secret_token: this.#secret, allowed_updates: ALLOWED_UPDATES }, { signal });
    } catch (error) {
      if (!(error instanceof BotApiError) || error.refusal?.status !== 400) throw error;
      throw new AdapterConfigError(
        `Telegram does not take the webhook: ${error.message}. Its address has to be public and https, and its secret 1 to 256 of A-Z a-z 0-9 _ -.`,
      );
    }
  }

  /** Take updates until the signal is aborted; those being handed over then are finished. */
  async run(signal: AbortSignal, onReady: () => void): Promise<void> {
    if (signal.aborted) return;
    this.#taking = true;
    onReady();
    await new Promise((stopped) => signal.addEventListener("abort", stopped, { once: true }));
    this.#taking = false;
    await Promise.allSettled(this.#inCommit);
  }

  async #answer(request: Request): Promise<Response> {
    if (request.method !== "POST") return answer(405, { allow: "POST" });
    if (!this.#knows(request.headers.get("x-telegram-bot-api-secret-token"))) return answer(403);
    if (!isJson(request.headers.get("content-type"))) return answer(415);
    const body = await readBounded(request, MAX_BODY_BYTES);
    if (body === null) return answer(413);
    // Not before here: Telegram is told to come again while the connection is not up or is being closed.
    if (!this.#taking) return answer(503);
    let update: unknown;
    try {
      update = JSON.parse(body);
    } catch {
      // The parser's own error quotes the text.
      this.#options.onMalformed(new TelegramPayloadError("a webhook call whose body is not JSON"));
      return answer(400);
    }
    return this.#handOver(update);
  }

  async #handOver(update: unknown): Promise<Response> {
    const commit = this.#options.receive(update);
    this.#inCommit.add(commit);
    try {
      await commit;
      return answer(200);
    } catch {
      return answer(500);
    } finally {
      this.#inCommit.delete(commit);
    }
  }

  /** Compares digests, which are equally long, in a time that does not depend on where they differ. */
  #knows(secret: string | null): boolean {
    return secret !== null && timingSafeEqual(digest(secret), digest(this.#secret));
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function isJson(contentType: string | null): boolean {
  return /^application\/json\s*(?:;|$)/i.test(contentType ?? "");
}

function answer(status: number, headers?: Record<string, string>): Response {
  return new Response(null, { status, ...(headers !== undefined && { headers }) });
}

async function readBounded(request: Request, maxBytes: number): Promise<string | null> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of request.body ?? []) {
    bytes += part.byteLength;
    if (bytes > maxBytes) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
