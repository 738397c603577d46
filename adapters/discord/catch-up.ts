import { Routes } from "discord.js";
import type { Sleep } from "../backoff.ts";
import { Backoff } from "../backoff.ts";
import type { Marks } from "./bookmarks.ts";
import type { DiscordApi } from "./client.ts";
import { DiscordError, REASON } from "./errors.ts";
import { compareSnowflakes, isSnowflake } from "./ids.ts";
import { recordOf } from "./payload.ts";

export interface CatchUpOptions {
  api: DiscordApi;
  marks: Marks;
  /** Hand a message over, synchronously up to the handler's call; see `AdapterHandlers.onMessage`. */
  take(payload: unknown): Promise<unknown>;
  /** More was missed than is read. */
  onSkipped(reason: string): void;
  sleep: Sleep;
  random: () => number;
  signal: AbortSignal;
}

/** A channel to be read on from its mark. */
export interface Missed {
  channelId: string;
  /** Where the mark is kept. */
  place: string;
  /** The newest message, where it is known. */
  newest?: string;
}

const PAGE = 100;
const MOST_MESSAGES = 300;
const MOST_AT_ONCE = 3;

/**
 * Reads what was written in channels while nobody listened, and hands it over, oldest first.
 *
 * Discord delivers nothing again to those who were away for more than some minutes. The channel's mark moves on with
 * what the gateway takes, so that a crash or a failure in between repeats little and misses nothing.
 *
 * @see https://discord.com/developers/docs/resources/message#get-channel-messages
 */
export class CatchUp {
  readonly #options: CatchUpOptions;
  #free = MOST_AT_ONCE;
  readonly #queue: Array<() => void> = [];

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /** Resolves once the channel is read to its end, or cannot be read, or the adapter stops. Never rejects. */
  async read(missed: Missed): Promise<void> {
    await this.#enter();
    try {
      await this.#read(missed);
    } finally {
      this.#leave();
    }
  }

  async #read(missed: Missed): Promise<void> {
    const { sleep, random, signal, marks } = this.#options;
    const backoff = new Backoff(random);
    let taken = 0;
    while (!signal.aborted) {
      const after = marks.get(missed.place);
      // Taken away meanwhile: the channel is gone.
      if (after === undefined) return;
      try {
        const page = await this.#page(missed.channelId, { after, limit: String(PAGE) });
        if (page.length === 0) return;
        if (await this.#handOver(missed.place, page)) {
          backoff.reset();
          taken += page.length;
          if (page.length < PAGE) return;
          if (taken >= MOST_MESSAGES) return await this.#skip(missed);
          continue;
        }
        await sleep(backoff.next(), signal);
      } catch (error) {
        if (!(error instanceof DiscordError)) throw error;
        if (isFinal(error)) return this.#giveUp(missed, error);
        await sleep(backoff.next(error.refusal?.retryAfterMs), signal);
      }
    }
  }

  /** @returns the messages, oldest first @throws DiscordError */
  async #page(channelId: string, query: Record<string, string>): Promise<Array<{ id: string; payload: unknown }>> {
    const { api, signal } = this.#options;
    const route = Routes.channelMessages(channelId);
    const payloads = await api.call("reading missed messages", { method: "GET", route, query, signal });
    if (!Array.isArray(payloads)) return [];
    return payloads
      .map((payload: unknown) => ({ id: recordOf(payload).id, payload }))
      .filter((entry): entry is { id: string; payload: unknown } => isSnowflake(entry.id))
      .sort((one, other) => compareSnowflakes(one.id, other.id));
  }

  /** @returns whether all were taken; the mark follows those before the first that was not */
  async #handOver(place: string, page: ReadonlyArray<{ id: string; payload: unknown }>): Promise<boolean> {
    const { take, marks } = this.#options;
    const outcomes = await Promise.allSettled(page.map(({ payload }) => take(payload)));
    const refused = outcomes.findIndex(({ status }) => status === "rejected");
    const last = page[refused === -1 ? page.length - 1 : refused - 1];
    if (last !== undefined) marks.advance(place, last.id);
    return refused === -1;
  }

  async #skip({ channelId, place, newest }: Missed): Promise<void> {
    const { marks, onSkipped } = this.#options;
    const end = newest ?? (await this.#page(channelId, { limit: "1" })).at(-1)?.id;
    const mark = marks.get(place);
    if (end === undefined || mark === undefined || compareSnowflakes(end, mark) <= 0) return;
    onSkipped(`more than ${MOST_MESSAGES} messages were missed in channel ${channelId}`);
    marks.advance(place, end);
  }

  #giveUp({ place, newest }: Missed, { refusal }: DiscordError): void {
    const { marks } = this.#options;
    if (refusal?.reason === REASON.unknownChannel) marks.remove(place);
    else if (newest !== undefined) marks.advance(place, newest);
  }

  async #enter(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#queue.push(resolve);
    await promise;
  }

  #leave(): void {
    const next = this.#queue.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}

/** Whether asking again is of no use: the channel is gone, or not for the bot to read. */
function isFinal({ refusal }: DiscordError): boolean {
  if (refusal === undefined) return false;
  return refusal.status >= 400 && refusal.status < 500 && refusal.status !== 401 && refusal.status !== 429;
}
