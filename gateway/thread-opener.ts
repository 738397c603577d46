import { type Adapter, SendError } from "../adapters/adapter.ts";
import type { Clock } from "../sessions/clock.ts";
import type { Run, RunStore } from "../sessions/runs.ts";
import type { Log } from "./log.ts";
import { pause } from "./pause.ts";

const OPEN_ATTEMPTS = 3;
const LONGEST_PAUSE_MS = 30_000;

export interface ThreadOpenerOptions {
  store: Pick<RunStore, "threadOpened">;
  clock: Clock;
  log: Log;
}

/**
 * Opens the thread that a plan asks for, before anything is said, and tells the store.
 *
 * A crash between the two leaves a thread without a word in it, and another one is opened after the restart: platforms
 * have no key that would keep them from it. A store that fails in between does not: the thread is remembered here.
 */
export class ThreadOpener {
  readonly #options: ThreadOpenerOptions;
  /** Threads that the store could not be told of yet, by run. */
  readonly #opened = new Map<number, string>();

  constructor(options: ThreadOpenerOptions) {
    this.#options = options;
  }

  /** Where no thread can be opened the answer stands in place, and replies to it go on with the conversation. */
  async open(run: Run, adapter: Adapter | undefined, signal: AbortSignal): Promise<void> {
    const open = adapter?.openThread?.bind(adapter, run.to);
    const first = run.messages[0];
    if (run.plan.thread !== "open" || run.to.threadId !== undefined || open === undefined || first === undefined)
      return;
    const title = titleOf(first.text);
    const threadId =
      this.#opened.get(run.runId) ?? (await this.#tryOpening(run, () => open({ id: first.messageId, title }), signal));
    if (threadId === null) return;
    this.#opened.set(run.runId, threadId);
    await this.#options.store.threadOpened(run, threadId);
    this.#opened.delete(run.runId);
    run.to = { ...run.to, threadId };
  }

  /** @returns null if the platform will not, or still cannot after some tries */
  async #tryOpening(run: Run, open: () => Promise<string>, signal: AbortSignal): Promise<string | null> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await open();
      } catch (error) {
        if (!(error instanceof SendError)) throw error;
        const passing = error.code === "rate-limited" || (error.code === "temporary" && !error.uncertain);
        if (!passing || attempt === OPEN_ATTEMPTS) {
          this.#options.log.warn({ run: run.runId, code: error.code }, "no thread could be opened: answering in place");
          return null;
        }
        await pause(this.#options.clock, Math.min(error.retryAfterMs ?? 1_000, LONGEST_PAUSE_MS), signal);
      }
    }
  }
}

function titleOf(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return Array.from(line === "" ? "Conversation" : line)
    .slice(0, 60)
    .join("");
}
