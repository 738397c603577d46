import type { Bell } from "./bell.ts";

/** Things that happened, in order. */
export class Log<T> {
  readonly all: T[] = [];
  readonly #bell: Bell;

  constructor(bell: Bell) {
    this.#bell = bell;
  }

  add(item: T): void {
    this.all.push(item);
    this.#bell.ring();
  }

  /** The first item that fits, once there is one. */
  waitFor(fits: (item: T) => boolean): Promise<T> {
    return this.#bell.when(() => this.all.find(fits));
  }

  /** The first `count` items that fit, once there are so many. */
  waitForMany(count: number, fits: (item: T) => boolean = () => true): Promise<T[]> {
    return this.#bell.when(() => {
      const found = this.all.filter(fits);
      return found.length >= count ? found.slice(0, count) : undefined;
    });
  }
}
