import { type Adapter, SendError } from "../adapters/adapter.ts";
import type { Destination, Platform } from "../adapters/record.ts";
import type { Clock } from "../sessions/clock.ts";
import type { FailedSend, OutboxStore, PendingChunk } from "../sessions/outbox.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Platforms } from "./platforms.ts";
import { MOST_CRASHES, type Verdict, verdictOn } from "./send-verdict.ts";
import { THREAD_GONE, wordOn } from "./undelivered.ts";

export interface ChunkSenderOptions {
  store: OutboxStore;
  platforms: Platforms;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  /** The platform says that the chat has a new id. */
  onChatMoved(from: Destination, toChatId: string): Promise<void>;
  /** Answers that are older when they could be sent for the first time are kept back, and their reader is told so. */
  maxAgeMs(platform: Platform): number;
  /** So many failures that the platform answers with park a delivery. Default 20. */
  maxFailures?: number;
  /** A chunk that cannot be sent for this long is given up. Default 24 hours. */
  giveUpMs?: number;
}

/** What to do after a send: go on with the next chunk, or try this delivery again after a pause. */
export type Outcome = { kind: "next" } | { kind: "again"; afterMs: number; deliveryId: number } | { kind: "leave" };

const DAY_MS = 24 * 60 * 60 * 1000;
/** One call to a platform. */
const SEND_TIMEOUT_MS = 60_000;
/** So long an adapter that was told to stop may take to say what came of it. */
const LAST_WORD_MS = 1_000;
const PARKED =
  "a delivery is parked: it is not sent any more, and the next one goes on. `parley outbox` lists what is parked; " +
  "`parley outbox retry` and `parley outbox drop` with its number decide what becomes of it";

/**
 * Sends one chunk, and sees to what follows from it.
 *
 * Every send is written down before and after it. Where the store fails behind a send, what came of it is remembered, and
 * written down before anything else of the chat is sent: a send that nobody has noted counts as a crash.
 */
export class ChunkSender {
  readonly #options: ChunkSenderOptions;
  readonly #stopping: AbortSignal;
  /** By chat: what came of a send that the store could not be told of yet, and what follows from it. */
  readonly #owed = new Map<number, { note(): Promise<void>; outcome: Outcome }>();
  /** How often the chunk that a chat is at has failed, by the way it failed: one kind says nothing of another. */
  readonly #failures = new Map<number, { key: string; kinds: Map<string, number> }>();

  /** @param stopping what is being sent is cut off, and goes out after the next start */
  constructor(options: ChunkSenderOptions, stopping: AbortSignal) {
    this.#options = options;
    this.#stopping = stopping;
  }

  /** Send a chat's next chunk. @throws StoreError */
  async sendNext(chatRef: number): Promise<Outcome> {
    const owed = this.#owed.get(chatRef);
    if (owed !== undefined) {
      const outcome = await this.#note(chatRef, owed.outcome, owed.note);
      if (outcome.kind !== "next") return outcome;
    }
    const chunk = await this.#options.store.nextChunk(chatRef);
    if (chunk === null) return { kind: "leave" };
    if (this.#stopping.aborted) {
      await this.#options.store.chunkUnsent(chunk);
      return { kind: "leave" };
    }
    const outcome = await this.#send(chunk);
    if (outcome.kind === "next") this.#failures.delete(chatRef);
    return outcome;
  }

