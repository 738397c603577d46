import type { Adapter, OutboundChunk } from "../../adapters/adapter.ts";
import type { Platform } from "../../adapters/record.ts";
import { Delivery, type DeliveryOptions } from "../../gateway/delivery.ts";
import { createLog } from "../../gateway/log.ts";
import { createMetrics, type Metrics } from "../../gateway/metrics.ts";
import { Platforms } from "../../gateway/platforms.ts";
import type { NewDelivery } from "../../sessions/outbox.ts";
import { openDatabase } from "../../sessions/sqlite/database.ts";
import { sqliteStore } from "../../sessions/sqlite/store.ts";
import type { Store } from "../../sessions/store.ts";
import { VirtualClock } from "../../sessions/virtual-clock.ts";
import { message, NOW, routing } from "../sessions/messages.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** The real store and delivery, on platforms that do with a chunk what the test says. */
export class DeliveryStage {
  readonly clock = new VirtualClock(NOW);
  readonly store: Store = sqliteStore(openDatabase(":memory:"), { now: () => this.clock.now() });
  readonly sent: string[] = [];
  metrics: Metrics = createMetrics(() => this.store.counts());
  maxAgeMs = 48 * HOUR;
  /** What the platform does with a chunk before it takes it. */
  answer: (chunk: OutboundChunk, signal: AbortSignal) => Promise<void> = async () => {};
  readonly #more: Partial<DeliveryOptions>;
  delivery: Delivery;

  constructor(more: Partial<DeliveryOptions> = {}) {
    this.#more = more;
    this.delivery = this.#begin();
  }

  #begin(): Delivery {
    const adapter = (platform: Platform): Adapter => ({
      platform,
      account: "default",
      start: async () => {},
      stop: async () => {},
      close: async () => {},
      render: (markdown) => [{ text: markdown, plain: markdown }],
      send: async (chunk, signal) => {
        await this.answer(chunk, signal);
        this.sent.push(chunk.text);
        return `${this.sent.length}`;
      },
    });
    return new Delivery({
      store: this.store,
      platforms: new Platforms([adapter("telegram"), adapter("discord")]),
      clock: this.clock,
      log: createLog("silent"),
      metrics: this.metrics,
      onChatMoved: async () => {},
      maxAgeMs: () => this.maxAgeMs,
      maxChats: 2,
      ...this.#more,
    });
  }

  /** The program ends in order, and starts again; `settle`: what can be sent is sent then. */
  async restart({ settle = true } = {}): Promise<void> {
    await this.delivery.close();
    this.delivery = this.#begin();
    await this.delivery.recover();
    if (settle) await this.delivery.settled();
  }

  /** The program was killed in the middle of a send of the chat, so many times. */
  async crashesWhileSending(chatRef: number, times: number): Promise<void> {
    for (let i = 0; i < times; i++) await this.store.nextChunk(chatRef);
  }

  /** Put an answer into the outbox of a chat. @returns the chat's number */
  enqueueAnswer = (chat: string, ...texts: string[]): Promise<number> => this.put(chat, texts, { isAnswer: true });

  /** The same for what is no answer to anything. */
  enqueue = (chat: string, ...texts: string[]): Promise<number> => this.put(chat, texts, {});

  async put(
    chat: string,
    texts: string[],
    more: Partial<NewDelivery>,
    platform: Platform = "telegram",
  ): Promise<number> {
    const inbound = message("alice", "q", { source: { platform, chat: { id: chat, kind: "group" } } });
    const accepted = await this.store.accept(inbound, routing(inbound));
    const claim = await this.store.claim("lane" in accepted ? accepted.lane : "");
    if (claim.kind !== "run") throw new Error("no run");
    const chunks = texts.map((text) => ({ text, plain: text }));
    await this.store.end(claim.run, { outcome: "done", deliveries: [{ to: claim.run.to, chunks, ...more }] });
    return claim.run.chat.ref;
  }

  /** Send what can be sent of a chat now. */
  async send(chatRef: number): Promise<void> {
    this.delivery.wake(chatRef);
    await this.delivery.settled();
  }

  /** Let time pass in steps, so that whatever becomes due is carried out on the way. */
  async pass(ms: number, step = ms): Promise<void> {
    for (let passed = 0; passed < ms; passed += step) {
      this.clock.advance(step);
      await this.delivery.settled();
    }
  }

  /** How often a counter with a platform's label was raised. */
  async counted(name: "possibleDuplicates" | "failedDeliveries"): Promise<number> {
    const { values } = await this.metrics[name].get();
    return values.reduce((sum, { value }) => sum + value, 0);
  }
}
