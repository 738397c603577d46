/**
 * What stands in the vault, besides Baileys' own kinds of Signal keys, which go by their own names.
 *
 * - `creds`: the credentials, one row with the id `creds`.
 * - `received`: messages that are decrypted and not handed over, by the digest of their ciphertext.
 * - `seen`: the same, handed over; for a day, against redeliveries and for quotes. A second row leads to each of them by
 *   chat, sender and message id.
 * - `sent`: what was sent, by message id; for a week, for those who could not decrypt it.
 * - `link`: the row `held` says until when another program links or unlinks the account.
 */
export const CREDS = "creds";
export const RECEIVED = "received";
export const SEEN = "seen";
export const SENT = "sent";
export const LINK = "link";
export const HELD = "held";

/** Everything that belongs to one link, and goes with it. */
export const KEY_KINDS = [
  "pre-key",
  "session",
  "sender-key",
  "sender-key-memory",
  "app-state-sync-key",
  "app-state-sync-version",
  "lid-mapping",
  "device-list",
  "tctoken",
  "identity-key",
] as const;
