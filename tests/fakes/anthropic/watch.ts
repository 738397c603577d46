/**
 * Lets tests wait for a state instead of a time: each change looks again at everything that is waited for.
 */
export class Watch {
  readonly #looks = new Set<() => void>();
  readonly #ends = new Set<(reason: Error) => void>();

  /** Something has changed. */
  notify(): void {
    for (const look of [...this.#looks]) look();
  }

  /**
   * The first thing other than `undefined` that `look` gives, now or after a change.
   *
   * @param what names the awaited thing when it does not come within `limitMs`
   */
  until<Found>(look: () => Found | undefined, what: string, limitMs = 10_000): Promise<Found> {
    const { promise, resolve, reject } = Promise.withResolvers<Found>();
    const again = () => {
      const found = look();
      if (found !== undefined) resolve(found);
    };
    const timer = setTimeout(() => reject(new Error(`${what}: not within ${limitMs} ms`)), limitMs);
    this.#looks.add(again);
    this.#ends.add(reject);
    again();
    return promise.finally(() => {
      clearTimeout(timer);
      this.#looks.delete(again);
      this.#ends.delete(reject);
    });
  }

  /** Nothing more will change. */
  close(): void {
    for (const end of [...this.#ends]) end(new Error("the fake was closed"));
  }
}
