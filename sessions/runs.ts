import type { Destination } from "../adapters/record.ts";
import type { AuditOrigin } from "./audit.ts";
import type { AcceptedMessage, ChatInfo, ForCommand, Notice, RoutedPlan } from "./inbox.ts";
import type { NewDelivery } from "./outbox.ts";
import type { Author, TranscriptMessage, Usage } from "./transcript.ts";

/**
 * Runs: what is being answered, and how far it has come.
 *
 * A claim makes a run of one user's consecutive waiting messages in a lane. It is a lease with a fence: the claim that
 * takes a run over raises the fence, and every transaction of a run presents the fence it was given, so whoever lost a
 * run can write nothing more. The journal holds each finished step: the turn as the model sees it, each reply, each set
 * of tool results. What a crash leaves is a run whose holder is gone; the next claim of its lane takes it over with the
 * steps that are stored, and nothing that was finished is done again.
 */
export interface Lease {
  runId: number;
  fence: number;
}

export interface Run extends Lease {
  lane: string;
  sessionId: number;
  plan: RoutedPlan;
  chat: ChatInfo;
  /** Where the answer goes. */
  to: Destination;
  author: Author;
  /** Other ids of the author. */
  aliases?: readonly string[];
  /** In order of arrival; at least one. */
  messages: AcceptedMessage[];
  /** The message that the answer quotes, unless it stands in a chat that has moved since. */
  quote?: string;
  /** Of that message, where it had one. */
  replyToken?: string;
  /** Where the answer is shown while it is written: the idempotency key of its first chunk, and what is known of it. */
  draft: { key: string; begun: boolean; messageId?: string };
  /** How often the run was begun: 1 for the first time. */
  attempt: number;
  /** What is finished, oldest first. */
  steps: TranscriptMessage[];
  /** Set if the run was stopped before this claim: it only has to be ended. */
  stopped: boolean;
}

export type Claim =
  | { kind: "run"; run: Run }
  /** Somebody's turn may still grow (an album, a long text): ask again then (epoch ms). */
  | { kind: "later"; at: number }
  /** A run of this lane is going on; whoever ends it wakes the lane. */
  | { kind: "busy" }
  | { kind: "idle" };

export type ModelUsage = { model: string } & Usage;

export interface StepRecord {
  message: TranscriptMessage;
  usage?: ModelUsage;
}

export interface Ending {
  /** A run that was marked as stopped ends as `stopped` whatever is said here, with `ifStopped` in place of deliveries. */
  outcome: "done" | "failed" | "stopped";
  /** Added to the transcript behind the journal's steps: an apology, a mark that the run was stopped. */
  closing?: TranscriptMessage;
  /** Leave the turn out of the transcript: always, or if the journal holds nothing but the turn itself. */
  forget?: "always" | "if-unanswered";
  deliveries: NewDelivery[];
  /**
   * Of the journal's steps, the first so many were given without the results of their tools: so they are from now on. Where this
   * is not said, nobody knows any more how long the conversation is.
   */
  cleared?: number;
  /** What is said in place of them if the run turns out to have been stopped. */
  ifStopped?: NewDelivery[];
  /** A code for operators; no content. */
  failure?: string;
}

export interface Ended {
  /** The lane's present name: a chat may have moved meanwhile. */
  lane: string;
  more: boolean;
}

export interface StopOrder {
  chatRef: number;
  /** Who gives it; what this user has waiting in the chat is dropped, and the user's runs there are stopped. */
  userId: string;
  /** Arrival number of the order: what came later is not touched. */
  before: number;
  /** Stop this lane's run as well, whosever it is. */
  lane?: string;
  /** Everybody's, not the user's alone. */
  everybody?: boolean;
  /** Said in the audit if anybody else loses something by it, or if it is for everybody's: with who lost something. */
  audit?: AuditOrigin;
  /** For others who lose something by it. */
  notice: Notice;
  /** For messages that wait for an answer of their own and will get none. */
  dropped: Notice;
}

export interface StoppedWork {
  /** Messages that had not been started. */
  dropped: number;
  /** Runs that are going on, to be aborted by whoever executes them; those too that had been stopped before. */
  runIds: number[];
}

/** Thrown by every operation that presents a lease which another claim has taken over. */
export class LeaseLostError extends Error {
  readonly code = "lease-lost";

  constructor(lease: Lease) {
    super(`run ${lease.runId} was taken over (fence ${lease.fence} is old)`);
    this.name = "LeaseLostError";
  }
}

export interface RunStore {
  /**
   * Begin the lane's next turn, or take over one whose holder is gone. Users take turns: whoever was answered last
   * goes behind everybody who waits by then; one user's messages keep their order.
   *
   * @param executing runs that this process is executing: they are busy, any other run of this process was given up
   */
  claim(lane: string, executing?: ReadonlySet<number>): Promise<Claim>;
  /** The session so far, without the run's own steps. */
  history(sessionId: number): Promise<TranscriptMessage[]>;
  /**
   * Write down a finished step. With its first one a run counts as one, however it ends.
   *
   * @throws LeaseLostError
   */
  journal(lease: Lease, step: StepRecord): Promise<void>;
  /** Count what was used without a step of the journal: for a reply that was broken off. @throws LeaseLostError */
  bookUsage(lease: Lease, usage: ModelUsage): Promise<void>;
  /**
   * The next turn of the run's author, if it asks to be taken into the run (`busy` in its plan) and may: it stands in the
   * same lane, session and thread, is complete, and neither anybody else's message nor an own command waits before it.
   * Empty otherwise. @throws LeaseLostError
   */
  following(lease: Lease): Promise<AcceptedMessage[]>;
  /**
   * Take these messages into the run and journal the steps, in one transaction, behind `unknownResults` of a reply at the
   * journal's end whose tools have no results. @returns false, with nothing done, if `following` would not give them any more
   * @throws LeaseLostError
   */
  takeIn(lease: Lease, messages: readonly AcceptedMessage[], steps: readonly StepRecord[]): Promise<boolean>;
  /** A thread was opened for the run: what is said inside belongs to its session. @throws LeaseLostError */
  threadOpened(lease: Lease, threadId: string): Promise<void>;
  /** The answer's first chunk is about to be sent, unfinished, under the draft's key. @throws LeaseLostError */
  draftBegun(lease: Lease, draft: { threadId?: string; replyToken?: string }): Promise<void>;
  /** @throws LeaseLostError */
  draftShown(lease: Lease, messageId: string): Promise<void>;
  /**
   * Transcript, outbox, inbox and lane in one transaction. Tools whose results never came have unknown ones in the
   * transcript. @throws LeaseLostError
   */
  end(lease: Lease, ending: Ending): Promise<Ended>;
  /** Give a run back unfinished, to be taken over later as if it had not been begun again. @throws LeaseLostError */
  park(lease: Lease): Promise<void>;
  /** Lanes with work, and the chats they belong to. */
  lanesWithWork(): Promise<Array<{ lane: string; chatRef: number }>>;
  /**
   * Drop what waits and mark the runs that go on, as far as the order reaches. Whose run was stopped already is not told
   * again.
   *
   * @throws CommandGoneError
   */
  stop(order: StopOrder, command?: ForCommand): Promise<StoppedWork>;
  /** Runs that go on and are marked as stopped, by whomever. */
  stoppedRuns(): Promise<number[]>;
  putBlob(bytes: Uint8Array, mimeType: string): Promise<string>;
  blob(hash: string): Promise<Uint8Array | null>;
}
