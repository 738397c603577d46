import type { WebEnvironment } from "../options.ts";

interface Run {
  /** Set while the last preview is too fresh for another one. */
  cancel: (() => void) | undefined;
  next: (() => void) | undefined;
}

/** Slows the previews of each run down to what an eye can follow; the end of a run is told at once. */
export class Previews {
  readonly #environment: WebEnvironment;
  readonly #everyMs: number;
  readonly #runs = new Map<string, Run>();

  constructor(environment: WebEnvironment, everyMs: number) {
    this.#environment = environment;
    this.#everyMs = everyMs;
  }

  /** Show now, or after a while unless something newer has come by then. */
  show(runId: string, show: () => void): void {
    const run = this.#runs.get(runId);
    if (run?.cancel !== undefined) {
      run.next = show;
      return;
    }
    show();
    const fresh: Run = { cancel: undefined, next: undefined };
    fresh.cancel = this.#environment.after(this.#everyMs, () => {
      this.#runs.delete(runId);
      if (fresh.next !== undefined) this.show(runId, fresh.next);
    });
    this.#runs.set(runId, fresh);
  }

  /** The run is over: nothing that waits is shown any more. */
  end(runId: string): void {
    this.#runs.get(runId)?.cancel?.();
    this.#runs.delete(runId);
  }

  close(): void {
    for (const runId of [...this.#runs.keys()]) this.end(runId);
  }
}
