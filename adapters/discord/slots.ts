/**
 * Lets so many work at a time; who is waited for goes first, the others in the order in which they came.
 */
export class Slots {
  #free: number;
  readonly #isAwaited: (id: string) => boolean;
  readonly #queue: Array<{ id: string; enter: () => void }> = [];

  /** @param isAwaited asked whenever a slot becomes free */
  constructor(count: number, isAwaited: (id: string) => boolean) {
    this.#free = count;
    this.#isAwaited = isAwaited;
  }

  async hold<T>(id: string, work: () => Promise<T>): Promise<T> {
    await this.#enter(id);
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  async #enter(id: string): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#queue.push({ id, enter: resolve });
    await promise;
  }

  #leave(): void {
    const awaited = this.#queue.findIndex(({ id }) => this.#isAwaited(id));
    const [next] = this.#queue.splice(Math.max(awaited, 0), 1);
    if (next === undefined) this.#free += 1;
    else next.enter();
  }
}
