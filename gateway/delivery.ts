import pLimit, { type LimitFunction } from "p-limit";
import type { Platform } from "../adapters/record.ts";
import { StoreError } from "../sessions/store.ts";
import { ChunkSender, type ChunkSenderOptions, type Outcome } from "./chunk-sender.ts";
import { FIRST_PAUSE_MS } from "./send-verdict.ts";

export interface DeliveryOptions extends ChunkSenderOptions {
  /** Chats of one platform that are sent to at the same time. Default 32. */
  maxChats?: number;
}

/** A chat that waits until it may be tried again. */
interface Sleep {
  /** What it waits with; undefined if the store could not say. */
  deliveryId: number | undefined;
  cancel(): void;
}

/**
 * Sends the outbox: one chunk at a time per chat, in order, several chats side by side.
 *
 * A chat is queued for one of its platform's places, busy (a chunk of it is being sent), or asleep until it may be tried
 * again. Each platform has so many places of its own and a chat that sleeps has none, so neither a chat that waits nor a
 * platform that is slow holds up anybody else. A rate limit waits exactly as long as the platform says. Where it
 * is not known whether a chunk was taken it is sent again with the same key. What the platform will never take, or what
 * fails again and again, is parked, logged and counted, and the chat's next delivery goes on.
 */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #maxChats: number;
  readonly #sender: ChunkSender;
  /** Chats that are queued or busy, and whether there is more for them than was known when they began. */
  readonly #active = new Map<number, { woken: boolean }>();
  readonly #places = new Map<Platform, LimitFunction>();
  readonly #asleep = new Map<number, Sleep>();
  readonly #stopping = new AbortController();
  #idle: (() => void)[] = [];

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#maxChats = options.maxChats ?? 32;
    this.#sender = new ChunkSender(options, this.#stopping.signal);
  }

  /** Take up what an earlier process left, or what another one has changed. */
  async recover(): Promise<void> {
    for (const chatRef of await this.#options.store.chatsWithDeliveries()) this.wake(chatRef);
    for (const chatRef of [...this.#asleep.keys()]) await this.#rouse(chatRef);
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
    for (const { cancel } of this.#asleep.values()) cancel();
    this.#asleep.clear();
    await this.settled();
  }

  async #serve(chatRef: number): Promise<void> {
    const { store, log } = this.#options;
    let outcome: Outcome | { kind: "again"; afterMs: number; deliveryId: undefined };
    try {
      const places = this.#placesOf(await store.platformOf(chatRef));
      outcome = await places(() => this.#sendAll(chatRef));
    } catch (error) {
      // The store failed: the chunk stays as it is.
      // What the store says is logged by its health, once.
      const level = error instanceof StoreError ? "debug" : "error";
      log[level]({ err: error, chat: chatRef }, "the outbox cannot be read or written");
      outcome = { kind: "again", afterMs: FIRST_PAUSE_MS, deliveryId: undefined };
    }
    const woken = this.#active.get(chatRef)?.woken === true;
    this.#active.delete(chatRef);
    if (!this.#stopping.signal.aborted) {
      if (outcome.kind === "again") this.#sleep(chatRef, outcome);
      else if (woken) this.wake(chatRef);
      // What it fell asleep with may have been dropped in that moment.
      if (outcome.kind === "again" && outcome.deliveryId !== undefined && woken) {
        this.#rouse(chatRef).catch((error) => log.error({ err: error, chat: chatRef }, "the outbox cannot be read"));
      }
    }
    if (this.#active.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #placesOf(platform: Platform): LimitFunction {
    const places = this.#places.get(platform) ?? pLimit(this.#maxChats);
    this.#places.set(platform, places);
    return places;
  }

  #sleep(chatRef: number, { afterMs, deliveryId }: { afterMs: number; deliveryId: number | undefined }): void {
    const cancel = this.#options.clock.after(afterMs, () => {
      this.#asleep.delete(chatRef);
      this.wake(chatRef);
    });
    this.#asleep.set(chatRef, { cancel, deliveryId });
  }

  /** Wake a chat that has nothing to wait for any more: what it sleeps with is not the next that it has to send. */
  async #rouse(chatRef: number): Promise<void> {
    const sleep = this.#asleep.get(chatRef);
    if (sleep === undefined) return;
    const next = await this.#options.store.nextDelivery(chatRef);
    if (next === sleep.deliveryId || this.#asleep.get(chatRef) !== sleep) return;
    sleep.cancel();
    this.#asleep.delete(chatRef);
    this.wake(chatRef);
  }

  async #sendAll(chatRef: number): Promise<Outcome> {
    for (;;) {
      if (this.#stopping.signal.aborted) return { kind: "leave" };
      const outcome = await this.#sender.sendNext(chatRef);
      if (outcome.kind !== "next") return outcome;
    }
  }
}
