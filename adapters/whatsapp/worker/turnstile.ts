import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Lets one piece of work through at a time.
 *
 * What changes Signal sessions has to be alone: Baileys reads a session, changes it and writes it back, and two that
 * overlap lose a step of one of them. A piece of work may go through again while it is inside.
 */
export class Turnstile {
  readonly #inside = new AsyncLocalStorage<true>();
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside.getStore()) return work();
    const turn = this.#last.then(() => this.#inside.run(true, work));
    this.#last = turn.catch(() => {});
    return turn;
  }

  get isInside(): boolean {
    return this.#inside.getStore() === true;
  }

  /** Resolves when everything that has asked so far is through. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
