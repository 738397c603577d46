import type { IIdentifyThrottler } from "discord.js";
import type { Sleep } from "../backoff.ts";

/** One shard of each group may identify itself in this time. */
const PERIOD_MS = 5_000;

/**
 * Keeps shards from identifying themselves more often than Discord takes.
 *
 * In place of discord.js's own, which forgets everything with its client, and which nothing wakes before its time.
 *
 * @see https://discord.com/developers/docs/events/gateway#rate-limiting
 */
export class IdentifyThrottle {
  readonly #sleep: Sleep;
  readonly #now: () => number;
  readonly #turns = new Map<number, Promise<void>>();
  readonly #freeAt = new Map<number, number>();

  constructor({ sleep, now }: { sleep: Sleep; now: () => number }) {
    this.#sleep = sleep;
    this.#now = now;
  }

  /** @param concurrency how many groups of shards there are */
  for(concurrency: number): IIdentifyThrottler {
    return { waitForIdentify: (shardId, signal) => this.#wait(shardId % Math.max(1, concurrency), signal) };
  }

  async #wait(group: number, signal: AbortSignal): Promise<void> {
    const before = this.#turns.get(group);
    const { promise: done, resolve } = Promise.withResolvers<void>();
    this.#turns.set(group, done);
    try {
      await before;
      const waitMs = (this.#freeAt.get(group) ?? 0) - this.#now();
      if (waitMs > 0) await this.#sleep(Math.min(waitMs, PERIOD_MS), signal);
      signal.throwIfAborted();
      this.#freeAt.set(group, this.#now() + PERIOD_MS);
    } finally {
      resolve();
    }
  }
}
