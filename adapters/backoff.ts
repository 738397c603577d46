import { setTimeout } from "node:timers/promises";

const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

/** How long to wait before the next try: doubling from a second to a minute, spread by up to half. */
export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** @param atLeastMs what the platform asked for, which is kept even if it is longer */
  next(atLeastMs = 0): number {
    const ceiling = Math.min(FIRST_MS * 2 ** this.#failures, LONGEST_MS);
    this.#failures = Math.min(this.#failures + 1, 16);
    return Math.max(atLeastMs, Math.round(ceiling * (1 - this.#random() / 2)));
  }

  reset(): void {
    this.#failures = 0;
  }
}

/** Waits; returns early, without an error, once the signal is aborted. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

export const sleep: Sleep = async (ms, signal) => {
  try {
    await setTimeout(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
};
