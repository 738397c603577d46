import { WebError } from "./errors.ts";

/** Counts what happens within a minute of the clock, for each key by itself. */
export class Rate {
  readonly #most: number;
  readonly #now: () => number;
  readonly #counts = new Map<string, number>();
  #minute = Number.NEGATIVE_INFINITY;

  constructor(most: number, now: () => number) {
    this.#most = most;
    this.#now = now;
  }

  /** @throws WebError `too-many` with this message, and counts nothing, if it is more than there may be within the minute */
  count(key: string, refusal: string, amount = 1): void {
    const minute = Math.floor(this.#now() / 60_000);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#counts.clear();
    }
    const before = this.#counts.get(key) ?? 0;
    if (before + amount > this.#most) throw new WebError("too-many", refusal);
    this.#counts.set(key, before + amount);
  }
}
