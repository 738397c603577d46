import { type Adapter, type OutboundChunk, SendError } from "../adapters/adapter.ts";
import type { Clock } from "../sessions/clock.ts";
import type { Run, RunStore } from "../sessions/runs.ts";
import { replyPlace } from "./endings.ts";
import type { Log } from "./log.ts";
import { pause } from "./pause.ts";

/** How long the end of a run waits for what is being shown at that moment. */
const SETTLE_MS = 5_000;
const FAILED_PAUSE_MS = 5_000;
/** The first chunk of any platform is made of less. Rendering a long answer anew and again would hold up everybody. */
const LONGEST_SOURCE = 8_000;

export interface DraftOptions {
  store: Pick<RunStore, "draftBegun" | "draftShown">;
  clock: Clock;
  log: Log;
}

/**
 * Shows an answer while it is written, where that takes a message of the chat: the answer's first chunk is sent before it
 * is complete, and replaced as it grows.
 *
 *     none ──▶ begun ──▶ shown ──▶ the answer's first chunk takes its place, or it is taken back
 *
 * `begun` is stored before the message is sent and `shown` with its id after it. What a crash leaves is the run with its
 * draft: whoever takes the run over goes on with the same message. One that was begun and never shown is sent again with
 * the same key, by which the platform knows it. The end of the run hands the draft over to the outbox in its own
 * transaction, so that a half-written text never stays. What is shown trails behind what was said: the latest text wins,
 * and failures are only waited out.
 */
export class Draft {
  readonly #run: Run;
  readonly #adapter: Adapter;
  readonly #everyMs: number;
  readonly #options: DraftOptions;
  readonly #ending = new AbortController();
  readonly #cutOff = new AbortController();
  #text = "";
  /** The text that was rendered last, and what was shown of it. */
  #seen = "";
  #shown: string | undefined;
  #messageId: string | undefined;
  #begun: boolean;
  #showing: Promise<void> | undefined;

  /** @returns undefined where the platform shows no drafts */
  static of(run: Run, adapter: Adapter | undefined, options: DraftOptions): Draft | undefined {
    const everyMs = adapter?.drafts?.everyMs;
    return adapter === undefined || everyMs === undefined ? undefined : new Draft(run, adapter, everyMs, options);
  }

  private constructor(run: Run, adapter: Adapter, everyMs: number, options: DraftOptions) {
    this.#run = run;
    this.#adapter = adapter;
    this.#everyMs = everyMs;
    this.#options = options;
    this.#begun = run.draft.begun;
    this.#messageId = run.draft.messageId;
  }

  /** All that has been said so far. Returns at once. */
  show(markdown: string): void {
    this.#text = markdown.slice(0, LONGEST_SOURCE);
    if (this.#ending.signal.aborted || this.#showing !== undefined) return;
    this.#showing = this.#keepShowing().finally(() => {
      this.#showing = undefined;
    });
  }

  /**
   * Show nothing more; what is on its way has arrived, or is given up, when this resolves.
   *
   * @param settleMs how long it may take to arrive; default 5 s
   */
  async end(settleMs = SETTLE_MS): Promise<void> {
    this.#ending.abort();
    if (this.#showing === undefined) return;
    const late = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(settleMs, late.resolve);
    await Promise.race([this.#showing, late.promise]);
    cancel();
    // Whatever ignores this cannot hold up the lane: what it still does finds the lease gone.
    this.#cutOff.abort();
  }

  /** An answer that is complete within the first pause is sent once, as a whole. */
  async #keepShowing(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#ending;
    await pause(clock, this.#everyMs, signal);
    while (!signal.aborted && this.#text !== this.#seen) {
      const text = this.#text;
      let afterMs = this.#everyMs;
      try {
        await this.#send(text);
        this.#seen = text;
      } catch (error) {
        if (!(error instanceof SendError)) return this.#giveUp();
        if (error.code !== "rate-limited" && error.code !== "temporary") return this.#giveUp();
        log.debug({ run: this.#run.runId, code: error.code }, "a draft could not be shown");
        afterMs = error.retryAfterMs ?? FAILED_PAUSE_MS;
      }
      await pause(clock, afterMs, signal);
    }
  }

  /** The store failed, the lease is lost or the platform will not have it: the run itself will find out. */
  #giveUp(): void {
    this.#ending.abort();
  }

  async #send(markdown: string): Promise<void> {
    const [chunk] = this.#adapter.render(markdown);
    if (chunk === undefined || chunk.text === this.#shown) return;
    const { to, replyTo, forUserId, replyToken } = replyPlace(this.#run);
    const { text, plain } = chunk;
    const outbound: OutboundChunk = {
      key: this.#run.draft.key,
      to,
      index: 0,
      text,
      plain,
      replyTo,
      forUserId,
      replyToken,
      replaces: this.#messageId,
    };
    if (!this.#begun) {
      await this.#options.store.draftBegun(this.#run, { threadId: to.threadId, replyToken });
      this.#begun = true;
    }
    const messageId = await this.#adapter.send(outbound, this.#cutOff.signal);
    this.#shown = text;
    if (messageId === this.#messageId) return;
    this.#messageId = messageId;
    await this.#options.store.draftShown(this.#run, messageId);
  }
}
