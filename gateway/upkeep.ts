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
  /** How long the words of messages are kept that did not address the bot, in ms. */
  ambientMs: number;
  /** How long what was said is kept, in ms; for ever if undefined. */
  retentionMs: number | undefined;
  adapters: readonly Adapter[];
  clock: Clock;
  log: Log;
}

/** The command line writes beside the gateway: this often the gateway looks whether it did. */
const LOOK_MS = 1_000;
/** What has expired is looked through this often. */
/** A conversation that was summed up has to be read anew when something of it goes: that is done once a day. */
const SUMMED_UP_MS = 24 * 60 * 60 * 1000;
const SWEEP_MS = 60_000;
/** What is too old to be kept takes a look at everything that is kept. */
const RETENTION_MS = 60 * 60 * 1000;
const CLEAN_UP_MS = 60 * 60 * 1000;
/** How far the time of day may stray within so long from the time that has passed. */
const STEP_MS = 60_000;
const STEP_LOOK_MS = 60_000;

/** What has to be done again and again. Failures are logged, and it is tried again the next time. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #cancels = new Map<string, () => void>();
  #stopped = false;
  /** True from a change until everybody has been told of it. */
  #toTell = false;
  /** What the time of day is ahead of the time that has passed. */
  #ahead = 0;

  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  start(): void {
    // What was written until now is taken up by the start itself.
    this.#options.store.changedElsewhere();
    this.#every("look", LOOK_MS, () => this.#look());
    this.#every("sweep", SWEEP_MS, () => this.#sweep());
    this.#ahead = this.#isAhead();
    this.#every("clock", STEP_LOOK_MS, async () => this.#noteStep());
    const { retentionMs } = this.#options;
    // Not only after an hour: a program may run for less at a time.
    this.#every("clean-up", CLEAN_UP_MS, () => this.#cleanUp(), SWEEP_MS);
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
    // Something may be wrong that nobody notices who writes.
    await store.probe();
    await store.dropHeld(clock.now() - Math.max(SWEEP_MS, heldMs));
    await store.dropExpired();
  }

  async #erase(retentionMs: number): Promise<void> {
    const { store, adapters, clock, log } = this.#options;
    const before = clock.now() - retentionMs;
    for (const { erase } of adapters) await erase?.before(before);
    const turns = await store.prune(before, before - SUMMED_UP_MS);
    if (turns > 0) log.info({ turns }, "what was older than the retention allows is erased");
  }

  async #cleanUp(): Promise<void> {
    const { store, clock, log, ambientMs } = this.#options;
    const rows = await store.cleanUp(clock.now(), ambientMs);
    if (rows > 0) log.info({ rows }, "what nobody needs any more is cleaned up");
  }

  #isAhead(): number {
    const { clock } = this.#options;
    return clock.now() - clock.elapsed();
  }

  /** Order, limits of time and waiting go by the time that passes: what follows the time of day is said. */
  #noteStep(): void {
    const ahead = this.#isAhead();
    const byMs = Math.round(ahead - this.#ahead);
    this.#ahead = ahead;
    if (Math.abs(byMs) <= STEP_MS) return;
    const way = byMs > 0 ? "forth" : "back";
    this.#options.log.warn(
      { byMs },
      `the clock of this machine was put ${way}, or it slept: nothing is lost or answered twice by that, but daily limits, ` +
        "codes that expire and the age of messages go by the clock; see that it is set by the network's time",
    );
  }
}
