import { type Adapter, type AdapterHandlers, type OutboundChunk, SendError } from "../../adapters/adapter.ts";
import type { InboundMessage, Platform } from "../../adapters/record.ts";
import type { VirtualClock } from "../../sessions/virtual-clock.ts";

/** What the bot has said, as it stands on the platform. */
export interface Said {
  id: string;
  chat: string;
  text: string;
  replyTo: string | undefined;
}

export interface PlatformOptions {
  name: Platform;
  clock: VirtualClock;
  /** Opens native threads for messages that ask for one. Default: none are opened. */
  threads?: boolean;
  /** Shows answers while they are written. Default false. */
  drafts?: boolean;
}

/**
 * A platform that outlives the gateway. It knows its messages' keys, asks to wait where it was told to, can be out of reach
 * for what is sent to it, and keeps what nobody has taken from it yet until somebody does.
 */
export class SimulatedPlatform {
  readonly name: Platform;
  readonly said = new Map<string, Said>();
  /** Messages that were handed over, for good. */
  taken = 0;
  sends = 0;
  refusedSends = 0;
  readonly #clock: VirtualClock;
  readonly #options: PlatformOptions;
  readonly #byKey = new Map<string, string>();
  readonly #limits = new Map<string, number>();
  #backlog: InboundMessage[] = [];
  #handlers: AdapterHandlers | undefined;
  #unreachableUntil = 0;
  #silentUntil = 0;
  #nextId = 0;
  /** Hand-overs in order. */
  #handing: Promise<void> = Promise.resolve();

  constructor(options: PlatformOptions) {
    this.name = options.name;
    this.#clock = options.clock;
    this.#options = options;
  }

  /** A new connection; what an earlier gateway left untaken is delivered over it. */
  connect(): Adapter {
    const { threads = false, drafts = false } = this.#options;
    return {
      platform: this.name,
      account: "default",
      start: async (handlers) => {
        this.#handlers = handlers;
        handlers.onState({ ready: true });
        this.flush();
      },
      stop: async () => {
        this.#handlers = undefined;
        await this.#handing;
      },
      close: async () => {
        this.#handlers = undefined;
      },
      render: (markdown) => [{ text: markdown, plain: markdown }],
      send: async (chunk) => this.#take(chunk),
      typing: async () => {},
      fetchAttachment: async ({ ref }) => ({ bytes: Buffer.from(`GIF89a${ref}`), mimeType: "image/gif" }),
      ...(threads && { openThread: async (_: unknown, { id }: { id: string }) => `t-${id}` }),
      ...(drafts && {
        drafts: {
          everyMs: 1_500,
          remove: async ({ replaces }: { replaces: string }) => {
            this.#reach();
            this.said.delete(replaces);
          },
        },
      }),
    };
  }

  /** Somebody writes. */
  deliver(message: InboundMessage): void {
    this.#backlog.push(message);
    this.flush();
  }

  /** Hand over what waits, unless nobody listens or the platform is silent. */
  flush(): void {
    this.#handing = this.#handing.then(() => this.#handOver());
  }

  /** Everything that is sent within so long fails. */
  beUnreachable(ms: number): void {
    this.#unreachableUntil = this.#clock.elapsed() + ms;
  }

  /** Nothing is handed over within so long. */
  beSilent(ms: number): void {
    this.#silentUntil = this.#clock.elapsed() + ms;
  }

  /** For so long no more is taken in a chat, or, with `*`, in any. */
  limit(chat: string, ms: number): void {
    this.#limits.set(chat, this.#clock.elapsed() + ms);
  }

  get waiting(): number {
    return this.#backlog.length;
  }

  /** What was said is looked at and need not be kept; nothing of it will come again. */
  forget(): void {
    this.said.clear();
    this.#byKey.clear();
    this.#limits.clear();
    this.refusedSends = 0;
  }

  async #handOver(): Promise<void> {
    while (this.#handlers !== undefined && this.#silentUntil <= this.#clock.elapsed()) {
      const message = this.#backlog.shift();
      if (message === undefined) return;
      try {
        await this.#handlers.onMessage(message);
        this.taken += 1;
      } catch {
        this.#backlog.unshift(message);
        return;
      }
    }
  }

  #reach(): void {
    this.sends += 1;
    if (this.#clock.elapsed() >= this.#unreachableUntil) return;
    this.refusedSends += 1;
    throw new SendError("temporary", "the platform is out of reach");
  }

  #take({ key, to, text, replyTo, replaces }: OutboundChunk): string {
    this.#reach();
    const until = Math.max(this.#limits.get(to.chatId) ?? 0, this.#limits.get("*") ?? 0);
    const retryAfterMs = until - this.#clock.elapsed();
    if (retryAfterMs > 0) {
      this.refusedSends += 1;
      throw new SendError("rate-limited", "too many", { retryAfterMs });
    }
    const shown = replaces === undefined ? undefined : this.said.get(replaces);
    if (shown !== undefined) {
      shown.text = text;
      return shown.id;
    }
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      const stands = this.said.get(known);
      if (stands !== undefined) stands.text = text;
      return known;
    }
    const id = `b${this.#nextId++}`;
    this.#byKey.set(key, id);
    this.said.set(id, { id, chat: to.chatId, text, replyTo });
    // It was taken; that it was is lost on the way back.
    if (this.#nextId % 97 === 0) throw new SendError("temporary", "no answer", { uncertain: true });
    return id;
  }
}
