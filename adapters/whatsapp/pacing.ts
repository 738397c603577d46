import type { Sleep } from "../backoff.ts";
import type { PacingOptions } from "./options.ts";

export interface PacingClock {
  now: () => number;
  sleep: Sleep;
  random: () => number;
}

const CHATS = 1_000;

/**
 * Sends no faster than a person types: WhatsApp locks numbers out that behave like machines.
 *
 * An answer is due when it could have been typed since the bot began to type in that chat, give or take a fifth; and
 * between any two messages of the account lies a gap. Waiting ends at once when the signal is aborted.
 */
export class Pacing {
  readonly #options: PacingOptions;
  readonly #clock: PacingClock;
  /** Since when the bot types, by chat: since it showed so, or since its last message there. */
  readonly #since = new Map<string, { at: number; shown: boolean }>();
  #lastSend = Number.NEGATIVE_INFINITY;

  constructor(options: PacingOptions, clock: PacingClock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** The bot shows that it types; only the first time since its last message counts. */
  began(chatId: string): void {
    if (this.#since.get(chatId)?.shown !== true) this.#note(chatId, true);
  }

  /** A message went out. */
  sent(chatId: string): void {
    this.#note(chatId, false);
  }

  /** Resolves when a message of that length may go out. */
  async turn(chatId: string, length: number, signal: AbortSignal): Promise<void> {
    const { charsPerSecond, maxMs, gapMs } = this.#options;
    const { now, random } = this.#clock;
    const typing = Math.min(maxMs, (length / charsPerSecond) * 1_000) * (0.8 + 0.4 * random());
    await this.#until((this.#since.get(chatId)?.at ?? now()) + typing, signal);
    // Taken before it is waited for: whoever comes next stands behind.
    this.#lastSend = Math.max(now(), this.#lastSend + gapMs);
    await this.#until(this.#lastSend, signal);
  }

  async #until(time: number, signal: AbortSignal): Promise<void> {
    const ms = Math.ceil(time - this.#clock.now());
    if (ms > 0 && !signal.aborted) await this.#clock.sleep(ms, signal);
  }

  #note(chatId: string, shown: boolean): void {
    this.#since.delete(chatId);
    this.#since.set(chatId, { at: this.#clock.now(), shown });
    // Chats that have been silent for longest are forgotten.
    if (this.#since.size > CHATS) this.#since.delete(this.#since.keys().next().value ?? "");
  }
}
