import type { BotAccount } from "./inbox.ts";

/** One value that an account keeps; what kinds, ids and values are is its platform's business. */
export interface VaultEntry {
  kind: string;
  id: string;
  /** `null` removes it. */
  value: string | null;
  /** Epoch ms; from then on it is not read any more. Default: never. */
  expiresAt?: number;
}

/** Credentials, keys and unfinished business of the platforms' clients. Secret: nothing of it is shown or logged. */
export interface VaultStore {
  /** Values by id; without `ids` everything of the kind. */
  vault(account: BotAccount, kind: string, ids?: readonly string[]): Promise<Map<string, string>>;
  /** Set values in order, all or none. */
  setVault(account: BotAccount, entries: readonly VaultEntry[]): Promise<void>;
  /** Forget what has expired. @returns how many values */
  dropExpired(): Promise<number>;
}
