/**
 * How far messages have come that take several calls, by their key, so that trying again goes on where it stopped.
 *
 * Telegram has no idempotency keys: what a restart forgets is sent once more. Bounded; so is what it forgets.
 */
export class BegunSends {
  readonly #sent = new Map<string, string[]>();
  readonly #capacity: number;

  constructor(capacity = 1_000) {
    this.#capacity = capacity;
  }

  /** The ids of what was sent already; whoever sends more adds to it. */
  of(key: string): string[] {
    const sent = this.#sent.get(key) ?? [];
    this.#sent.set(key, sent);
    const oldest = this.#sent.keys().next();
    if (this.#sent.size > this.#capacity && !oldest.done) this.#sent.delete(oldest.value);
    return sent;
  }

  forget(key: string): void {
    this.#sent.delete(key);
  }
}
