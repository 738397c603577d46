import type { Clock } from "../sessions/clock.ts";

const PAUSE_MS = 10 * 60 * 1000;
/** Of its limit: a conversation that has grown so much since is tried sooner. */
const GROWTH = 0.05;
const MOST_KEPT = 1_000;

/**
 * Conversations that could not be summed up lately: whoever asks next in one does not wait for the same failure again. In memory
 * alone, since a restart may be what mends it.
 */
export class SummaryFailures {
  readonly #clock: Clock;
  readonly #failures = new Map<number, { until: number; tokens: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(sessionId: number, tokens: number, limit: number): void {
    this.#failures.delete(sessionId);
    this.#failures.set(sessionId, { until: this.#clock.elapsed() + PAUSE_MS, tokens: tokens + GROWTH * limit });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > MOST_KEPT && oldest !== undefined) this.#failures.delete(oldest);
  }

  forget(sessionId: number): void {
    this.#failures.delete(sessionId);
  }

  /** @param tokens how long it is now */
  isRecent(sessionId: number, tokens: number): boolean {
    const failure = this.#failures.get(sessionId);
    return failure !== undefined && this.#clock.elapsed() < failure.until && tokens < failure.tokens;
  }
}
