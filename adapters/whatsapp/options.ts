import type { Sleep } from "../backoff.ts";

export interface WhatsAppOptions {
  /** The configured name of this linked number. Default `default`. */
  account?: string;
  /** Default `wss://web.whatsapp.com/ws/chat`. */
  wsUrl?: string;
  /** Whether people see that the bot has read what it answers. Default true. */
  readReceipts?: boolean;
  /** Whether people see that an answer is being written. Default true. */
  typing?: boolean;
  /** How human the pace of answers is; `false` sends as fast as it can. */
  pacing?: Partial<PacingOptions> | false;
  /** Larger attachments are named, not offered. Default 25 MiB. */
  maxAttachmentBytes?: number;
  /** What the phone calls this device in its list of linked devices. Default `Parley`. */
  deviceName?: string;
  /** How often the vault is looked at for new credentials. Default 3 000. */
  lookMs?: number;
  /** Waits; returns early, without an error, once the signal is aborted. */
  sleep?: Sleep;
  /** From 0 up to 1, for spreading waits. Default `Math.random`. */
  random?: () => number;
  /** Epoch ms. Default `Date.now`. */
  now?: () => number;
}

export interface PacingOptions {
  /** How fast the bot seems to type. Default 60. */
  charsPerSecond: number;
  /** The longest that an answer is held back to seem typed. Default 3 000. */
  maxMs: number;
  /** At least so much time between any two messages of the account. Default 300. */
  gapMs: number;
}

export const DEFAULT_WS_URL = "wss://web.whatsapp.com/ws/chat";

export const DEFAULT_DEVICE_NAME = "Parley";

export const DEFAULT_MAX_ATTACHMENT_BYTES = 25 * 1024 * 1024;

export const DEFAULT_PACING: PacingOptions = { charsPerSecond: 60, maxMs: 3_000, gapMs: 300 };
