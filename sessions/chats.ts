import type { Destination } from "../adapters/record.ts";
import type { AuditOrigin } from "./audit.ts";
import type { BotAccount, ChatInfo, ForCommand, Fork, SettingLevel } from "./inbox.ts";

/** Settings belong to places, never to session keys: isolation cannot break them. */
export type SettingPlace =
  | { level: "platform"; platform: Destination["platform"] }
  | { level: "guild"; platform: Destination["platform"]; guildId: string }
  | { level: "chat"; platform: Destination["platform"]; account: string; chatId: string }
  | { level: "thread"; platform: Destination["platform"]; account: string; chatId: string; threadId: string };

export interface ChatSummary extends ChatInfo {
  guildName?: string;
  /** Epoch ms of the last accepted message. */
  lastAt: number;
  /** The chat's own choice, if it has one. */
  strategy?: string;
  sessions: number;
  waiting: number;
  /** Deliveries that could not be sent and are parked. */
  failed: number;
}

export interface SessionSummary {
  key: string;
  strategy: string;
  /** Epoch ms. */
  startedAt: number;
  messages: number;
  inputTokens: number;
  outputTokens: number;
}

export interface LaneView {
  /** Name and user of the run that is going on. */
  running: { userId: string; userName: string; startedAt: number } | null;
  /** Who waits, in order of arrival; one entry per message. */
  waiting: Array<{ userId: string; userName: string }>;
}

export interface ChatStore {
  chats(): Promise<ChatSummary[]>;
  sessions(filter?: { chatRef?: number }): Promise<SessionSummary[]>;
  setting(place: SettingPlace, name: string): Promise<string | null>;
  /** What is set in these places, widest first as given; places without any are left out. */
  settingsAt(places: readonly SettingPlace[]): Promise<SettingLevel[]>;
  /**
   * All or none, audited in the same transaction; `null` removes one. What is so already is no change.
   *
   * @throws CommandGoneError
   */
  setSettings(
    place: SettingPlace,
    values: Readonly<Record<string, string | null>>,
    by: string,
    command?: ForCommand,
  ): Promise<void>;
  /** Those who wrote last in a chat, latest first. */
  recentAuthors(chatRef: number, limit: number): Promise<Array<{ id: string; name: string }>>;
  /** The lanes of a chat in which something runs or waits. */
  lanes(chatRef: number): Promise<Array<LaneView & { lane: string }>>;
  /** How a conversation can be taken along as it is now; `null` if there is none that is open and holds anything. */
  forkOf(key: string): Promise<Fork | null>;
  /**
   * End the current session of a key, if it began before the message with this arrival number; the next turn starts with
   * nothing.
   *
   * @param audit for a session that others share
   * @returns false if there was none
   * @throws CommandGoneError
   */
  endSession(key: string, before: number, audit?: AuditOrigin, command?: ForCommand): Promise<boolean>;
  lane(lane: string): Promise<LaneView>;
  /** Turns of people per user id and latest name in the session's transcript. */
  participants(sessionId: number): Promise<Array<{ id: string; name: string; turns: number }>>;
  /** A chat got a new id: its settings, sessions, links and everything that waits follow, in one transaction. */
  moveChat(from: Destination, toChatId: string): Promise<Array<{ lane: string; chatRef: number }>>;
  /**
   * Two ids of an account's people are one person's, who goes by the second from now on: sessions, a private chat with
   * its settings, and everything that waits or runs follow, in one transaction. What was written under the first id is
   * read as the second's. A rule of access that one of them had and that counts no more, or that blocks the other, is
   * audited.
   *
   * @returns lanes under their new names that have work, and the private chat, which may have something to send
   */
  samePerson(
    account: BotAccount,
    from: string,
    to: string,
  ): Promise<{ lanes: Array<{ lane: string; chatRef: number }>; chatRef?: number }>;
  counts(): Promise<{ waiting: number; running: number; pendingDeliveries: number }>;
}
