import type { BotAccount } from "./inbox.ts";

/** What was used, as the provider counted it. */
export interface Spent {
  /** Read, written and taken from or put into its cache, all together. */
  tokens: number;
  /** Of these, what the model has taken in, whether it came from the provider's cache or not. */
  readTokens: number;
  /** Of those, what came from the cache. */
  cachedTokens: number;
  /** Those that have begun to be answered, however they ended. */
  runs: number;
}

export interface UsageByUser extends Spent {
  userId: string;
  /** The latest that is known. */
  userName: string;
}

export interface UsageStore {
  /**
   * What a person has used in all chats of the account, and what everybody has used in the chat, since then. Runs that
   * go on count; `except` does not.
   */
  spent(
    who: { account: BotAccount; userId: string; chatRef: number },
    since: number,
    except?: number,
  ): Promise<{ user: Spent; chat: Spent }>;
  /** Most tokens first; of one chat, or of all. */
  usageByUser(filter: { chatRef?: number; since: number; until?: number }): Promise<UsageByUser[]>;
}
