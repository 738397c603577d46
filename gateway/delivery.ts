import pLimit, { type LimitFunction } from "p-limit";
import { type Adapter, SendError, type SendErrorCode } from "../adapters/adapter.ts";
import type { Destination, Platform } from "../adapters/record.ts";
import type { Clock } from "../sessions/clock.ts";
import type { Notice } from "../sessions/inbox.ts";
import type { OutboxStore, PendingChunk } from "../sessions/outbox.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Platforms } from "./platforms.ts";

export interface DeliveryOptions {
  store: OutboxStore;
  platforms: Platforms;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  /** The platform says that the chat has a new id. */
  onChatMoved(from: Destination, toChatId: string): Promise<void>;
  /** Answers that are older when they could be sent for the first time are kept back, and their reader is told so. */
  maxAgeMs(platform: Platform): number;
  /** Chats of one platform that are sent to at the same time. Default 32. */
  maxChats?: number;
  /** A chunk that cannot be sent for this long is given up. Default 24 hours. */
  giveUpMs?: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const KEPT_BACK =
  "I had an answer for you a good while ago and could not send it, so I kept it back. Ask again if you still need it.";
const PLACE_GONE: ReadonlySet<string> = new Set(["chat-gone", "thread-gone"] satisfies SendErrorCode[]);
const NOT_TAKEN = "I had an answer for you, but it cannot be posted here.";
const THREAD_GONE =
  "I could not answer in the thread of this question: it is gone or locked, or I may not write there. So I answer here; an " +
  "admin of this chat may want to look at that.";
/** One call to a platform. */
const SEND_TIMEOUT_MS = 60_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const MINUTE_MS = 60_000;
/**
 * Between sends of a chunk that the platform may have taken each time: the first copy comes soon, because it is likely to
 * be needed; further ones are few, because each may be one too many.
 */
const UNCERTAIN_PAUSES_MS = [FIRST_PAUSE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 120 * MINUTE_MS, 360 * MINUTE_MS];
/** A fault of our own in an adapter does not go away by itself. */
const MOST_FAULTS = 5;

/** What to do after a send: go on with the next chunk, or try again after a pause. */
type Outcome = { kind: "next" } | { kind: "again"; afterMs: number } | { kind: "leave" };

/**
 * Sends the outbox: one chunk at a time per chat, in order, several chats side by side.
 *
 * A chat is queued for one of its platform's places, busy (a chunk of it is being sent), or asleep until it may be tried
 * again. Each platform has so many places of its own and a chat that sleeps has none, so neither a chat that waits nor a
 * platform that is slow holds up anybody else. A rate limit waits exactly as long as the platform says. Where it
 * is not known whether a chunk was taken it is sent again with the same key. What the platform will never take is marked
 * as failed, logged and counted, and the chat's next delivery goes on.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #maxChats: number;
  /** Chats that are queued or busy, and whether there is more for them than was known when they began. */
  readonly #active = new Map<number, { woken: boolean }>();
  readonly #places = new Map<Platform, LimitFunction>();
  readonly #asleep = new Map<number, () => void>();
  /** How often the chunk that a chat is at has failed, by the way it failed: one kind says nothing of another. */
  readonly #failures = new Map<number, Map<string, number>>();
  readonly #stopping = new AbortController();
  #idle: (() => void)[] = [];

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#maxChats = options.maxChats ?? 32;
  }

  /** Take up what an earlier process left. */
  async recover(): Promise<void> {
    for (const chatRef of await this.#options.store.chatsWithDeliveries()) this.wake(chatRef);
  }

  /** Say that a chat has something to send. */
  wake(chatRef: number): void {
    if (this.#stopping.signal.aborted || this.#asleep.has(chatRef)) return;
    const active = this.#active.get(chatRef);
    if (active !== undefined) {
      active.woken = true;
      return;
    }
    this.#active.set(chatRef, { woken: false });
    void this.#serve(chatRef);
  }

  /** Resolves when everything is sent that can be sent now. */
  settled(): Promise<void> {
    if (this.#active.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Send nothing more; what is being sent is cut off and goes out after the next start. */
  async close(): Promise<void> {
    this.#stopping.abort();
    for (const cancel of this.#asleep.values()) cancel();
    this.#asleep.clear();
    await this.settled();
  }

  async #serve(chatRef: number): Promise<void> {
    const { store, log } = this.#options;
    let outcome: Outcome;
    try {
      const places = this.#placesOf(await store.platformOf(chatRef));
      outcome = await places(() => this.#sendAll(chatRef));
    } catch (error) {
      // The store failed: the chunk stays as it is.
      log.error({ err: error, chat: chatRef }, "the outbox cannot be read or written");
      outcome = { kind: "again", afterMs: FIRST_PAUSE_MS };
    }
    const woken = this.#active.get(chatRef)?.woken === true;
    this.#active.delete(chatRef);
    if (!this.#stopping.signal.aborted) {
      if (outcome.kind === "again") this.#sleep(chatRef, outcome.afterMs);
      else if (woken) this.wake(chatRef);
    }
    if (this.#active.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #placesOf(platform: Platform): LimitFunction {
    const places = this.#places.get(platform) ?? pLimit(this.#maxChats);
    this.#places.set(platform, places);
    return places;
  }

  #sleep(chatRef: number, ms: number): void {
    const cancel = this.#options.clock.after(ms, () => {
      this.#asleep.delete(chatRef);
      this.wake(chatRef);
    });
    this.#asleep.set(chatRef, cancel);
  }

  async #sendAll(chatRef: number): Promise<Outcome> {
    for (;;) {
      if (this.#stopping.signal.aborted) return { kind: "leave" };
      const chunk = await this.#options.store.nextChunk(chatRef);
      if (chunk === null) return { kind: "leave" };
      const outcome = await this.#send(chunk);
      if (outcome.kind !== "next") return outcome;
      this.#failures.delete(chatRef);
    }
  }

  /** Note one more failure of this kind. @returns how many there were before it */
  #countFailure(chatRef: number, kind: string): number {
    const kinds = this.#failures.get(chatRef) ?? new Map<string, number>();
    const before = kinds.get(kind) ?? 0;
    this.#failures.set(chatRef, kinds.set(kind, before + 1));
    return before;
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
    if (chunk.uncertain) metrics.possibleDuplicates.inc({ platform });
    if (this.#isStale(chunk)) return await this.#keepBack(chunk, adapter);
    let messageId: string;
    try {
      messageId = await this.#hand(chunk, adapter);
    } catch (error) {
      return await this.#failed(chunk, error);
    }
    await store.chunkSent(chunk, messageId);
    metrics.chunks.inc({ platform, result: "sent" });
    return { kind: "next" };
  }

  /** @returns the id of the message that now stands there, or that was taken back */
  async #hand(chunk: PendingChunk, adapter: Adapter): Promise<string> {
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(SEND_TIMEOUT_MS)]);
    const { key, to, index, text, plain, files, choices, replyTo, forUserId, replyToken, draft, takesBack } = chunk;
    const replaces = draft?.messageId ?? undefined;
    const outbound = { key, to, index, text, plain, files, choices, replyTo, forUserId, replyToken, replaces };
    if (!takesBack) return await adapter.send(outbound, signal);
    if (adapter.drafts === undefined) return key;
    // One whose id was never learnt is found by its key.
    const found = replaces ?? (await adapter.send({ ...outbound, text: "…", plain: "…" }, signal));
    await adapter.drafts.remove({ ...outbound, replaces: found }, signal);
    return found;
  }

  /**
   * An answer that nobody has seen anything of and that is as old as a question may be says too little of when it was
   * written: the program may have been away for a day.
   */
  #isStale({ to, index, draft, isAnswer, uncertain, createdAt }: PendingChunk): boolean {
    const unseen = index === 0 && !uncertain && (draft?.messageId ?? null) === null;
    return isAnswer && unseen && this.#options.clock.now() - createdAt > this.#options.maxAgeMs(to.platform);
  }

  /** Whoever was to read an answer is told that there was one, wherever anything can be said. */
  #wordOn({ isAnswer, index }: PendingChunk, reason: string, adapter?: Adapter): Notice | undefined {
    if (!isAnswer || index > 0 || adapter === undefined || PLACE_GONE.has(reason)) return undefined;
    return { chunks: adapter.render(reason === "expired" ? KEPT_BACK : NOT_TAKEN) };
  }

  /** What it showed must not pass for the answer. As well as it goes: the delivery does not depend on it. */
  async #takeBack(chunk: PendingChunk, adapter?: Adapter): Promise<void> {
    if (chunk.draft === undefined || adapter === undefined) return;
    await this.#hand({ ...chunk, takesBack: true }, adapter).catch(() => {});
  }

  async #keepBack(chunk: PendingChunk, adapter: Adapter): Promise<Outcome> {
    const { store, metrics, log } = this.#options;
    const { platform } = chunk.to;
    // It may be that the beginning of it was seen after all.
    await this.#takeBack(chunk, adapter);
    await store.deliveryFailed(chunk, "expired", { chunks: adapter.render(KEPT_BACK) });
    metrics.failedDeliveries.inc({ platform, code: "expired" });
    log.warn({ platform, delivery: chunk.deliveryId }, "a delivery was too old to be sent");
    return { kind: "next" };
  }

  async #failed(chunk: PendingChunk, error: unknown): Promise<Outcome> {
    const { store, metrics, log, clock, giveUpMs = DAY_MS, onChatMoved } = this.#options;
    if (this.#stopping.signal.aborted) return { kind: "leave" };
    const { platform } = chunk.to;
    const failure = error instanceof SendError ? error : undefined;
    const code = failure?.code ?? "fault";
    metrics.chunks.inc({ platform, result: code });
    const fields = { platform, delivery: chunk.deliveryId, chunk: chunk.index, code };
    const failures = this.#countFailure(chunk.chatRef, failure?.uncertain ? "uncertain" : code);
    const tooOld = clock.now() - chunk.createdAt > giveUpMs;

    if (failure?.code === "chat-moved" && failure.movedTo !== undefined) {
      await store.chunkUnsent(chunk);
      await onChatMoved(chunk.to, failure.movedTo);
      return { kind: "again", afterMs: 0 };
    }
    if (failure?.code === "rate-limited" && !tooOld) {
      await store.chunkUnsent(chunk);
      const afterMs = failure.retryAfterMs ?? FIRST_PAUSE_MS;
      log.info({ ...fields, afterMs }, "the platform asks to wait");
      return { kind: "again", afterMs };
    }
    if (failure?.code === "temporary" && !tooOld) {
      if (!failure.uncertain) await store.chunkUnsent(chunk);
      const afterMs = failure.uncertain
        ? (UNCERTAIN_PAUSES_MS[failures] ?? DAY_MS)
        : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
      log.warn({ ...fields, afterMs, err: error }, "sending failed; it will be tried again");
      return { kind: "again", afterMs };
    }
    if (failure === undefined && failures < MOST_FAULTS) {
      log.error({ ...fields, err: error }, "sending failed by a fault of the adapter; it will be tried again");
      return { kind: "again", afterMs: FIRST_PAUSE_MS };
    }
    // A thread that was just opened may not be known everywhere yet: it gets one more chance.
    if (failure?.code === "thread-gone" && failures === 0) {
      await store.chunkUnsent(chunk);
      return { kind: "again", afterMs: FIRST_PAUSE_MS };
    }
    if (failure?.code === "thread-gone" && chunk.opened) {
      await this.#takeBack(chunk, this.#options.platforms.at(chunk.to));
      await store.deliverOutside(chunk);
      const chunks = this.#options.platforms.at(chunk.to)?.render(THREAD_GONE) ?? [];
      await store.remark({ ...chunk.to, threadId: undefined }, "thread-gone", { chunks });
      log.warn({ ...fields, err: error }, "an answer's thread is gone: answering where the question stands");
      return { kind: "next" };
    }
    const adapter = this.#options.platforms.at(chunk.to);
    if (chunk.draft?.messageId != null && !chunk.takesBack) {
      await this.#takeBack(chunk, adapter);
      if (failure?.code === "refused") {
        await store.dropDraft(chunk);
        return { kind: "again", afterMs: 0 };
      }
    }
    const reason = tooOld ? "expired" : code;
    await store.deliveryFailed(chunk, reason, this.#wordOn(chunk, reason, adapter));
    metrics.failedDeliveries.inc({ platform, code: reason });
    log.error({ ...fields, err: error }, "a delivery failed for good");
    return { kind: "next" };
  }
}
