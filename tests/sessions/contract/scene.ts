import type { InboundMessage } from "../../../adapters/record.ts";
import type { Accepted } from "../../../sessions/inbox.ts";
import type { Claim, Ending, Run } from "../../../sessions/runs.ts";
import type { Store } from "../../../sessions/store.ts";
import { message, NOW, planOf, type RoutingOptions, routing } from "../messages.ts";

export interface StoreUnderTest {
  store: Store;
  /** The same data in a new store, as after a crash of the process that had it. */
  reopen(): Promise<Store>;
  dispose(): Promise<void>;
}

/** One store in one test, and short words for what happens to it. */
export class StoreScene {
  /** What the store takes for the time. */
  readonly clock = { now: NOW };
  /** The lane of the group that messages come from, under `shared`. */
  readonly lane = planOf(message("x", "")).lane;
  readonly #open: (clock: { now: number }) => Promise<StoreUnderTest>;
  #under: StoreUnderTest | undefined;
  #store: Store | undefined;

  constructor(open: (clock: { now: number }) => Promise<StoreUnderTest>) {
    this.#open = open;
  }

  get store(): Store {
    if (this.#store === undefined) throw new Error("the store is not open");
    return this.#store;
  }

  async begin(): Promise<void> {
    this.clock.now = NOW;
    this.#under = await this.#open(this.clock);
    this.#store = this.#under.store;
  }

  async end(): Promise<void> {
    await this.#under?.dispose();
  }

  async reopen(): Promise<void> {
    this.#store = await this.#under?.reopen();
  }

  accept = (inbound: InboundMessage, options?: RoutingOptions): Promise<Accepted> =>
    this.store.accept(inbound, routing(inbound, options));

  say = (user: string, text: string, options?: RoutingOptions): Promise<Accepted> =>
    this.accept(message(user, text), options);

  claim = async (of = this.lane): Promise<Run> => {
    const claimed: Claim = await this.store.claim(of);
    if (claimed.kind !== "run") throw new Error(`no run but ${claimed.kind}`);
    return claimed.run;
  };

  texts = (run: Run): string[] => run.messages.map(({ text }) => text);

  answer = (run: Run, text: string): Ending => ({
    outcome: "done",
    cleared: 0,
    deliveries: [{ to: run.to, chunks: [{ text, plain: text }], replyTo: run.quote }],
  });

  /** Answer everything that waits in a lane. @returns author and texts of each turn */
  serveAll = async (of = this.lane): Promise<string[][]> => {
    const served: string[][] = [];
    for (;;) {
      const claimed = await this.store.claim(of);
      if (claimed.kind !== "run") return served;
      served.push([claimed.run.author.id, ...this.texts(claimed.run)]);
      await this.store.end(claimed.run, this.answer(claimed.run, "ok"));
    }
  };
}
