import { SendError } from "../adapters/adapter.ts";
import type { Destination } from "../adapters/record.ts";
import type { Clock } from "../sessions/clock.ts";
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
  /** Chats that are sent to at the same time. Default 32. */
  maxChats?: number;
  /** A chunk that cannot be sent for this long is given up. Default 24 hours. */
  maxAgeMs?: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** One call to a platform. */
const SEND_TIMEOUT_MS = 60_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** What to do after a send: go on with the next chunk, or try again after a pause. */
type Outcome = { kind: "next" } | { kind: "again"; afterMs: number } | { kind: "leave" };

/**
 * Sends the outbox: one chunk at a time per chat, in order, several chats side by side.
 *
 * A rate limit waits exactly as long as the platform says. Where it is not known whether a chunk was taken it is sent
 * again with the same key. What the platform will never take is marked as failed, logged and counted, and the chat's
 * next delivery goes on.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #maxChats: number;
  readonly #queued = new Set<number>();
  readonly #busy = new Map<number, boolean>();
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
    if (this.#busy.has(chatRef)) this.#busy.set(chatRef, true);
    else this.#queued.add(chatRef);
    this.#dispatch();
  }

  /** Resolves when everything is sent that can be sent now. */
  settled(): Promise<void> {
    if (this.#queued.size === 0 && this.#busy.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Send nothing more; what is being sent is cut off and goes out after the next start. */
  async close(): Promise<void> {
    this.#stopping.abort();
    this.#queued.clear();
    if (this.#busy.size > 0) await this.settled();
  }

  #dispatch(): void {
    while (!this.#stopping.signal.aborted && this.#busy.size < this.#maxChats) {
      const [chatRef] = this.#queued;
      if (chatRef === undefined) break;
      this.#queued.delete(chatRef);
      this.#busy.set(chatRef, false);
      void this.#serve(chatRef);
    }
    if (this.#queued.size === 0 && this.#busy.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #serve(chatRef: number): Promise<void> {
    try {
      await this.#sendAll(chatRef);
    } catch (error) {
      // The store failed: the chunk stays as it is, and the chat is tried again.
      this.#options.log.error({ err: error, chat: chatRef }, "the outbox cannot be read or written");
      await this.#pause(FIRST_PAUSE_MS);
      this.#busy.set(chatRef, true);
    }
    const woken = this.#busy.get(chatRef) === true;
    this.#busy.delete(chatRef);
    if (woken && !this.#stopping.signal.aborted) this.#queued.add(chatRef);
    this.#dispatch();
  }

  async #sendAll(chatRef: number): Promise<void> {
    let failures = 0;
    for (;;) {
      if (this.#stopping.signal.aborted) return;
      const chunk = await this.#options.store.nextChunk(chatRef);
      if (chunk === null) return;
      const outcome = await this.#send(chunk, failures);
      if (outcome.kind === "leave") return;
      failures = outcome.kind === "next" ? 0 : failures + 1;
      if (outcome.kind === "again") await this.#pause(outcome.afterMs);
    }
  }

  async #send(chunk: PendingChunk, failures: number): Promise<Outcome> {
    const { store, platforms, metrics, log } = this.#options;
    const { platform } = chunk.to;
    const adapter = platforms.at(chunk.to);
    if (adapter === undefined) {
      log.warn({ platform, delivery: chunk.deliveryId }, "a delivery waits for a platform that is not configured");
      await store.chunkUnsent(chunk);
      return { kind: "leave" };
    }
    if (chunk.uncertain) metrics.possibleDuplicates.inc({ platform });
    const { to, text, plain, replyTo, forUserId } = chunk;
    const key = `${chunk.createdAt.toString(36)}-${chunk.deliveryId}-${chunk.index}`;
    let messageId: string;
    try {
      const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(SEND_TIMEOUT_MS)]);
      messageId = await adapter.send({ key, to, text, plain, replyTo, forUserId }, signal);
    } catch (error) {
      return await this.#failed(chunk, error, failures);
    }
    await store.chunkSent(chunk, messageId);
    metrics.chunks.inc({ platform, result: "sent" });
    return { kind: "next" };
  }

  async #failed(chunk: PendingChunk, error: unknown, failures: number): Promise<Outcome> {
    const { store, metrics, log, clock, maxAgeMs = DAY_MS, onChatMoved } = this.#options;
    if (this.#stopping.signal.aborted) return { kind: "leave" };
    const { platform } = chunk.to;
    const code = error instanceof SendError ? error.code : "temporary";
    metrics.chunks.inc({ platform, result: code });
    const fields = { platform, delivery: chunk.deliveryId, chunk: chunk.index, code };

    if (error instanceof SendError && error.code === "chat-moved" && error.movedTo !== undefined) {
      await store.chunkUnsent(chunk);
      await onChatMoved(chunk.to, error.movedTo);
      return { kind: "again", afterMs: 0 };
    }
    const tooOld = clock.now() - chunk.createdAt > maxAgeMs;
    if (code === "rate-limited" && !tooOld) {
      await store.chunkUnsent(chunk);
      const afterMs = (error as SendError).retryAfterMs ?? FIRST_PAUSE_MS;
      log.info({ ...fields, afterMs }, "the platform asks to wait");
      return { kind: "again", afterMs };
    }
    if (code === "temporary" && !tooOld) {
      const afterMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
      log.warn({ ...fields, afterMs, err: error }, "sending failed; it will be tried again");
      return { kind: "again", afterMs };
    }
    // A thread that was just opened may not be known everywhere yet: it gets one more chance.
    if (code === "thread-gone" && failures === 0) {
      await store.chunkUnsent(chunk);
      return { kind: "again", afterMs: FIRST_PAUSE_MS };
    }
    await store.deliveryFailed(chunk, tooOld ? "expired" : code);
    metrics.failedDeliveries.inc({ platform, code: tooOld ? "expired" : code });
    log.error({ ...fields, err: error }, "a delivery failed for good");
    return { kind: "next" };
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#stopping;
    if (signal.aborted || ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const cancel = this.#options.clock.after(ms, done);
      signal.addEventListener("abort", done, { once: true });
    });
  }
}
