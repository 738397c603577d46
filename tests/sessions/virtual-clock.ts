import type { Clock } from "../../sessions/clock.ts";

/** Time that moves only when a test says so; tasks that are due run in order of their time. */
export class VirtualClock implements Clock {
  #now: number;
  #nextId = 0;
  readonly #tasks = new Map<number, { at: number; task: () => void }>();

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, task: () => void): () => void {
    const id = this.#nextId++;
    this.#tasks.set(id, { at: this.#now + Math.max(0, ms), task });
    return () => this.#tasks.delete(id);
  }

  get pending(): number {
    return this.#tasks.size;
  }

  /** Go to the next task's time and run it. @returns false if there is none */
  step(): boolean {
    const next = [...this.#tasks].sort(([one, a], [other, b]) => a.at - b.at || one - other)[0];
    if (next === undefined) return false;
    const [id, { at, task }] = next;
    this.#tasks.delete(id);
    this.#now = Math.max(this.#now, at);
    task();
    return true;
  }

  /** Let `ms` pass. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const due = [...this.#tasks.values()].some(({ at }) => at <= until);
      if (!due) break;
      this.step();
    }
    this.#now = until;
  }
}
