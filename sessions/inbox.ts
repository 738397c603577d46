import type { Attachment, CommandCall, Destination, Forward, InboundMessage, Reply, User } from "../adapters/record.ts";
import type { Plan } from "../strategies/strategy.ts";
import type { Standing } from "./standing.ts";

/**
 * The inbox: every accepted message with its plan, in order of arrival.
 *
 * States of a row, and what moves it on:
 *
 *     held ────▶ waiting ────▶ running ────▶ done
 *       │           │             └────────▶ failed     the sender was told so
 *       └───────────┴──────────────────────▶ dropped    deleted, stopped by its author, or its album never asked
 *     refused                          over the author's limit, too old, or no access; the author was told
 *
 * `held` is a part of an album none of whose parts has addressed the bot yet. A row's plan is made once, when it is
 * accepted: a later change of strategy touches nothing that waits. After a crash `held` and `waiting` rows are as they
 * were, and `running` ones belong to a run that the next claim of their lane takes over.
 */

/** What the store has found out before a message is planned; the transaction that inserts the row read it. */
export interface Facts {
  /** Chat settings from the widest to the narrowest level. */
  settings: SettingLevel[];
  /** The opening message of the thread or reply chain that the message continues, where it is one of ours. */
  root?: string;
  /** The session that the message's native thread belongs to, where it is one of ours. */
  rootSession?: string;
  /** The chat's present id, where it has moved since the message was sent. */
  movedTo?: string;
  /** True if the message belongs to a turn of its author that still waits: a later album part, or the rest of a text. */
  joins: boolean;
  standing: Standing;
  /** Commands that were offered to the author here by number, the first of them as 1. */
  offered?: readonly string[];
}

export interface SettingLevel {
  level: "platform" | "guild" | "chat" | "thread";
  values: Readonly<Record<string, string>>;
}

/** A plan and what the router alone knows of it. */
export interface RoutedPlan extends Plan {
  strategy: string;
  agent: string;
  /** The opening message of the interaction, where the plan opens a thread or follows a reply chain. */
  root?: string;
  /** What its turn is about, if not an answer: it waits in the lane like any other. */
  task?: "compact";
  /** What becomes of a message whose author is being answered. Default `collect`: it waits. */
  busy?: "steer" | "interrupt";
  /** What the session begins with if the message is its first since then. */
  fork?: Fork;
}

/** A conversation as it was at a moment, for others to begin with. */
export interface Fork {
  /** The store's number of the session. */
  session: number;
  /** The last of its messages that is taken along. */
  upTo: number;
  /** Sessions that began after this arrival number have begun with it already. */
  after: number;
}

export type Decision =
  | { kind: "turn"; plan: RoutedPlan; readyAfterMs: number }
  /** `call`: the command that the author picked, in place of what the message says. */
  | { kind: "command"; plan: RoutedPlan; call?: CommandCall }
  /** A part of an album that has not addressed the bot (yet). */
  | { kind: "hold"; plan: RoutedPlan; readyAfterMs: number }
  /** Not for the bot; kept as background for its next answers here. */
  | { kind: "ambient" }
  | { kind: "ignore" }
  /** No access. `notice` is sent the first time only. */
  | { kind: "deny"; notice?: Notice }
  /**
   * No access yet. Unless a request of the chat waits already, one is made under `code`, and `notice` tells of it; where
   * too many wait in the account, `full` is sent, the first time only.
   */
  | { kind: "pair"; code: string; notice: Notice; full: Notice }
  /** Too old to be answered as if it had just been written. Its author is told once. */
  | { kind: "stale"; notice: Notice };

/** A short text for the author of a message, in the platform's own chunks. */
export interface Notice {
  chunks: ReadonlyArray<{ text: string; plain: string }>;
}

export interface AcceptOptions {
  /** Pure. Called inside the transaction, possibly more than once. */
  decide(facts: Facts): Decision;
  /** Sent once when the author's limit is reached; again only after a message of theirs was accepted. */
  overLimit: Notice;
  /** Messages of one user that may wait in one chat. */
  maxWaiting: number;
}

export type Accepted =
  | { kind: "turn"; seq: number; lane: string; chatRef: number; readyAt: number }
  | { kind: "command"; seq: number }
  | { kind: "duplicate" | "held" | "ambient" | "ignored" }
  /** `told` says whether a notice was put into the outbox for this one. */
  | { kind: "over-limit" | "denied" | "stale"; told: boolean; chatRef: number };

/** One accepted message as a run or a command sees it. */
export interface AcceptedMessage {
  seq: number;
  messageId: string;
  sentAt: number;
  text: string;
  attachments: Attachment[];
  replyTo?: Reply;
  forwarded?: Forward;
  command?: CommandCall;
  replyToken?: string;
  /** True if it was accepted to break off what its author was being answered. */
  interrupts?: boolean;
}

/**
 * The command that something is changed for. The change is one transaction with the command's row: a row that does not
 * wait any more (its author was blocked meanwhile) changes nothing, and what was changed is kept with it, so that the
 * command does not deny it when it runs again after a crash.
 */
export interface ForCommand {
  /** Arrival number of the command. */
  seq: number;
  /** What its author is told of the change. */
  said: string;
}

/** Thrown by every change for a command that is finished or was dropped: nothing was changed. */
export class CommandGoneError extends Error {
  readonly code = "command-gone";

  constructor(seq: number) {
    super(`command ${seq} does not wait any more`);
    this.name = "CommandGoneError";
  }
}

/** A command that was accepted and is not finished: it runs at once, and again after a crash. */
export interface AcceptedCommand {
  message: AcceptedMessage;
  user: Pick<User, "id" | "name" | "aliases">;
  chat: ChatInfo;
  to: Destination;
  plan: RoutedPlan;
  /** What its author is told of what it has changed already, before a crash; the latest, where it was more than one thing. */
  effect?: string;
}

export interface ChatInfo {
  /** The store's own number of the chat. */
  ref: number;
  platform: Destination["platform"];
  account: string;
  id: string;
  kind: InboundMessage["source"]["chat"]["kind"];
  name?: string;
  guildId?: string;
  guildName?: string;
}

/** One bot identity on a platform. */
export type BotAccount = Pick<Destination, "platform" | "account">;

export interface InboxStore {
  /**
   * Decide on a message and write it down, in one transaction. The same message again changes nothing.
   */
  accept(message: InboundMessage, options: AcceptOptions): Promise<Accepted>;
  /** Replace the content of its author's message that is held or waits. @returns false if there is none */
  edit(message: InboundMessage): Promise<boolean>;
  /** Drop a message that is held or waits; only this user's, where `by` is given. @returns false if there is none */
  remove(place: Destination, messageId: string, by?: string): Promise<boolean>;
  /** Commands that were accepted and not finished, oldest first. */
  pendingCommands(): Promise<AcceptedCommand[]>;
  command(seq: number): Promise<AcceptedCommand | null>;
  /** How far the platform has been read: every place with its mark. */
  bookmarks(account: BotAccount): Promise<Map<string, string>>;
  /** Set marks, all or none; `null` removes one. */
  setBookmarks(account: BotAccount, marks: ReadonlyMap<string, string | null>): Promise<void>;
  /** Drop held rows that were received before `olderThan` (epoch ms). @returns how many */
  dropHeld(olderThan: number): Promise<number>;
}
