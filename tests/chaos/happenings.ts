import type { Happening, Trigger } from "./schedule.ts";

/** What nobody tells of is looked at this often. */
const LOOK_MS = 200;

/** Counts what happens, acts at the moment that was set, and lets others wait for what they need. */
export class Happenings {
  readonly #counts: Record<Happening, number> = { log: 0, request: 0, reply: 0, said: 0, write: 0 };
  readonly #waiting = new Set<() => void>();
  #armed: { on: Happening; at: number; act: () => void } | undefined;
  #timer: NodeJS.Timeout | undefined;

  count(of: Happening): number {
    return this.#counts[of];
  }

  /** One of these has happened. */
  add(what: Happening): void {
    this.#counts[what] += 1;
    const armed = this.#armed;
    if (armed !== undefined && this.#counts[armed.on] >= armed.at) {
      this.#armed = undefined;
      armed.act();
    }
    this.ring();
  }

  /** Something else has happened. */
  ring(): void {
    for (const resolve of this.#waiting) resolve();
  }

  /** Act when so much has happened, in place of what was set before. */
  arm({ on, count, delayMs }: Trigger, act: () => void): void {
    this.disarm();
    const later = () => {
      this.#timer = setTimeout(act, delayMs);
    };
    this.#armed = { on, at: this.#counts[on] + count, act: delayMs === 0 ? act : later };
  }

  disarm(): void {
    this.#armed = undefined;
    clearTimeout(this.#timer);
  }

  /** Resolves once it is so, or once `progress` has not grown for so long. */
  async patiently(ms: number, progress: () => number, isSo: () => boolean | Promise<boolean>): Promise<void> {
    let most = progress();
    let until = performance.now() + ms;
    while (!(await isSo())) {
      if (progress() > most) {
        most = progress();
        until = performance.now() + ms;
      }
      const left = until - performance.now();
      if (left <= 0) return;
      await this.#next(Math.min(left, LOOK_MS));
    }
  }

  /** The next thing that happens, or the end of the time. */
  async #next(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#waiting.add(resolve);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(resolve);
  }
}
