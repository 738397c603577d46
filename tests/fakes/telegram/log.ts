/** Things that happened, in order; tests wait for the one they need instead of sleeping. */
export class Log<T> {
  readonly all: T[] = [];
  readonly #waiting = new Set<(item: T) => void>();

  add(item: T): void {
    this.all.push(item);
    for (const look of [...this.#waiting]) look(item);
  }

  /** `look` is called with everything that happens from now on. */
  on(look: (item: T) => void): void {
    this.#waiting.add(look);
  }

  /** The first item that matches, whether it has happened already or is still to come; pending for ever if it never does. */
  waitFor(matches: (item: T) => boolean): Promise<T> {
    const past = this.all.find(matches);
    if (past !== undefined) return Promise.resolve(past);
    return new Promise((resolve) => {
      const look = (item: T) => {
        if (!matches(item)) return;
        this.#waiting.delete(look);
        resolve(item);
      };
      this.#waiting.add(look);
    });
  }

  /** The first `count` items that match. */
  async waitForMany(count: number, matches: (item: T) => boolean = () => true): Promise<T[]> {
    const found: T[] = [];
    for (let n = 0; n < count; n += 1) found.push(await this.waitFor((item) => matches(item) && !found.includes(item)));
    return found;
  }
}
