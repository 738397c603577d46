import type { Adapter } from "../adapters/adapter.ts";
import type { Clock } from "../sessions/clock.ts";
import type { LaneEngine } from "../sessions/lanes.ts";
import type { Store } from "../sessions/store.ts";
import type { Delivery } from "./delivery.ts";
import type { Log } from "./log.ts";

export interface UpkeepOptions {
  store: Store;
  lanes: LaneEngine;
  delivery: Pick<Delivery, "recover">;
  /** Abort runs that were marked as stopped. */
  abort(runIds: readonly number[]): void;
  /** How long parts of albums that never addressed the bot are kept, in ms. */
  heldMs: number;
  /** How long what was said is kept, in ms; for ever if undefined. */
  retentionMs: number | undefined;
  adapters: readonly Adapter[];
  clock: Clock;
  log: Log;
}

/** The command line writes beside the gateway: this often the gateway looks whether it did. */
const LOOK_MS = 1_000;
/** What has expired is looked through this often. */
const SWEEP_MS = 60_000;
/** What is too old to be kept takes a look at everything that is kept. */
const RETENTION_MS = 60 * 60 * 1000;

/** What has to be done again and again. Failures are logged, and it is tried again the next time. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #cancels = new Map<string, () => void>();
  #stopped = false;
  /** True from a change until everybody has been told of it. */
  #toTell = false;

  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  start(): void {
    // What was written until now is taken up by the start itself.
    this.#options.store.changedElsewhere();
    this.#every("look", LOOK_MS, () => this.#look());
    this.#every("sweep", SWEEP_MS, () => this.#sweep());
    const { retentionMs } = this.#options;
    // Not only after an hour: a program may run for less at a time.
    if (retentionMs !== undefined) this.#every("retention", RETENTION_MS, () => this.#erase(retentionMs), SWEEP_MS);
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#cancels.values()) cancel();
  }

  #every(name: string, ms: number, work: () => Promise<void>, first = ms): void {
    if (this.#stopped) return;
    const again = () => this.#every(name, ms, work);
    const cancel = this.#options.clock.after(first, () => {
      work()
        .catch((error) => {
          if (!this.#stopped)
            this.#options.log.error({ err: error, upkeep: name }, "upkeep failed; it is done again later");
        })
        .finally(again);
    });
    this.#cancels.set(name, cancel);
  }

  /** Settings and access are read with every message; what runs, waits or is to be sent has to be told. */
  async #look(): Promise<void> {
    const { store, lanes, delivery, abort } = this.#options;
    if (store.changedElsewhere()) this.#toTell = true;
    if (!this.#toTell) return;
    abort(await store.stoppedRuns());
    for (const { lane, chatRef } of await store.lanesWithWork()) lanes.wake(lane, chatRef);
    await delivery.recover();
    this.#toTell = false;
  }

  async #sweep(): Promise<void> {
    const { store, clock, heldMs } = this.#options;
    await store.dropHeld(clock.now() - Math.max(SWEEP_MS, heldMs));
    await store.dropExpired();
  }

  async #erase(retentionMs: number): Promise<void> {
    const { store, adapters, clock, log } = this.#options;
    const before = clock.now() - retentionMs;
    for (const { erase } of adapters) await erase?.before(before);
    const turns = await store.prune(before);
    if (turns > 0) log.info({ turns }, "what was older than the retention allows is erased");
  }
}
