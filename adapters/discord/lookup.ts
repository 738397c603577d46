import type { ChannelType } from "discord.js";
import type { Sleep } from "../backoff.ts";
import { Backoff } from "../backoff.ts";
import { holderPlace } from "./bookmark-places.ts";
import type { Marks } from "./bookmarks.ts";
import { DiscordError } from "./errors.ts";
import { isSnowflake } from "./ids.ts";
import { recordOf } from "./payload.ts";
import type { Places } from "./places.ts";

export interface LookupOptions {
  places: Places;
  marks: Marks;
  /** A channel cannot be looked up for longer than a hiccup takes. */
  onSkipped(reason: string): void;
  sleep: Sleep;
  random: () => number;
  signal: AbortSignal;
}

/** What a payload tells of the channel that it stands in. */
export interface Told {
  guildId?: string;
  type?: ChannelType;
}

/** Asked so often in vain, the operator hears of it. */
const ENOUGH = 3;
const MOST_WARNED = 1_000;

/**
 * Finds out where messages stand that nothing has told of before.
 *
 * While Discord is out of reach it keeps asking, and what was said there waits. Where Discord answers, but never with the
 * channel, what the message itself tells has to do.
 */
export class Lookup {
  readonly #options: LookupOptions;
  readonly #warned = new Set<string>();

  constructor(options: LookupOptions) {
    this.#options = options;
  }

  /** @returns whether the channel is there for the bot @throws what the signal was aborted with */
  async find(channelId: string, told: Told): Promise<boolean> {
    const { places, sleep, random, signal } = this.#options;
    const backoff = new Backoff(random);
    let failures = 0;
    while (places.channel(channelId) === undefined) {
      signal.throwIfAborted();
      try {
        if (!(await places.fetch(channelId, signal))) return false;
      } catch (error) {
        if (!(error instanceof DiscordError)) throw error;
        failures += 1;
        if (failures >= ENOUGH) this.#warn(channelId, error);
        if (isHopeless(error, failures)) return this.#believe(channelId, told);
        await sleep(backoff.next(error.refusal?.retryAfterMs), signal);
      }
    }
    return true;
  }

  #believe(id: string, { guildId, type }: Told): boolean {
    const { places, marks } = this.#options;
    const more = type === undefined ? {} : { type };
    const parentId = marks.get(holderPlace(id));
    if (parentId !== undefined) places.noteOpened({ id, parentId, ...more });
    if (guildId !== undefined && places.channel(id) === undefined) places.noteInGuild({ id, guildId, ...more });
    return places.channel(id) !== undefined;
  }

  #warn(channelId: string, { message }: DiscordError): void {
    if (this.#warned.has(channelId)) return;
    if (this.#warned.size >= MOST_WARNED) this.#warned.clear();
    this.#warned.add(channelId);
    this.#options.onSkipped(`messages in channel ${channelId} wait: ${message}`);
  }
}

/** A 404 without a reason comes from something that does not know the address; others may come from a proxy's bad moment. */
function isHopeless({ refusal }: DiscordError, failures: number): boolean {
  if (refusal === undefined || refusal.status >= 500 || refusal.status === 401 || refusal.status === 429) return false;
  return refusal.status === 404 || refusal.reason !== 0 || failures >= ENOUGH;
}

export function toldBy(payload: unknown): Told {
  const { guild_id, channel_type } = recordOf(payload);
  return {
    ...(isSnowflake(guild_id) && { guildId: guild_id }),
    ...(typeof channel_type === "number" && { type: channel_type }),
  };
}
