/** One thing that happened in a channel. */
export interface Happening {
  /** Of a message that the channel's mark passes over once it was taken. */
  messageId?: string;
  /** Hands it over, synchronously up to the handler's call. Rejects if the gateway did not take it. */
  handOver(): Promise<unknown>;
}

export interface ChannelQueueOptions {
  /** Everything up to that message was taken. */
  onTaken(messageId: string): void;
  /** Something was not taken: resolves when it is time to try again; false gives it up. */
  pause(): Promise<boolean>;
  /** More happened than is kept in memory: fetch the messages after those that were taken. */
  readOn(): Promise<void>;
  /** Nothing waits and nothing is under way any more. */
  onIdle(): void;
}

interface Entry {
  happening: Happening;
  state: "under way" | "taken" | "failed";
}

/** More that waits in one channel is not kept. */
const MOST_WAITING = 500;

/**
 * What happens in one channel, handed over in its order.
 *
 * Usually each is handed over at once, while those before are still being committed, so that one transaction takes
 * many. While something has to come first (looking the channel up, fetching what was missed), the others wait.
 *
 * States of one thing: waiting -> under way -> taken, or failed. When one fails, nothing further begins; once all that
 * are under way have ended and a pause is over, those that failed begin again, in order, and then what waits. The
 * channel's mark follows the longest row of things taken, so that a crash leaves nothing behind it.
 */
export class ChannelQueue {
  readonly #options: ChannelQueueOptions;
  readonly #first: Array<() => Promise<unknown>> = [];
  readonly #waiting: Happening[] = [];
  readonly #begun: Entry[] = [];
  readonly #handOvers = new Set<Promise<void>>();
  #working: Promise<void> | undefined;
  #overflown = false;

  constructor(options: ChannelQueueOptions) {
    this.#options = options;
  }

  get idle(): boolean {
    return this.#working === undefined && this.#handOvers.size === 0;
  }

  /** Whether something was said that has to wait. */
  get awaited(): boolean {
    return this.#waiting.length > 0;
  }

  push(happening: Happening): void {
    if (this.#working === undefined) this.#begin({ happening, state: "under way" });
    else if (this.#waiting.length < MOST_WAITING) this.#waiting.push(happening);
    else this.#overflown = true;
  }

  /** Do something before what waits; what was pushed earlier has been committed by then. */
  doFirst(work: () => Promise<unknown>): void {
    this.#first.push(work);
    this.#working ??= this.#work();
  }

  /** Resolves when nothing is under way; what waits then goes on waiting. */
  async settled(): Promise<void> {
    await Promise.all(this.#handOvers);
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    while (!this.idle) await (this.#working ?? this.settled());
  }

  async #work(): Promise<void> {
    await this.settled();
    while (this.#first.length > 0 || this.#anyFailed()) {
      if (this.#anyFailed()) await this.#tryAgain();
      else await this.#first.shift()?.();
      await this.settled();
    }
    this.#working = undefined;
    for (const happening of this.#waiting.splice(0)) this.#begin({ happening, state: "under way" });
    if (this.#overflown) this.doFirst(() => this.#options.readOn());
    this.#overflown = false;
    if (this.idle) this.#options.onIdle();
  }

  #anyFailed(): boolean {
    return this.#begun.some(({ state }) => state === "failed");
  }

  async #tryAgain(): Promise<void> {
    if (await this.#options.pause()) {
      for (const entry of this.#begun.filter(({ state }) => state === "failed")) this.#begin(entry);
    } else {
      this.#begun.length = 0;
    }
  }

  #begin(entry: Entry): void {
    entry.state = "under way";
    if (!this.#begun.includes(entry)) this.#begun.push(entry);
    const handOver = entry.happening.handOver().then(
      () => {
        entry.state = "taken";
        this.#follow();
      },
      () => {
        entry.state = "failed";
        this.#working ??= this.#work();
      },
    );
    this.#handOvers.add(handOver);
    handOver.finally(() => {
      this.#handOvers.delete(handOver);
      if (this.idle) this.#options.onIdle();
    });
  }

  #follow(): void {
    while (this.#begun[0]?.state === "taken") {
      const { messageId } = this.#begun.shift()?.happening ?? {};
      if (messageId !== undefined) this.#options.onTaken(messageId);
    }
  }
}
