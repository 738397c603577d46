import { ChannelType, type GatewayDispatchPayload } from "discord.js";
import { guildPlace, holderPlace, privateChannel } from "./bookmark-places.ts";
import type { Marks } from "./bookmarks.ts";
import type { Missed } from "./catch-up.ts";
import { compareSnowflakes, isSnowflake, snowflakeBefore } from "./ids.ts";
import { recordOf } from "./payload.ts";
import type { Places } from "./places.ts";

export interface SurveyOptions {
  marks: Marks;
  places: Pick<Places, "channelsIn" | "note" | "notedIn">;
  catchUp(missed: Missed): void;
}

interface Listed {
  id: string;
  /** Null where nothing was ever written; undefined where that is not told. */
  newest: string | null | undefined;
}

/** Nobody writes in these themselves. */
const WITHOUT_MESSAGES: ReadonlySet<unknown> = new Set([
  ChannelType.GuildCategory,
  ChannelType.GuildDirectory,
  ChannelType.GuildForum,
  ChannelType.GuildMedia,
]);

/** Private chats cannot be listed and tell nothing of what is new: only so many are asked. */
const MOST_PRIVATE_CHATS = 50;

/** Older than every message. */
const EARLIEST = "1";

/**
 * Finds out, whenever a connection begins anew, in which channels something was missed.
 *
 * What was written before the bot came into a server is nobody's question to it: a server that is new begins with marks
 * at the newest messages. In one that is known, a channel without a mark was made meanwhile, or the bot was let into it:
 * it is read from its start, but not from before the newest message of which the bot heard in that server.
 *
 * A thread that is archived gives its mark up: once it is written in again, it begins like a channel without one.
 */
export class Survey {
  readonly #options: SurveyOptions;

  constructor(options: SurveyOptions) {
    this.#options = options;
  }

  receive({ t, d }: GatewayDispatchPayload, shardId: number): void {
    const { marks } = this.#options;
    switch (t) {
      case "READY":
        // Discord sends private chats to the first shard.
        if (shardId === 0) this.#privateChats();
        break;
      case "GUILD_CREATE":
        this.#guild(recordOf(d));
        break;
      case "GUILD_DELETE":
        // An outage is no good-bye.
        if (recordOf(d).unavailable !== true) this.#left(String(recordOf(d).id));
        break;
      case "CHANNEL_CREATE":
      case "THREAD_CREATE":
        this.#begun(recordOf(d));
        break;
      case "THREAD_LIST_SYNC":
        for (const { id, newest } of listed(recordOf(d).threads)) marks.begin(id, newest ?? id);
        break;
      case "THREAD_UPDATE":
        if (recordOf(recordOf(d).thread_metadata).archived === true) this.#gone(String(recordOf(d).id));
        break;
      case "CHANNEL_DELETE":
      case "THREAD_DELETE":
        this.#gone(String(recordOf(d).id));
        break;
    }
  }

  #guild({ id, unavailable, channels, threads }: Record<string, unknown>): void {
    if (!isSnowflake(id) || unavailable === true) return;
    const { marks } = this.#options;
    const reached = marks.get(guildPlace(id));
    const all = [...listed(channels), ...listed(threads)];
    if (reached !== undefined) {
      for (const channel of all) this.#known(channel, { guildId: id, reached });
      this.#unlisted(id, all);
      return;
    }
    for (const channel of all) {
      const end = channel.newest ?? channel.id;
      marks.begin(channel.id, end);
      marks.advance(channel.id, end);
    }
    marks.begin(
      guildPlace(id),
      all.reduce((newest, channel) => later(newest, channel.newest ?? EARLIEST), EARLIEST),
    );
  }

  #known({ id, newest }: Listed, { guildId, reached }: { guildId: string; reached: string }): void {
    const { marks, catchUp } = this.#options;
    const beginning = later(snowflakeBefore(id), reached);
    const mark = marks.get(id);
    if (mark === undefined) marks.begin(id, beginning);
    if (hasMore({ id, newest }, mark, beginning)) {
      catchUp({ channelId: id, place: id, guildId, ...(newest != null && { newest }) });
    }
  }

  /** Whatever was heard of before is asked for once more: it may have been archived meanwhile. */
  #unlisted(guildId: string, all: readonly Listed[]): void {
    const { marks, places, catchUp } = this.#options;
    const seen = new Set(all.map(({ id }) => id));
    for (const id of places.notedIn(guildId)) {
      if (!seen.has(id) && marks.get(id) !== undefined) catchUp({ channelId: id, place: id, guildId });
    }
  }

  #gone(channelId: string): void {
    const { marks } = this.#options;
    marks.remove(channelId);
    marks.remove(holderPlace(channelId));
  }

  #left(guildId: string): void {
    const { marks, places } = this.#options;
    marks.remove(guildPlace(guildId));
    for (const id of places.channelsIn(guildId)) this.#gone(id);
  }

  #begun({ id, last_message_id, newly_created, type }: Record<string, unknown>): void {
    if (!isSnowflake(id) || WITHOUT_MESSAGES.has(type)) return;
    // A thread that the bot is let into may be an old one.
    const old = newly_created !== true && isSnowflake(last_message_id);
    this.#options.marks.begin(id, old ? last_message_id : snowflakeBefore(id));
  }

  #privateChats(): void {
    const { marks, places, catchUp } = this.#options;
    const chats = [...marks.entries()].flatMap(([place, mark]) => {
      const channelId = privateChannel(place);
      return channelId === null ? [] : { place, mark, channelId };
    });
    chats.sort((one, other) => compareSnowflakes(other.mark, one.mark));
    for (const { place, channelId } of chats.slice(0, MOST_PRIVATE_CHATS)) {
      // Nothing else will tell of it.
      places.note({ id: channelId, kind: "dm" });
      catchUp({ place, channelId });
    }
  }
}

/** The newest message may only spare the question where it is told, and was taken. */
function hasMore({ id, newest }: Listed, mark: string | undefined, beginning: string): boolean {
  if (newest === undefined) return true;
  if (newest === null) return mark !== undefined && compareSnowflakes(mark, id) > 0;
  return compareSnowflakes(newest, mark ?? beginning) > 0;
}

function later(one: string, other: string): string {
  return compareSnowflakes(one, other) > 0 ? one : other;
}

function listed(list: unknown): Listed[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown) => {
    const { id, type, last_message_id } = recordOf(entry);
    if (!isSnowflake(id) || WITHOUT_MESSAGES.has(type)) return [];
    return [{ id, newest: last_message_id === null || isSnowflake(last_message_id) ? last_message_id : undefined }];
  });
}
