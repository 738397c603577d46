import type { Clock } from "./clock.ts";

/** Time that moves only when it is told to; tasks that are due run in order of their time. */
export class VirtualClock implements Clock {
  readonly #started: number;
  #elapsed = 0;
  /** What the time of day was put forth by. */
  #put = 0;
  #nextId = 0;
  readonly #tasks = new Map<number, { at: number; task: () => void }>();

  constructor(now: number) {
    this.#started = now;
  }

  now(): number {
    return this.#started + this.#elapsed + this.#put;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  after(ms: number, task: () => void): () => void {
    const id = this.#nextId++;
    this.#tasks.set(id, { at: this.#elapsed + Math.max(0, ms), task });
    return () => this.#tasks.delete(id);
  }

  get pending(): number {
    return this.#tasks.size;
  }

  /** When the next task is due, as `elapsed` counts; undefined if there is none. */
  get due(): number | undefined {
    return this.#next()?.at;
  }

  /** Put the time of day forth, or back; nothing happens sooner or later for it. */
  put(ms: number): void {
    this.#put += ms;
  }

  /** Go to the next task's time and run it. @returns false if there is none */
  step(): boolean {
    const next = this.#next();
    if (next === undefined) return false;
    const { id, at, task } = next;
    this.#tasks.delete(id);
    this.#elapsed = Math.max(this.#elapsed, at);
    task();
    return true;
  }

  /** Let `ms` pass. */
  advance(ms: number): void {
    const until = this.#elapsed + ms;
    for (let next = this.#next(); next !== undefined && next.at <= until; next = this.#next()) this.step();
    this.#elapsed = until;
  }

  /** Of those that are due first, the one that was set first. */
  #next(): { id: number; at: number; task: () => void } | undefined {
    let first: { id: number; at: number; task: () => void } | undefined;
    for (const [id, { at, task }] of this.#tasks) {
      if (first === undefined || at < first.at) first = { id, at, task };
    }
    return first;
  }
}
