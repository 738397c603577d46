import { Routes } from "discord.js";
import type { Sleep } from "../backoff.ts";
import { Backoff } from "../backoff.ts";
import type { Marks } from "./bookmarks.ts";
import type { DiscordApi } from "./client.ts";
import { DiscordError, REASON } from "./errors.ts";
import { compareSnowflakes, isSnowflake } from "./ids.ts";
import { recordOf } from "./payload.ts";
import { Slots } from "./slots.ts";

export interface CatchUpOptions {
  api: DiscordApi;
  marks: Marks;
  /** Hand a message over, synchronously up to the handler's call; see `AdapterHandlers.onMessage`. */
  take(payload: unknown): Promise<unknown>;
  /** Whether somebody has written in the channel since, and waits for it to be read. */
  isAwaited(channelId: string): boolean;
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
  guildId?: string;
}

/** How far one channel has been read. */
interface Reading extends Missed {
  after: string;
  taken: number;
  failures: number;
  backoff: Backoff;
}

const PAGE = 100;
const MOST_MESSAGES = 300;
const MOST_AT_ONCE = 8;
/** What something between here and Discord refuses so often is not to be had. */
const MOST_FAILURES = 5;

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
  readonly #slots: Slots;

  constructor(options: CatchUpOptions) {
    this.#options = options;
    this.#slots = new Slots(MOST_AT_ONCE, options.isAwaited);
  }

  /** Resolves once the channel is read to its end, or cannot be read, or the adapter stops. Never rejects. */
  async read(missed: Missed): Promise<void> {
    const { sleep, random, signal, marks } = this.#options;
    const after = marks.get(missed.place);
    if (after === undefined) return;
    const reading: Reading = { ...missed, after, taken: 0, failures: 0, backoff: new Backoff(random) };
    while (!signal.aborted) {
      // Others read while this one waits.
      const next = await this.#slots.hold(missed.channelId, () => this.#step(reading));
      if (next === "done") return;
      if (next.pauseMs > 0) await sleep(next.pauseMs, signal);
    }
  }

  async #step(reading: Reading): Promise<"done" | { pauseMs: number }> {
    const { backoff, channelId, after } = reading;
    try {
      const page = await this.#page(channelId, { after, limit: String(PAGE) });
      if (!(await this.#handOver(reading, page))) return { pauseMs: backoff.next() };
      if (page.length < PAGE) return "done";
      if (reading.taken >= MOST_MESSAGES) {
        await this.#skip(reading);
        return "done";
      }
      backoff.reset();
      reading.failures = 0;
      return { pauseMs: 0 };
    } catch (error) {
      if (!(error instanceof DiscordError)) throw error;
      reading.failures += 1;
      if (!isFinal(error, reading.failures)) return { pauseMs: backoff.next(error.refusal?.retryAfterMs) };
      this.#giveUp(reading, error);
      return "done";
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
  async #handOver(reading: Reading, page: ReadonlyArray<{ id: string; payload: unknown }>): Promise<boolean> {
    const { take, marks } = this.#options;
    const outcomes = await Promise.allSettled(page.map(({ payload }) => take(payload)));
    const refused = outcomes.findIndex(({ status }) => status === "rejected");
    const taken = refused === -1 ? page.length : refused;
    const last = page[taken - 1];
    if (last !== undefined) {
      marks.advance(reading.place, last.id);
      reading.after = last.id;
      reading.taken += taken;
    }
    return refused === -1;
  }

  async #skip({ channelId, place, newest, after }: Reading): Promise<void> {
    const { marks, onSkipped } = this.#options;
    const end = newest ?? (await this.#page(channelId, { limit: "1" })).at(-1)?.id;
    if (end === undefined || compareSnowflakes(end, after) <= 0) return;
    onSkipped(`more than ${MOST_MESSAGES} messages were missed in channel ${channelId}`);
    marks.advance(place, end);
  }

  #giveUp({ channelId, place, newest, after }: Reading, { refusal, message }: DiscordError): void {
    const { marks, onSkipped } = this.#options;
    if (refusal?.reason === REASON.unknownChannel) {
      marks.remove(place);
    } else if (newest !== undefined && compareSnowflakes(newest, after) > 0) {
      onSkipped(`what was missed in channel ${channelId} cannot be read: ${message}`);
      marks.advance(place, newest);
    }
  }
}

/** Whether asking again is of no use: the channel is gone, or not for the bot to read. */
function isFinal({ refusal }: DiscordError, failures: number): boolean {
  if (refusal === undefined) return false;
  const { status, reason } = refusal;
  if (status < 400 || status >= 500 || status === 401 || status === 429) return false;
  return reason !== 0 || status === 404 || failures >= MOST_FAILURES;
}
