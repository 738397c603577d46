import type { Sleep } from "../backoff.ts";

export interface DiscordOptions {
  /** From Bot > Token in the Discord Developer Portal. It appears in no error and no state. */
  token: string;
  /** The configured name of this bot identity. Default `default`. */
  account?: string;
  /** Base address of the REST API, which names the gateway's. Default `https://discord.com/api`. */
  apiRoot?: string;
  /**
   * Which part of the servers this process serves: as many shards as Discord advises, so many, or those with these
   * numbers out of `shardCount`. Direct messages come to shard 0. Default `auto`.
   */
  shards?: "auto" | number | readonly number[];
  /** How many shards all processes hold together. Default: as many as `shards` needs. */
  shardCount?: number;
  /** After how long without a message Discord folds a thread away. Default 1440, which is a day. */
  threadArchiveMinutes?: 60 | 1440 | 4320 | 10080;
  /** Whether a reply notifies the one whom it quotes. Default false. */
  pingOnReply?: boolean;
  /** Show answers while they are written, by editing them. Default true. */
  drafts?: boolean;
  /** Larger attachments are named, not offered. Default 25 MiB. */
  maxAttachmentBytes?: number;
  /** How long `start` waits for Discord's first answers before it goes on in the background. Default 5 000. */
  startTimeoutMs?: number;
  /** Waits; returns early, without an error, once the signal is aborted. */
  sleep?: Sleep;
  /** From 0 up to 1, for spreading retries. Default `Math.random`. */
  random?: () => number;
  /** Epoch milliseconds. Default `Date.now`. */
  now?: () => number;
}

export const DEFAULT_API_ROOT = "https://discord.com/api";

export const DEFAULT_MAX_ATTACHMENT_BYTES = 25 * 1024 * 1024;
