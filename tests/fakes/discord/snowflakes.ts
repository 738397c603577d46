const DISCORD_EPOCH_MS = 1_420_070_400_000;
const TIME_SHIFT = 22n;

/** Ids that grow and tell when they were made. Within one millisecond, and while the clock stands back, they go on counting. */
export class Snowflakes {
  readonly #clock: () => number;
  #last = 0n;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  next(): string {
    const now = BigInt(Math.floor(this.#clock()) - DISCORD_EPOCH_MS) << TIME_SHIFT;
    this.#last = now > this.#last ? now : this.#last + 1n;
    return String(this.#last);
  }
}

/** Epoch milliseconds. */
export function timeOf(snowflake: string): number {
  return Number(BigInt(snowflake) >> TIME_SHIFT) + DISCORD_EPOCH_MS;
}

export function isoTimeOf(snowflake: string): string {
  return new Date(timeOf(snowflake)).toISOString();
}

/** The shard that hears of a guild. */
export function shardOf(guildId: string, count: number): number {
  return Number((BigInt(guildId) >> TIME_SHIFT) % BigInt(count));
}

/** Whether one snowflake was made before another. */
export function isBefore(one: string, other: string): boolean {
  return BigInt(one) < BigInt(other);
}
