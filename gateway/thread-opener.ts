import { type Adapter, SendError } from "../adapters/adapter.ts";
import type { Clock } from "../sessions/clock.ts";
import type { OutboxStore } from "../sessions/outbox.ts";
import type { Run, RunStore } from "../sessions/runs.ts";
import type { Log } from "./log.ts";
import { patiently } from "./patience.ts";
import { pause } from "./pause.ts";
import { TookTooLongError, within } from "./within.ts";

const OPEN_ATTEMPTS = 3;
const LONGEST_PAUSE_MS = 30_000;
/** So long the platform may take for one call. */
const OPENING_MS = 30_000;

/** Platforms show less of a name, or refuse a longer one. */
const LONGEST_TITLE = 100;

const NO_THREAD =
  "I could not open a thread here, so I answer in place. If I never can, an admin of this chat has to give me the right " +
  "to open threads.";

export interface ThreadOpenerOptions {
  store: Pick<RunStore, "threadOpened"> & Pick<OutboxStore, "remark">;
  clock: Clock;
  log: Log;
}

/**
 * Opens the thread that a plan asks for, before anything is said, and tells the store.
 *
 * A crash between the two leaves a thread without a word in it. Where a thread grows out of its message, the same one is
 * found again after the restart; elsewhere another one is opened, because platforms have no key that would keep them from
 * it. A store that fails in between is waited for.
 */
export class ThreadOpener {
  readonly #options: ThreadOpenerOptions;
  /** Runs that the platform opened no thread for. */
  readonly #refused = new WeakSet<Run>();

  constructor(options: ThreadOpenerOptions) {
    this.#options = options;
  }

  /** Where no thread can be opened the answer stands in place, and replies to it go on with the conversation. */
  async open(run: Run, adapter: Adapter | undefined, signal: AbortSignal): Promise<void> {
    const open = adapter?.openThread?.bind(adapter, run.to);
    const first = run.messages[0];
    if (run.plan.thread !== "open" || run.to.threadId !== undefined || open === undefined || first === undefined)
      return;
    const message = { id: first.messageId, title: titleOf(first.text), replyToken: first.replyToken };
    const threadId = await this.#tryOpening(run, () => open(message), signal);
    if (threadId === "refused") this.#refused.add(run);
    if (threadId === "refused" || threadId === null) return;
    const { store, clock } = this.#options;
    await patiently(() => store.threadOpened(run, threadId), clock, signal);
    run.to = { ...run.to, threadId };
  }

  /**
   * Behind the answer: tell the chat, once until it works again, that the platform would not open a thread. Never rejects:
   * the answer is on its way, and must not be held up.
   */
  async explain(run: Run, adapter: Adapter | undefined): Promise<void> {
    if (!this.#refused.has(run) || adapter === undefined) return;
    try {
      await this.#options.store.remark(run.to, "no-thread", { chunks: adapter.render(NO_THREAD) });
    } catch (error) {
      this.#options.log.warn({ run: run.runId, err: error }, "a chat could not be told why there is no thread");
    }
  }

  /** @returns `refused` if the platform will not, null if it still cannot after some tries */
  async #tryOpening(run: Run, open: () => Promise<string>, signal: AbortSignal): Promise<string | "refused" | null> {
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted();
      try {
        return await within(this.#options.clock, OPENING_MS, open());
      } catch (error) {
        // Whether there is a thread now is not known: a second try could make a second one.
        if (error instanceof TookTooLongError) return this.#giveUp(run, error.code);
        if (!(error instanceof SendError)) throw error;
        const passing = error.code === "rate-limited" || (error.code === "temporary" && !error.uncertain);
        if (!passing || attempt === OPEN_ATTEMPTS) {
          signal.throwIfAborted();
          return this.#giveUp(run, error.code);
        }
        await pause(this.#options.clock, Math.min(error.retryAfterMs ?? 1_000, LONGEST_PAUSE_MS), signal);
      }
    }
  }

  #giveUp(run: Run, code: string): "refused" | null {
    this.#options.log.warn({ run: run.runId, code }, "no thread could be opened: answering in place");
    return code === "refused" ? "refused" : null;
  }
}

/** The first words of a text, as many as a title holds. */
function titleOf(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  if (line === "") return "Conversation";
  const letters = Array.from(line);
  if (letters.length <= LONGEST_TITLE) return line;
  const cut = letters.slice(0, LONGEST_TITLE - 1).join("");
  const words = cut.slice(0, cut.lastIndexOf(" "));
  return `${words.length < cut.length / 2 ? cut : words}…`;
}
