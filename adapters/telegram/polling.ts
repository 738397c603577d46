import type { Backoff, Sleep } from "../backoff.ts";
import type { BotApi } from "./client.ts";
import { ALLOWED_UPDATES, updateId } from "./payload.ts";

export interface PollingOptions {
  api: BotApi;
  pollSeconds: number;
  requestTimeoutMs: number;
  /** Hand one update over; see `receive`. */
  receive(update: unknown): Promise<void>;
  /** Whether what follows an update has to wait until that is committed. */
  standsAlone(update: unknown): boolean;
  backoff: Backoff;
  sleep: Sleep;
}

/**
 * Long polling in which an update counts as taken only once the gateway has committed it.
 *
 * Telegraf's own loop is not used: it moves its offset on before the updates are handled, whether or not that succeeds,
 * and confirms the offset at shut-down, when some of them may not be committed. Here
 *
 * - the updates of a poll are handed over in their order and side by side, so that one disk transaction takes them all;
 * - the next poll's offset, which is the confirmation, stays before every update that was not taken. That one and those
 *   after it come again; the gateway knows those it has already;
 * - stopping confirms nothing: what the last poll brought comes again after a restart.
 */
export class Polling {
  readonly #options: PollingOptions;
  #offset: number | undefined;

  constructor(options: PollingOptions) {
    this.#options = options;
  }

  /** Telegram answers no poll while a webhook is set. @throws BotApiError */
  async open(signal: AbortSignal): Promise<void> {
    await this.#options.api.call("deleteWebhook", {}, { signal });
  }

  /**
   * Poll until the signal is aborted; what is being handed over then is finished.
   *
   * @param onReady called once Telegram has answered a poll
   * @throws BotApiError when a poll fails
   */
  async run(signal: AbortSignal, onReady: () => void): Promise<void> {
    // The first poll is a short one: Telegram answers it at once, and so tells whether polling works.
    let seconds = 0;
    while (!signal.aborted) {
      const updates = await this.#poll(seconds, signal);
      if (seconds === 0) onReady();
      seconds = this.#options.pollSeconds;
      if (await this.#handOver(updates)) this.#options.backoff.reset();
      else await this.#options.sleep(this.#options.backoff.next(), signal);
    }
  }

  async #poll(seconds: number, signal: AbortSignal): Promise<unknown[]> {
    const { api, requestTimeoutMs } = this.#options;
    const updates: unknown = await api.call(
      "getUpdates",
      {
        timeout: seconds,
        allowed_updates: ALLOWED_UPDATES,
        ...(this.#offset !== undefined && { offset: this.#offset }),
      },
      { signal, timeoutMs: seconds * 1000 + requestTimeoutMs },
    );
    return Array.isArray(updates) ? updates : [];
  }

  /** @returns whether all were taken */
  async #handOver(updates: unknown[]): Promise<boolean> {
    const { receive, standsAlone } = this.#options;
    const handOvers: Promise<boolean>[] = [];
    for (const update of updates) {
      handOvers.push(
        receive(update).then(
          () => true,
          () => false,
        ),
      );
      if (standsAlone(update)) await Promise.all(handOvers);
    }
    const taken = await Promise.all(handOvers);
    // By number, not by place: whatever order they were listed in, the offset confirms all that are before it.
    const numbers = (wanted: boolean) =>
      updates
        .filter((_, index) => taken[index] === wanted)
        .map(updateId)
        .filter((id) => id !== null);
    const done = numbers(true);
    if (done.length > 0) this.#offset = Math.min(Math.max(...done) + 1, ...numbers(false));
    // A poll that brought nothing but nonsense cannot be confirmed: without a pause it would come again at once.
    return !taken.includes(false) && (updates.length === 0 || done.length > 0);
  }
}
