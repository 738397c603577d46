import { ChannelType, type GatewayDispatchPayload } from "discord.js";
import type { Marks } from "./bookmarks.ts";
import type { Missed } from "./catch-up.ts";
import { compareSnowflakes, isSnowflake, snowflakeAt, snowflakeBefore } from "./ids.ts";
import { privateChannel } from "./inflow.ts";
import { recordOf } from "./payload.ts";

export interface SurveyOptions {
  marks: Marks;
  /** Epoch milliseconds. */
  now: () => number;
  /** A private chat of which nothing else will tell. */
  onPrivateChat(channelId: string): void;
  catchUp(missed: Missed): void;
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

/** What is older in a channel without a mark was not written to the bot. */
const LONGEST_AWAY_MS = 24 * 60 * 60 * 1000;

/**
 * Finds out, whenever a connection begins anew, in which channels something was missed.
 *
 * What was written before the bot came into a server is nobody's question to it: a server that is new begins with marks
 * at the newest messages. In one that is known, a channel without a mark was made meanwhile, and is read from its start.
 */
export class Survey {
  readonly #options: SurveyOptions;

  constructor(options: SurveyOptions) {
    this.#options = options;
  }

  receive({ t, d }: GatewayDispatchPayload, shardId: number): void {
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
        if (recordOf(d).unavailable !== true) this.#options.marks.remove(guildPlace(String(recordOf(d).id)));
        break;
      case "CHANNEL_CREATE":
      case "THREAD_CREATE":
        this.#begun(recordOf(d));
        break;
      case "THREAD_LIST_SYNC":
        for (const thread of channelsIn(recordOf(d).threads)) this.#options.marks.begin(thread.id, thread.newest);
        break;
      case "CHANNEL_DELETE":
      case "THREAD_DELETE":
        this.#options.marks.remove(String(recordOf(d).id));
        break;
    }
  }

  #guild({ id, unavailable, channels, threads }: Record<string, unknown>): void {
    if (!isSnowflake(id) || unavailable === true) return;
    const { marks, catchUp } = this.#options;
    const known = marks.get(guildPlace(id)) !== undefined;
    for (const channel of [...channelsIn(channels), ...channelsIn(threads)]) {
      if (!known) {
        marks.advance(channel.id, channel.newest);
        continue;
      }
      marks.begin(channel.id, this.#beginning(channel.id));
      const mark = marks.get(channel.id) ?? channel.newest;
      const { newest } = channel;
      if (compareSnowflakes(newest, mark) > 0 && !channel.empty) {
        catchUp({ channelId: channel.id, place: channel.id, newest });
      }
    }
    if (!known) marks.begin(guildPlace(id), "1");
  }

  /** A channel without a mark was made meanwhile, or the bot was let into it: then most of it is none of its business. */
  #beginning(id: string): string {
    const recent = snowflakeAt(this.#options.now() - LONGEST_AWAY_MS);
    const first = snowflakeBefore(id);
    return compareSnowflakes(first, recent) > 0 ? first : recent;
  }

  #begun({ id, last_message_id, newly_created, type }: Record<string, unknown>): void {
    if (!isSnowflake(id) || WITHOUT_MESSAGES.has(type)) return;
    // A thread that the bot is let into may be an old one.
    const old = newly_created !== true && isSnowflake(last_message_id);
    this.#options.marks.begin(id, old ? last_message_id : snowflakeBefore(id));
  }

  #privateChats(): void {
    const { marks, onPrivateChat, catchUp } = this.#options;
    const chats = [...marks.entries()].flatMap(([place, mark]) => {
      const channelId = privateChannel(place);
      return channelId === null ? [] : { place, mark, channelId };
    });
    chats.sort((one, other) => compareSnowflakes(other.mark, one.mark));
    for (const { place, channelId } of chats.slice(0, MOST_PRIVATE_CHATS)) {
      onPrivateChat(channelId);
      catchUp({ place, channelId });
    }
  }
}

function guildPlace(id: string): string {
  return `guild:${id}`;
}

function channelsIn(list: unknown): Array<{ id: string; newest: string; empty: boolean }> {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown) => {
    const { id, type, last_message_id } = recordOf(entry);
    if (!isSnowflake(id) || WITHOUT_MESSAGES.has(type)) return [];
    const empty = !isSnowflake(last_message_id);
    return [{ id, newest: empty ? id : last_message_id, empty }];
  });
}
