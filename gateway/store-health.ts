import { StoreError } from "../sessions/store.ts";
import type { Log } from "./log.ts";

/** Whether the store takes what it is given, as the last write showed. */
export class StoreHealth {
  readonly #log: Log;
  #failing = false;

  constructor(log: Log) {
    this.#log = log;
  }

  get failing(): boolean {
    return this.#failing;
  }

  /** Note how a write went; what it gives or throws is passed on. Each change of the state is logged once. */
  async watch<T>(write: Promise<T>): Promise<T> {
    try {
      const result = await write;
      if (this.#failing) this.#log.info("the store takes writes again");
      this.#failing = false;
      return result;
    } catch (error) {
      if (error instanceof StoreError && error.code !== "closed" && !this.#failing) {
        this.#failing = true;
        this.#log.error({ err: error }, "the store takes no writes: nothing is acknowledged until it does");
      }
      throw error;
    }
  }
}
