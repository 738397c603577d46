import type { Usage } from "../../sessions/transcript.ts";
import { costOf, type Prices } from "./prices.ts";

/** One request to the model. */
export interface Sent {
  /** Epoch ms. */
  at: number;
  session: string;
  tokens: number;
}

/** What becomes of a log under one way of holding conversations. */
export class Tally {
  readonly name: string;
  /** What a conversation may grow to before it is made shorter; undefined where nothing does that. */
  readonly bound: number | undefined;
  readonly sent: Sent[] = [];
  /** From a question to its answer, in ms. */
  readonly waits: number[] = [];
  /** Requests that were longer than the window. */
  overLimit = 0;
  /** Runs that failed for another reason. */
  failed = 0;
  /** Questions that were not taken because too many of the same person waited. */
  refused = 0;
  /** How often the beginning of a conversation was summed up. */
  compactions = 0;
  /** How often results of tools were left out. */
  cleared = 0;
  /** Answers that somebody else's message broke off, and whose they were. */
  interrupted = 0;
  readonly interruptedPeople = new Set<string>();
  /** The most that a conversation has grown by from one request to the next. */
  largestStep = 0;
  largest = 0;
  readonly usage: Usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
  readonly #latest = new Map<string, number>();

  constructor(name: string, bound?: number) {
    this.name = name;
    this.bound = bound;
  }

  /** A request is made, whatever becomes of it. */
  request(sent: Sent): void {
    this.sent.push(sent);
    this.largest = Math.max(this.largest, sent.tokens);
    this.largestStep = Math.max(this.largestStep, sent.tokens - (this.#latest.get(sent.session) ?? 0));
    this.#latest.set(sent.session, sent.tokens);
  }

  use(usage: Partial<Usage>): void {
    for (const [kind, tokens] of Object.entries(usage)) this.usage[kind as keyof Usage] += tokens;
  }

  /** @param by who had written at that moment */
  brokenOff(user: string, by: string): void {
    if (user === by) return;
    this.interrupted += 1;
    this.interruptedPeople.add(user);
  }

  get tokensSent(): number {
    const { inputTokens, cacheReadTokens, cacheWriteTokens } = this.usage;
    return inputTokens + cacheReadTokens + cacheWriteTokens;
  }

  get answered(): number {
    return this.waits.length;
  }

  cost(prices: Prices): number {
    return costOf(this.usage, prices);
  }

  /** @param share 0.5 for the median */
  wait(share: number): number {
    const sorted = this.waits.toSorted((one, other) => one - other);
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  }

  /** Whether it never grew beyond its bound by more than one step; undefined where there is no bound. */
  get staysBounded(): boolean | undefined {
    return this.bound === undefined ? undefined : this.largest <= this.bound + this.largestStep;
  }
}
