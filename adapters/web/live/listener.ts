import type { WebEnvironment } from "../options.ts";
import { frame } from "./frame.ts";
import type { Replay } from "./replay.ts";

const BEAT = frame("beat", {});
/** Passing events that one listener may have waiting; the oldest give way. */
const MAX_PASSING = 100;

export interface ListenerOptions {
  userId: string;
  replay: Replay;
  environment: WebEnvironment;
  heartbeatMs: number;
  /** Begin after this change. */
  after: number;
  /** Begin with the news that too much was missed. */
  reset: boolean;
  onClose(listener: Listener): void;
}

/**
 * One open event stream: a cursor over the log, and beside it the newest of each passing event (typing, previews).
 *
 * Nothing is queued: the next events are read when the client has taken the last ones, so a slow client costs no
 * memory. One that takes nothing between two heartbeats is dropped; it reconnects and goes on where it was.
 */
export class Listener {
  readonly userId: string;
  readonly body: ReadableStream<Uint8Array>;
  readonly #options: ListenerOptions;
  readonly #passing = new Map<string, string>();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #cursor: number;
  /** Set while the client waits for news. */
  #wake: (() => void) | undefined;
  #beatDue = false;
  #stuck = false;
  #cancelBeat: () => void;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.userId = options.userId;
    this.#cursor = options.after;
    const encoder = new TextEncoder();
    let opening: string | null = `retry: 1000\n\n${frame(options.reset ? "reset" : "ready", {}, options.after)}`;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: async (controller) => {
          let text: string | null = opening ?? this.#next();
          opening = null;
          while (text === null && this.#controller !== undefined) {
            await new Promise<void>((resolve) => {
              this.#wake = resolve;
            });
            this.#wake = undefined;
            text = this.#next();
          }
          if (text !== null && this.#controller !== undefined) controller.enqueue(encoder.encode(text));
        },
        cancel: () => this.close(),
      },
      // No reading ahead: what is not asked for yet stays in the log.
      { highWaterMark: 0 },
    );
    this.#cancelBeat = this.#nextBeat();
  }

  /** There is news in the log. */
  wake(): void {
    this.#wake?.();
  }

  /** Tell something that is worth nothing later. A newer one with the same key takes its place. */
  pass(key: string, text: string): void {
    this.#passing.delete(key);
    this.#passing.set(key, text);
    if (this.#passing.size > MAX_PASSING) {
      const [oldest] = this.#passing.keys();
      if (oldest !== undefined) this.#passing.delete(oldest);
    }
    this.wake();
  }

  close(): void {
    const controller = this.#controller;
    if (controller === undefined) return;
    this.#controller = undefined;
    this.#cancelBeat();
    this.#options.onClose(this);
    this.wake();
    try {
      controller.close();
    } catch {
      // Cancelled by the client already.
    }
  }

  #next(): string | null {
    if (this.#controller === undefined) return null;
    for (;;) {
      const events = this.#options.replay.next(this.#cursor, this.userId);
      if (events === null) break;
      this.#cursor = events.seq;
      if (events.text !== "") return events.text;
    }
    if (this.#passing.size > 0) {
      const text = [...this.#passing.values()].join("");
      this.#passing.clear();
      return text;
    }
    if (!this.#beatDue) return null;
    this.#beatDue = false;
    return BEAT;
  }

  #nextBeat(): () => void {
    return this.#options.environment.after(this.#options.heartbeatMs, () => {
      const waits = this.#wake !== undefined;
      if (!waits && this.#stuck) return this.close();
      this.#stuck = !waits;
      this.#beatDue = true;
      this.wake();
      this.#cancelBeat = this.#nextBeat();
    });
  }
}
