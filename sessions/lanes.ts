/**
 * Runs at most one task per lane at a time; lanes run side by side up to `maxRuns`.
 *
 * Order: chats take turns, and the lanes of a chat take turns; which user of a lane is next is the claim's business.
 * Truth: the engine knows names only; what waits is in the inbox. A wake-up too many is harmless, and a wake-up while
 * the lane runs is kept: the lane is looked at again afterwards.
 * Failure: a handler that throws frees its lane, which is tried again after a pause.
 * Memory: an idle lane holds nothing.
 */
export interface LaneEngine {
  /** Say that a lane has work. */
  wake(lane: string, chatRef: number): void;
  /** The same, not before `at` (epoch ms). */
  wakeAt(lane: string, chatRef: number, at: number): void;
  /** Start nothing more; resolves when nothing runs. */
  drain(): Promise<void>;
}

/**
 * Work on a lane: claim one turn and end it.
 *
 * @returns `more` if the lane may have another turn, `idle` if it has none, or when to look again
 */
export type LaneHandler = (lane: string) => Promise<"more" | "idle" | { at: number }>;
