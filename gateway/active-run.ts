import type { Run } from "../sessions/runs.ts";

/** Why a run is broken off: for good, except for an interruption. */
export type AbortReason = "stopped" | "timeout" | "shutdown" | "interrupted";

/** A run that is being executed. It is aborted once for good, or any number of times to take in what its author adds. */
export class ActiveRun {
  readonly run: Run;
  /** Whether something is being written that can be broken off. */
  writing = false;
  /** Whether something that is finished waits for the store: an interruption must not throw it away. */
  saving: () => boolean = () => false;
  /** True from an interruption until it is dealt with. */
  #interrupted = false;
  #controller = new AbortController();
  #final: AbortReason | undefined;
  #callOff: () => void = () => {};

  constructor(run: Run) {
    this.run = run;
  }

  get reason(): AbortReason | undefined {
    return this.#final ?? (this.#interrupted ? "interrupted" : undefined);
  }

  /** Whether there is an interruption to deal with; if there is none, the next one breaks off what is written from now. */
  takeInterruption(): boolean {
    const taken = this.#interrupted;
    this.#interrupted = false;
    this.writing = !taken;
    return taken;
  }

  /** What calls off an interruption to come, in place of the one before. */
  callOff(cancel: () => void): void {
    this.#callOff();
    this.#callOff = cancel;
  }

  /** The signal of the next round; aborted already if it is over. */
  begin(): AbortSignal {
    this.writing = false;
    this.#controller = new AbortController();
    if (this.#final !== undefined) this.#controller.abort(this.#final);
    return this.#controller.signal;
  }

  abort(reason: AbortReason): void {
    if (reason === "interrupted") this.#interrupted = true;
    else this.#final ??= reason;
    if ((this.writing && !this.saving()) || reason !== "interrupted") this.#controller.abort(reason);
  }

  /**
   * Whatever the work is doing, an abort ends the waiting for it: nothing that ignores its signal can hold a lane. What it
   * still does afterwards is void.
   *
   * @returns why it was aborted; undefined if it ended by itself
   */
  async round(work: (signal: AbortSignal) => Promise<void>): Promise<AbortReason | undefined> {
    const signal = this.begin();
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    const working = signal.aborted ? aborted : work(signal);
    working.catch(() => {});
    try {
      await Promise.race([working, aborted]);
      return undefined;
    } catch (error) {
      if (!signal.aborted) throw error;
      return this.reason;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }
}
