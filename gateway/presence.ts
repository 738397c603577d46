import type { Adapter } from "../adapters/adapter.ts";
import type { Destination } from "../adapters/record.ts";
import type { Clock } from "../sessions/clock.ts";
import type { Run } from "../sessions/runs.ts";

/** Platforms show "typing" for about five seconds. */
const TYPING_MS = 4_000;
const PREVIEW_MS = 150;

/** Shows that a run is going on, and what it has written so far, where the platform can. Its failures do not matter. */
export class Presence {
  readonly #adapter: Adapter | undefined;
  readonly #run: Run;
  readonly #clock: Clock;
  #cancel: () => void = () => {};
  #previewedAt = 0;
  #previewed = false;
  #ended = false;

  constructor(adapter: Adapter | undefined, run: Run, clock: Clock) {
    this.#adapter = adapter;
    this.#run = run;
    this.#clock = clock;
  }

  show(to: Destination): void {
    // The platform shows by itself that an answer of its own is awaited.
    if (this.#ended || this.#run.replyToken !== undefined || this.#adapter?.typing === undefined) return;
    this.#adapter.typing(to).catch(() => {});
    this.#cancel = this.#clock.after(TYPING_MS, () => this.show(to));
  }

  preview(markdown: string): void {
    const now = this.#clock.now();
    if (this.#ended || Math.abs(now - this.#previewedAt) < PREVIEW_MS) return;
    this.#previewedAt = now;
    this.#previewed = true;
    this.#show(markdown);
  }

  end(): void {
    this.#ended = true;
    this.#cancel();
    if (this.#previewed) this.#show(null);
  }

  #show(markdown: string | null): void {
    const { runId, author, to } = this.#run;
    try {
      this.#adapter?.preview?.(to, { id: String(runId), userId: author.id, markdown });
    } catch {
      // The answer itself goes another way.
    }
  }
}
