/** The first millisecond of 2015: Discord counts from there. */
const EPOCH = 1_420_070_400_000;

/** The lower bits of a snowflake tell apart what was made in one millisecond. */
const TIME_SHIFT = 22n;

const LARGEST = 2n ** 64n - 1n;

/**
 * Whether a value is one of Discord's ids: the digits of an unsigned 64-bit number. They do not fit a double and stay
 * strings everywhere.
 *
 * @see https://discord.com/developers/docs/reference#snowflakes
 */
export function isSnowflake(value: unknown): value is string {
  return typeof value === "string" && /^[1-9]\d{0,19}$/.test(value) && BigInt(value) <= LARGEST;
}

/** When the thing that an id names was made, in epoch milliseconds. */
export function snowflakeTime(id: string): number {
  return EPOCH + Number(BigInt(id) >> TIME_SHIFT);
}

/** The smallest id of a millisecond: everything made then or later has this one or a greater one. */
export function snowflakeAt(time: number): string {
  return String(BigInt(Math.max(0, Math.trunc(time - EPOCH))) << TIME_SHIFT);
}

/** Older ids first: negative if `one` is older than `other`, 0 if they are the same. */
export function compareSnowflakes(one: string, other: string): number {
  if (one.length !== other.length) return one.length - other.length;
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** The mark of a place of which nothing was read: a forum's post has the very id of its first message. */
export function snowflakeBefore(id: string): string {
  return String(BigInt(id) - 1n);
}
