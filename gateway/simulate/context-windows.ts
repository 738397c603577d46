import type { Sent } from "./tally.ts";

export interface Point {
  /** Hours since the log began. */
  hours: number;
  tokens: number;
}

/** A chart has room for so many. */
const MOST_WINDOWS = 64;
const MINUTE_MS = 60_000;

/** The largest request of each stretch of time in which there was one; stretches are whole minutes. */
export function largestByTime(sent: readonly Sent[], began: number, ended: number): Point[] {
  const stretch = Math.max(MINUTE_MS, Math.ceil((ended - began) / MOST_WINDOWS / MINUTE_MS) * MINUTE_MS);
  const largest = new Map<number, Point>();
  for (const { at, tokens } of sent) {
    const index = Math.floor((at - began) / stretch);
    if ((largest.get(index)?.tokens ?? -1) >= tokens) continue;
    largest.set(index, { hours: (at - began) / (60 * MINUTE_MS), tokens });
  }
  return [...largest.entries()].sort(([one], [other]) => one - other).map(([, point]) => point);
}
