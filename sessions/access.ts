import type { Platform } from "../adapters/record.ts";
import type { BotAccount, ChatInfo, ForCommand } from "./inbox.ts";
import type { StoppedWork } from "./runs.ts";
import type { Standing } from "./standing.ts";

/**
 * Who may be answered, beside what the configuration says: rules that owners made while the gateway ran.
 *
 * A subject has one rule at most, and a person is one subject, whatever ids they have had: a rule stands with the id that
 * they go by now, and is made and found under each of the others.
 *
 *     nothing ──pair, grant──▶ approved ──revoke──▶ nothing
 *        └──────block────────▶ blocked  ──unblock─▶ nothing      users alone
 *        └──claim, grant─────▶ owner    ──revoke──▶ nothing      users alone
 *
 * Nobody is blocked who is an owner under any id: the ownership has to be taken away first.
 *
 * A pairing is a request that waits for an owner: one for each person's private chat and one for each group, for an
 * hour, three in an account. Its code is told in the chat itself, so knowing it gives no right: approving takes an owner
 * or the command line. Whoever names five codes in a row that do not exist is refused for an hour.
 *
 * The first owner is claimed with a code that the program prints. Of that one only a hash is kept.
 *
 * Every change is one transaction with its audit entry. A crash leaves it done or not done.
 */
export interface Subject {
  /** `guild`: a server with all its chats. */
  kind: "user" | "chat" | "guild";
  platform: Platform;
  account: string;
  id: string;
}

export type AccessRule = "owner" | "approved" | "blocked";

export interface AccessEntry extends Subject {
  rule: AccessRule;
  /** What it was called when the rule was made. */
  name?: string;
  /** `platform:user` or `cli:name`. */
  by: string;
  /** Epoch ms. */
  at: number;
}

export interface Pairing {
  /** 8 characters. */
  code: string;
  /** `user`: a private chat; `chat`: a group or channel. */
  kind: "user" | "chat";
  chat: ChatInfo;
  /** Who wrote. */
  userId: string;
  userName: string;
  createdAt: number;
  expiresAt: number;
}

export interface AccessChange extends StoppedWork {
  changed: boolean;
  /** Why nothing was changed: whoever is to be blocked is an owner. */
  refused?: "owner";
}

export type Approval =
  | { kind: "approved"; pairing: Pairing }
  /** No such code, or it has expired. */
  | { kind: "unknown" }
  /** Too many wrong codes from whoever tries; until then (epoch ms) every code is refused. */
  | { kind: "locked"; until: number };

export type Claiming = { kind: "claimed" | "unknown" | "nothing-to-claim" } | { kind: "locked"; until: number };

export const PAIRING_LIFETIME_MS = 60 * 60 * 1000;
export const MOST_PAIRINGS = 3;
export const MOST_WRONG_CODES = 5;
export const LOCKED_MS = 60 * 60 * 1000;

export interface AccessStore {
  /**
   * @param userIds the person's id, whichever it is, and others that came along with it: of those, rules that stand with
   *   them count, and blocks of whoever goes by another id since then; numbers pass from one to another
   */
  standing(
    place: { platform: Platform; account: string; chatId: string; guildId?: string | undefined },
    userIds: readonly string[],
  ): Promise<Standing>;
  accessEntries(): Promise<AccessEntry[]>;
  /** Whether anybody has ever written to the account under this id, or under another one of the same person. */
  knowsUser(account: BotAccount, userId: string): Promise<boolean>;
  /** The id and every other one that is known to mean the same person. */
  idsOf(account: BotAccount, userId: string): Promise<string[]>;
  /**
   * Make or, with `null`, take away a subject's rule. A user who is blocked loses at once what waits and runs, in every
   * chat of the account; commands too.
   *
   * @returns what was stopped, to be aborted by whoever executes it; `changed` is false if it was so already or is refused
   * @throws CommandGoneError
   */
  setAccess(
    subject: Subject & { name?: string | undefined },
    rule: AccessRule | null,
    by: string,
    command?: ForCommand,
  ): Promise<AccessChange>;
  /** Those that wait, oldest first; none that has expired. */
  pairings(): Promise<Pairing[]>;
  /**
   * Approve what asked for it; its chat is told with `notice`, a text without markup.
   *
   * @param whole approve the whole server that holds the chat, where there is one
   * @throws CommandGoneError
   */
  approve(code: string, by: string, notice: string, whole?: boolean, command?: ForCommand): Promise<Approval>;
  /**
   * Take a request away; whoever asked may ask again. Wrong codes count as for `approve`.
   *
   * @throws CommandGoneError
   */
  dismiss(code: string, by: string, command?: ForCommand): Promise<Approval>;
  /**
   * Keep the hash of a code for the first owner; `null` forgets it. With `instead`, only in the place of that one.
   *
   * @param by whoever has made that one void: `platform:user`; audited then
   * @throws CommandGoneError
   */
  setClaim(hash: string | null, instead?: string, by?: string, command?: ForCommand): Promise<void>;
  /**
   * Make the user an owner if the code's hash is the stored one, which is then forgotten; once.
   *
   * @throws CommandGoneError
   */
  claimOwner(hash: string, user: Subject & { name?: string | undefined }, command?: ForCommand): Promise<Claiming>;
}
