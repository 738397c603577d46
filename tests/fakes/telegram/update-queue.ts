import { Log } from "./log.ts";
import { Refusal, type WireUpdate } from "./wire.ts";

const ENDED = new Refusal(
  409,
  "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
);

/** Updates that the bot has not confirmed, and the one poll that may be waiting for them. */
export class UpdateQueue {
  /** Numbers of the updates that the bot confirmed. */
  readonly confirmed = new Log<number>();
  #pending: WireUpdate[] = [];
  #held = false;
  #waiting: { answer: () => void; end: (refusal: Refusal) => void } | undefined;

  get pending(): readonly WireUpdate[] {
    return this.#pending;
  }

  add(update: WireUpdate): void {
    this.#pending.push(update);
    this.#wake();
  }

  /** What is added meanwhile is given out in one piece. */
  hold<T>(during: () => T): T {
    this.#held = true;
    try {
      return during();
    } finally {
      this.#held = false;
      this.#wake();
    }
  }

  confirm(isConfirmed: (update: WireUpdate) => boolean): void {
    const confirmed = this.#pending.filter(isConfirmed);
    this.#pending = this.#pending.filter((update) => !confirmed.includes(update));
    for (const { update_id } of confirmed) this.confirmed.add(update_id);
  }

  /**
   * Confirm what is before `offset`, then give out what is left; with nothing left, a poll with a time-out waits until
   * something comes, another poll begins, or its caller is gone.
   */
  async poll(payload: { offset?: number; limit?: number; timeout?: number }, gone: AbortSignal): Promise<WireUpdate[]> {
    const { offset = 0, limit = 100, timeout = 0 } = payload;
    this.confirm(({ update_id }) => update_id < offset);
    this.#waiting?.end(ENDED);
    if (this.#pending.length === 0 && timeout > 0) await this.#arrival(gone);
    return this.#pending.slice(0, limit);
  }

  close(): void {
    this.#waiting?.answer();
  }

  #arrival(gone: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = {
        answer: () => {
          this.#waiting = undefined;
          resolve();
        },
        end: (refusal: Refusal) => {
          this.#waiting = undefined;
          reject(refusal);
        },
      };
      this.#waiting = waiting;
      gone.addEventListener("abort", () => {
        if (this.#waiting === waiting) waiting.answer();
      });
    });
  }

  #wake(): void {
    if (!this.#held && this.#pending.length > 0) this.#waiting?.answer();
  }
}