  /** Tell the store what came of a send, now or before the next one. @returns the outcome @throws StoreError */
  async #note(chatRef: number, outcome: Outcome, note: () => Promise<void>): Promise<Outcome> {
    this.#owed.set(chatRef, { note, outcome });
    await note();
    this.#owed.delete(chatRef);
    return outcome;
  }

  async #send(chunk: PendingChunk): Promise<Outcome> {
    const { store, platforms, metrics, log } = this.#options;
    const { platform } = chunk.to;
    const adapter = platforms.at(chunk.to);
    if (adapter === undefined) {
      log.warn({ platform, delivery: chunk.deliveryId }, "a delivery waits for a platform that is not configured");
      await store.chunkUnsent(chunk);
      return { kind: "leave" };
    }
    // Nothing of it is tried once more, not even to take back its draft: whatever it is, it may end the program again.
    if (chunk.crashes >= MOST_CRASHES) return await this.#park(chunk, "crashed", adapter);
    if (this.#isStale(chunk)) {
      // It may be that the beginning of it was seen after all.
      await this.#takeBack(chunk, adapter);
      return await this.#park(chunk, "expired", adapter);
    }
    if (chunk.uncertain) metrics.possibleDuplicates.inc({ platform });
    let messageId: string;
    try {
      messageId = await this.#hand(chunk, adapter);
    } catch (error) {
      return await this.#failed(chunk, error, adapter);
    }
    metrics.chunks.inc({ platform, result: "sent" });
    return await this.#note(chunk.chatRef, { kind: "next" }, () => store.chunkSent(chunk, messageId));
  }

  /**
   * An adapter that does not stop when it is told to holds up nobody: it is not waited for.
   *
   * @returns the id of the message that now stands there, or that was taken back
   */
  async #hand(chunk: PendingChunk, adapter: Adapter): Promise<string> {
    const { clock } = this.#options;
    const late = new AbortController();
    const signal = AbortSignal.any([this.#stopping, late.signal]);
    const { promise: unanswered, reject } = Promise.withResolvers<never>();
    const cancels = [clock.after(SEND_TIMEOUT_MS, () => late.abort())];
    const giveUp = () => reject(new SendError("temporary", "the platform has not answered", { uncertain: true }));
    const onAbort = () => void cancels.push(clock.after(LAST_WORD_MS, giveUp));
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      return await Promise.race([put(chunk, adapter, signal), unanswered]);
    } finally {
      signal.removeEventListener("abort", onAbort);
      for (const cancel of cancels) cancel();
    }
  }

  /**
   * An answer that nobody has seen anything of and that is as old as a question may be says too little of when it was
   * written: the program may have been away for a day.
   */
  #isStale({ to, index, draft, isAnswer, doubts, uncertain, since }: PendingChunk): boolean {
    const unseen = index === 0 && doubts === 0 && !uncertain && (draft?.messageId ?? null) === null;
    return isAnswer && unseen && this.#options.clock.now() - since > this.#options.maxAgeMs(to.platform);
  }

  async #failed(chunk: PendingChunk, error: unknown, adapter: Adapter): Promise<Outcome> {
    const { store, metrics, log, clock, onChatMoved, giveUpMs = DAY_MS, maxFailures = 20 } = this.#options;
    const { platform } = chunk.to;
    const failure = error instanceof SendError ? error : undefined;
    const code = failure?.code ?? "fault";
    if (this.#stopping.aborted) return await this.#cutOff(chunk, failure);
    metrics.chunks.inc({ platform, result: code });
    const before = this.#countFailure(chunk, failure?.uncertain ? "uncertain" : code);
    const isTooOld = clock.now() - chunk.since > giveUpMs;
    const verdict = verdictOn(error, chunk, { before, maxFailures, isTooOld });
    const fields = { platform, delivery: chunk.deliveryId, chunk: chunk.index, code };
    switch (verdict.kind) {
      case "again":
        this.#logRetry(error, fields, verdict);
        return await this.#note(
          chunk.chatRef,
          { kind: "again", afterMs: verdict.afterMs, deliveryId: chunk.deliveryId },
          async () => {
            if (verdict.failure === undefined) await store.chunkUnsent(chunk, code);
            else await store.chunkFailed(chunk, verdict.failure);
          },
        );
      case "moved":
        await store.chunkUnsent(chunk);
        await onChatMoved(chunk.to, verdict.toChatId);
        return { kind: "again", afterMs: 0, deliveryId: chunk.deliveryId };
      case "outside":
        await this.#takeBack(chunk, adapter);
        await store.deliverOutside(chunk, { chunks: adapter.render(THREAD_GONE) });
        log.warn({ ...fields, err: error }, "an answer's thread is gone: answering where the question stands");
        return { kind: "next" };
      case "without-draft":
        await this.#takeBack(chunk, adapter);
        await store.dropDraft(chunk);
        return { kind: "again", afterMs: 0, deliveryId: chunk.deliveryId };
      case "park":
        if (chunk.draft?.messageId != null && !chunk.takesBack) await this.#takeBack(chunk, adapter);
        return await this.#park(chunk, verdict.failure, adapter, error);
    }
  }

  /** The program ends in order: that is no crash, and says nothing of the chunk. */
  async #cutOff(chunk: PendingChunk, failure: SendError | undefined): Promise<Outcome> {
    const { store } = this.#options;
    if (failure !== undefined && !failure.uncertain) await store.chunkUnsent(chunk);
    else await store.chunkFailed(chunk, { code: "temporary", doubtful: true });
    return { kind: "leave" };
  }

  async #park(chunk: PendingChunk, failure: string | FailedSend, adapter: Adapter, error?: unknown): Promise<Outcome> {
    const { store, metrics, log } = this.#options;
    const { platform } = chunk.to;
    const last: FailedSend = typeof failure === "string" ? { code: failure } : failure;
    const doubtful = [chunk.doubts > 0, chunk.faults > 0, last.doubtful, last.fault].includes(true);
    const word = wordOn(chunk, { reason: last.code, doubtful }, adapter);
    return await this.#note(chunk.chatRef, { kind: "next" }, async () => {
      await store.deliveryFailed(chunk, failure, word);
      metrics.failedDeliveries.inc({ platform, code: last.code });
      log.error({ platform, delivery: chunk.deliveryId, chunk: chunk.index, code: last.code, err: error }, PARKED);
    });
  }

  /** What it showed must not pass for the answer. As well as it goes: the delivery does not depend on it. */
  async #takeBack(chunk: PendingChunk, adapter: Adapter): Promise<void> {
    if (chunk.draft !== undefined) await this.#hand({ ...chunk, takesBack: true }, adapter).catch(() => {});
  }

  /** Note one more failure of this kind. @returns how many there were before it */
  #countFailure({ chatRef, key }: PendingChunk, kind: string): number {
    const known = this.#failures.get(chatRef);
    const kinds = known?.key === key ? known.kinds : new Map<string, number>();
    const before = kinds.get(kind) ?? 0;
    this.#failures.set(chatRef, { key, kinds: kinds.set(kind, before + 1) });
    return before;
  }

  #logRetry(error: unknown, fields: object, { afterMs }: Extract<Verdict, { kind: "again" }>): void {
    const { log } = this.#options;
    if (!(error instanceof SendError)) {
      log.error({ ...fields, afterMs, err: error }, "sending failed by a fault of the adapter; it will be tried again");
    } else if (error.code === "rate-limited") {
      log.info({ ...fields, afterMs }, "the platform asks to wait");
    } else {
      log.warn({ ...fields, afterMs, err: error }, "sending failed; it will be tried again");
    }
  }
}

async function put(chunk: PendingChunk, adapter: Adapter, signal: AbortSignal): Promise<string> {
  const { key, to, index, text, plain, files, choices, replyTo, forUserId, replyToken, precedes, draft, takesBack } =
    chunk;
  const replaces = draft?.messageId ?? undefined;
  const outbound = { key, to, index, text, plain, files, choices, replyTo, forUserId, replyToken, precedes, replaces };
  if (!takesBack) return await adapter.send(outbound, signal);
  if (adapter.drafts === undefined) return key;
  // One whose id was never learnt is found by its key.
  const found = replaces ?? (await adapter.send({ ...outbound, text: "…", plain: "…" }, signal));
  await adapter.drafts.remove({ ...outbound, replaces: found }, signal);
  return found;
}
