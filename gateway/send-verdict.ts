import { SendError } from "../adapters/adapter.ts";
import type { FailedSend, PendingChunk } from "../sessions/outbox.ts";

/** What follows from a send that failed. */
export type Verdict =
  /** The same again, after a pause. Without a failure it is as if it had not been tried. */
  | { kind: "again"; afterMs: number; failure?: FailedSend }
  /** The chat has another id. */
  | { kind: "moved"; toChatId: string }
  /** The thread is gone: it goes where the question stands. */
  | { kind: "outside" }
  /** The draft cannot become it: it is sent by itself. */
  | { kind: "without-draft" }
  | { kind: "park"; failure: FailedSend };

export interface Circumstances {
  /** How often this chunk has failed in the same way since the program started. */
  before: number;
  /** After so many failures that the platform answered with, it is parked. */
  maxFailures: number;
  /** True if it has been tried for as long as anything is. */
  isTooOld: boolean;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

export const FIRST_PAUSE_MS = SECOND_MS;
/** A platform that cannot be reached is tried again soon: it may be back. */
const LONGEST_PAUSE_MS = MINUTE_MS;
/** One that answers with failures is given more time: with the default number of them, almost an hour. */
const LONGEST_ANSWERED_PAUSE_MS = 5 * MINUTE_MS;
/**
 * Between sends of a chunk that the platform may have taken each time: the first copy comes soon, because it is likely to
 * be needed; further ones are few, because each may be one too many.
 */
const DOUBTFUL_PAUSES_MS = [FIRST_PAUSE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 120 * MINUTE_MS, 360 * MINUTE_MS];
/** A fault of our own in an adapter does not go away by itself. */
const MOST_FAULTS = 5;
/** A chat that has moved on each time is led in a circle. */
const MOST_MOVES = 5;
/** As often the program may come to its end while it sends a chunk. */
export const MOST_CRASHES = 5;

/** Decide what follows from a failed send. Pure: what the chunk has gone through stands in the chunk. */
export function verdictOn(error: unknown, chunk: PendingChunk, circumstances: Circumstances): Verdict {
  if (!(error instanceof SendError)) {
    const failure = { code: "fault", fault: true };
    return chunk.faults + 1 < MOST_FAULTS ? again(FIRST_PAUSE_MS, failure) : { kind: "park", failure };
  }
  const { code, answered, uncertain: doubtful, retryAfterMs, movedTo } = error;
  const { before, isTooOld } = circumstances;
  const failure: FailedSend = { code, answered, doubtful };
  switch (code) {
    case "rate-limited":
      if (isTooOld) break;
      return again(Math.min(DAY_MS, retryAfterMs ?? FIRST_PAUSE_MS));
    case "temporary":
      if (isTooOld) break;
      return afterTemporary(chunk, failure, circumstances);
    case "chat-moved":
      if (movedTo === undefined || before >= MOST_MOVES) break;
      return { kind: "moved", toChatId: movedTo };
    case "thread-gone":
      // A thread that was just opened may not be known everywhere yet: it gets one more chance.
      if (before === 0) return again(FIRST_PAUSE_MS);
      if (chunk.opened) return { kind: "outside" };
      break;
    case "refused":
      if (chunk.draft?.messageId == null || chunk.takesBack) break;
      return { kind: "without-draft" };
  }
  const isOver = isTooOld && (code === "rate-limited" || code === "temporary");
  return { kind: "park", failure: isOver ? { ...failure, code: "expired" } : failure };
}

function afterTemporary(chunk: PendingChunk, failure: FailedSend, { before, maxFailures }: Circumstances): Verdict {
  const { answered, doubtful } = failure;
  if (answered && chunk.failures + 1 >= maxFailures) return { kind: "park", failure: { ...failure, code: "failing" } };
  if (doubtful) return again(DOUBTFUL_PAUSES_MS[chunk.doubts] ?? DAY_MS, failure);
  if (answered) return again(doubled(chunk.failures, LONGEST_ANSWERED_PAUSE_MS), failure);
  return again(doubled(before, LONGEST_PAUSE_MS));
}

function again(afterMs: number, failure?: FailedSend): Verdict {
  return failure === undefined ? { kind: "again", afterMs } : { kind: "again", afterMs, failure };
}

function doubled(times: number, longestMs: number): number {
  return Math.min(longestMs, FIRST_PAUSE_MS * 2 ** times);
}
