import { type Clock, systemClock } from "./clock.ts";
import type { LaneEngine, LaneHandler } from "./lanes.ts";

interface Options {
  handler: LaneHandler;
  /** Runs side by side. Default 16. */
  maxRuns?: number;
  clock?: Clock;
  /** Told when a handler threw; the lane is tried again `retryMs` later. */
  onError?: (error: unknown, lane: string) => void;
  /** Default 1,000 ms. */
  retryMs?: number;
  /** A handler that takes longer is given up, and its lane is tried again. Default: none is. */
  stuckMs?: number;
  /** Told before that, for the handler's part in it; with `later` the handler gets as much time again. */
  onStuck?: (lane: string) => unknown;
}

/**
 * The lane engine of one process: two rings, one of the chats that have lanes to run and in each chat one of its lanes.
 *
 * A lane is idle (held nowhere), queued (in its chat's ring), or running; a running lane that is woken is marked and goes
 * to the back of its chat's ring when its run ends. A chat goes to the back of the ring of chats each time that one of
 * its lanes is taken. Nothing here survives the process: the inbox says which lanes have work.
 *
 * A handler bounds itself; one that does not come back all the same is given up, so that no fault can block a lane or one of
 * the places for runs. What it still does is the fence's to refuse.
 */
export class LocalLanes implements LaneEngine {
  readonly #handler: LaneHandler;
  readonly #maxRuns: number;
  readonly #clock: Clock;
  readonly #onError: (error: unknown, lane: string) => void;
  readonly #retryMs: number;
  readonly #stuckMs: number | undefined;
  readonly #onStuck: (lane: string) => unknown;
  /** Chats in order of their turn; each with its queued lanes in order of theirs. */
  readonly #ring = new Map<number, Set<string>>();
  /** Lanes that stand in it: a chat that has moved goes by two numbers, and a lane stands in one place all the same. */
  readonly #queued = new Set<string>();
  /** Running lanes, and whether they were woken meanwhile. */
  readonly #running = new Map<string, boolean>();
  readonly #timers = new Map<string, { at: number; cancel: () => void }>();
  #draining = false;
  #drained: (() => void)[] = [];

  constructor(options: Options) {
    const { handler, maxRuns = 16, clock = systemClock, onError = () => {}, retryMs = 1_000 } = options;
    const { stuckMs, onStuck = () => {} } = options;
    this.#handler = handler;
    this.#maxRuns = maxRuns;
    this.#clock = clock;
    this.#onError = onError;
    this.#retryMs = retryMs;
    this.#stuckMs = stuckMs;
    this.#onStuck = onStuck;
  }

  wake(lane: string, chatRef: number): void {
    if (this.#running.has(lane)) this.#running.set(lane, true);
    else this.#enqueue(lane, chatRef);
    this.#dispatch();
  }

  wakeAt(lane: string, chatRef: number, at: number): void {
    const set = this.#timers.get(lane);
    if (this.#draining || (set !== undefined && set.at <= at)) return;
    set?.cancel();
    const cancel = this.#clock.after(Math.max(0, at - this.#clock.now()), () => {
      this.#timers.delete(lane);
      this.wake(lane, chatRef);
    });
    this.#timers.set(lane, { at, cancel });
  }

  drain(): Promise<void> {
    this.#draining = true;
    for (const { cancel } of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#ring.clear();
    this.#queued.clear();
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  /** How much is held in memory, for metrics and tests. */
  get size(): { queued: number; running: number; timers: number } {
    return { queued: this.#queued.size, running: this.#running.size, timers: this.#timers.size };
  }

  #enqueue(lane: string, chatRef: number): void {
    if (this.#queued.has(lane)) return;
    this.#queued.add(lane);
    const lanes = this.#ring.get(chatRef);
    if (lanes === undefined) this.#ring.set(chatRef, new Set([lane]));
    else lanes.add(lane);
  }

  #dispatch(): void {
    while (!this.#draining && this.#running.size < this.#maxRuns) {
      const [next] = this.#ring;
      if (next === undefined) return;
      const [chatRef, lanes] = next;
      const [lane] = lanes as Set<string>;
      this.#ring.delete(chatRef);
      lanes.delete(lane as string);
      this.#queued.delete(lane as string);
      if (lanes.size > 0) this.#ring.set(chatRef, lanes);
      void this.#run(lane as string, chatRef);
    }
  }

  async #run(lane: string, chatRef: number): Promise<void> {
    this.#running.set(lane, false);
    let again: "more" | "idle" | { at: number };
    try {
      again = await this.#handle(lane, chatRef);
    } catch (error) {
      this.#onError(error, lane);
      again = { at: this.#clock.now() + this.#retryMs };
    }
    const woken = this.#running.get(lane) === true;
    this.#running.delete(lane);
    if (this.#draining) {
      if (this.#running.size === 0) for (const resolve of this.#drained.splice(0)) resolve();
      return;
    }
    if (woken || again === "more") this.#enqueue(lane, chatRef);
    // A lane that has to wait keeps its appointment even if it was woken before.
    if (typeof again === "object") this.wakeAt(lane, chatRef, again.at);
    this.#dispatch();
  }

  async #handle(lane: string, chatRef: number): Promise<"more" | "idle" | { at: number }> {
    const stuckMs = this.#stuckMs;
    if (stuckMs === undefined) return this.#handler(lane);
    const stuck = Promise.withResolvers<{ at: number }>();
    let givenUp = false;
    let cancel = () => {};
    const watch = () => {
      cancel = this.#clock.after(stuckMs, () => {
        if (this.#onStuck(lane) === "later") return watch();
        givenUp = true;
        stuck.resolve({ at: this.#clock.now() + this.#retryMs });
      });
    };
    watch();
    const handled = this.#handler(lane);
    // One that was given up may come to its end all the same: what waits behind it is not forgotten.
    handled.then(
      (again) => {
        if (givenUp && again === "more" && !this.#draining) this.wake(lane, chatRef);
      },
      () => {},
    );
    try {
      return await Promise.race([handled, stuck.promise]);
    } finally {
      cancel();
    }
  }
}
