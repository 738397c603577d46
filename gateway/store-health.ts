import type { Clock } from "../sessions/clock.ts";
import { type Store, StoreError } from "../sessions/store.ts";
import type { Log } from "./log.ts";

export interface StoreHealthOptions {
  clock: Clock;
  log: Log;
  /** The store works again: whatever was given up for the time being can be taken up. */
  recovered(): Promise<void>;
}

const PROBE_MS = 1_000;
/** Who fails again so soon was not well. */
const RELAPSE_MS = 60_000;
const MOST_PROBES = 32;

/**
 * Whether the store does its work, as everybody who uses it finds.
 *
 *     well --a call fails--> failing --probes pass--> well
 *       \________ the data is damaged: for good ________> damaged
 *
 * While it fails it is probed, so that it is known to be well again even if nobody writes. A store that fails, passes a
 * probe and fails again has to pass more and more of them. Each change is logged once, with what there is to do.
 */
export class StoreHealth {
  readonly #options: StoreHealthOptions;
  #failure: StoreError | undefined;
  #cancelProbe: (() => void) | undefined;
  #passed = 0;
  #needed = 1;
  #wellSince = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(options: StoreHealthOptions) {
    this.#options = options;
  }

  get failing(): boolean {
    return this.#failure !== undefined;
  }

  /** What is wrong and what there is to do; undefined if nothing is. Holds paths, and nothing of what people wrote. */
  get failure(): string | undefined {
    return this.#failure?.message;
  }

  /** The same store, of which every failure is noticed. */
  watched(store: Store): Store {
    return new Proxy(store, {
      get: (target, property) => {
        const call: unknown = Reflect.get(target, property, target);
        if (typeof call !== "function") return call;
        return (...args: unknown[]) => {
          const result: unknown = call.apply(target, args);
          if (!(result instanceof Promise)) return result;
          return result.catch((error) => {
            this.#notice(error, target);
            throw error;
          });
        };
      },
    });
  }

  /** Probe no more. */
  stop(): void {
    this.#stopped = true;
    this.#cancelProbe?.();
  }

  #notice(error: unknown, store: Store): void {
    if (!(error instanceof StoreError) || error.code === "closed" || this.#failure?.code === "unusable") return;
    const { clock, log } = this.#options;
    const before = this.#failure;
    this.#failure = error;
    this.#passed = 0;
    if (before === undefined) {
      const isRelapse = clock.elapsed() - this.#wellSince < RELAPSE_MS;
      this.#needed = isRelapse ? Math.min(MOST_PROBES, this.#needed * 2) : 1;
    }
    if (error.code === "unusable") {
      this.#cancelProbe?.();
      log.error({ err: error }, "the store is damaged: nothing is taken, run or sent any more until a restart");
      return;
    }
    if (before?.code !== error.code) {
      log.error({ err: error }, "the store takes no writes: nothing is acknowledged until it does");
    }
    if (this.#cancelProbe === undefined) this.#probeLater(store);
  }

  #probeLater(store: Store): void {
    if (this.#stopped) return;
    this.#cancelProbe = this.#options.clock.after(PROBE_MS, () => {
      this.#cancelProbe = undefined;
      store.probe().then(
        () => this.#pass(store),
        (error) => this.#notice(error, store),
      );
    });
  }

  #pass(store: Store): void {
    const { clock, log, recovered } = this.#options;
    // Somebody else may have found it damaged, or failing again, while the probe was under way.
    if (this.#failure === undefined || this.#failure.code === "unusable" || this.#cancelProbe !== undefined) return;
    this.#passed += 1;
    if (this.#passed < this.#needed) {
      this.#probeLater(store);
      return;
    }
    this.#failure = undefined;
    this.#wellSince = clock.elapsed();
    log.info("the store takes writes again");
    recovered().catch((error) => log.debug({ err: error }, "what waited could not be taken up"));
  }
}
