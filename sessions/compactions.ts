import type { Lease } from "./runs.ts";
import type { TranscriptMessage } from "./transcript.ts";

/**
 * Compactions: how a conversation is given to the model once it has grown long.
 *
 * The transcript is never changed: the latest compaction of a session says what of it is given. Messages up to `upTo` are
 * given as `summary`; results of tools up to `clearedTo` are left out. Taking a compaction away gives the whole again. It is
 * written by the run that found the conversation long, under its lease, in one transaction with the session's token count: a
 * crash leaves the old or the new, and the run that is taken over looks at the length again.
 *
 * What was erased from a transcript must not live on in a summary: whoever erases messages that a summary stands for takes the
 * compaction away in the same transaction.
 */
export interface NewCompaction {
  /** The last message that the summary stands for; undefined with the summary. */
  upTo?: number;
  summary?: string;
  /** The last message whose results of tools are left out. */
  clearedTo: number;
  /** `provider`: by the API's own compaction. `model`: by asking the model. `excerpt`: without any. `cleared`: no summary. */
  method: "cleared" | "provider" | "model" | "excerpt";
  model?: string;
  /** The user who asked for it; undefined if it was the conversation's length. */
  askedBy?: string;
  /** What the model was to take in before, and is now, by estimate. */
  tokensBefore: number;
  tokensAfter: number;
}

export interface Compaction extends NewCompaction {
  id: number;
  /** Epoch ms. */
  at: number;
}

/** A message of a transcript with its number, which only grows. */
export type NumberedMessage = TranscriptMessage & { seq: number };

/** What a session gives the model to go on with. */
export interface SessionContext {
  /** The compaction that counts. */
  compaction?: Compaction;
  /** Everything behind what the summary stands for, as it was said: what is cleared is not left out yet. */
  messages: NumberedMessage[];
  /** What the model took in and wrote for its latest reply, journalled ones included; 0 if it is not known. */
  tokens: number;
  /** When the latest of the messages was written, epoch ms. */
  lastAt?: number;
}

export interface CompactionStore {
  /** A session that goes on as the end of another is that one. */
  context(sessionId: number): Promise<SessionContext>;
  /**
   * Written down, with `tokensAfter` as the session's new count. What leaves out results of tools alone carries the present
   * summary on, and what was left out stays so.
   *
   * @returns false, with nothing written, if something of the session was erased, or numbered anew, since the run began, or
   *   the present summary stands for more
   * @throws LeaseLostError; RangeError if it is of more than was said, or `upTo` lies within a turn
   */
  compact(lease: Lease, compaction: NewCompaction): Promise<boolean>;
  /** Of a key's open session, latest first. */
  compactions(key: string): Promise<Compaction[]>;
  /** What a summary stands for, as it was said: the messages up to it, from the end of the one before; none without a summary. Null if there is no such compaction. */
  compacted(id: number): Promise<{ key: string; compaction: Compaction; messages: NumberedMessage[] } | null>;
  /** Of a key's open session: its token count, and how often it was summed up. Null if there is none. */
  contextSize(key: string): Promise<{ tokens: number; compactions: number } | null>;
}
