import type { Sleep } from "../backoff.ts";

/** How updates reach the adapter. */
export type TelegramMode =
  /** The adapter asks Telegram: works behind any firewall. */
  | "polling"
  /** Telegram calls the gateway: needs a public address with TLS. */
  | { webhook: WebhookOptions };

export interface WebhookOptions {
  /** The whole public address that Telegram is to call, path included. */
  url: string;
  /** 1 to 256 of `A-Z a-z 0-9 _ -`. Default: a new random one at each start. */
  secret?: string;
  /** Where the gateway serves the adapter's `http` routes, with the leading slash. */
  path: string;
}

export interface TelegramOptions {
  /** From BotFather. It appears in no error and no state. */
  token: string;
  /** The configured name of this bot identity. Default `default`. */
  account?: string;
  /** Base address of the Bot API. Default `https://api.telegram.org`. */
  apiRoot?: string;
  /** Default `polling`. */
  mode?: TelegramMode;
  /** Larger attachments are named, not offered. Default 20 MB, more than which the cloud Bot API does not hand out. */
  maxAttachmentBytes?: number;
  /** How long Telegram may hold a poll open. Default 50. */
  pollSeconds?: number;
  /** Bound of every call to the Bot API but polls, which get it on top of `pollSeconds`. Default 30 000. */
  requestTimeoutMs?: number;
  /** How long `start` waits for Telegram's first answers before it goes on in the background. Default 5 000. */
  startTimeoutMs?: number;
  /** Waits; returns early, without an error, once the signal is aborted. */
  sleep?: Sleep;
  /** From 0 up to 1, for spreading retries. Default `Math.random`. */
  random?: () => number;
  /** Epoch milliseconds. Default `Date.now`. */
  now?: () => number;
}

export const DEFAULT_API_ROOT = "https://api.telegram.org";

export const DEFAULT_MAX_ATTACHMENT_BYTES = 20 * 1024 * 1024;
