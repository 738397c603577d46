import type { Log } from "./log.ts";
import type { WireUpdate } from "./wire.ts";

export interface WebhookSettings {
  url: string;
  secret_token?: string;
}

export interface WebhookAnswer {
  updateId: number;
  /** Undefined if there was no answer. */
  status: number | undefined;
}

/** Posts updates to a bot's webhook: those of one chat one after the other, chats side by side. */
export class WebhookSender {
  readonly #settings: WebhookSettings;
  readonly #answers: Log<WebhookAnswer>;
  readonly #closing = new AbortController();
  readonly #byChat = new Map<string, Promise<unknown>>();

  constructor(settings: WebhookSettings, answers: Log<WebhookAnswer>) {
    this.#settings = settings;
    this.#answers = answers;
  }

  /** @returns whether it was answered with success, so that it need not come again */
  post(update: WireUpdate): Promise<boolean> {
    const chat = chatOf(update);
    const posted = (this.#byChat.get(chat) ?? Promise.resolve()).then(() => this.postAtOnce(update));
    this.#byChat.set(chat, posted);
    return posted;
  }

  /** Out of turn, as a repeated post overtakes others. */
  async postAtOnce(update: WireUpdate): Promise<boolean> {
    const status = await this.#request(update);
    this.#answers.add({ updateId: update.update_id, status });
    return status !== undefined && status >= 200 && status < 300;
  }

  close(): void {
    this.#closing.abort();
  }

  async #request(update: WireUpdate): Promise<number | undefined> {
    const { url, secret_token: secret } = this.#settings;
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(secret !== undefined && { "x-telegram-bot-api-secret-token": secret }),
        },
        body: JSON.stringify(update),
        signal: this.#closing.signal,
      });
      await response.body?.cancel();
      return response.status;
    } catch {
      return undefined;
    }
  }
}

function chatOf(update: WireUpdate): string {
  const message = Object.values(update).find((value) => typeof value === "object" && value !== null && "chat" in value);
  return JSON.stringify((message as { chat?: { id?: unknown } } | undefined)?.chat?.id ?? null);
}
