import type { Choice, CommandOffer, OutboundFile } from "../../adapters/adapter.ts";
import type { Destination } from "../../adapters/record.ts";
import type { AcceptedCommand, ForCommand, Notice, RoutedPlan, SettingLevel } from "../../sessions/inbox.ts";
import type { Router } from "../../sessions/router.ts";
import type { SettingName } from "../../sessions/settings.ts";
import type { Store } from "../../sessions/store.ts";
import type { StrategyRegistry } from "../../strategies/index.ts";
import { formatPlace } from "../chat-place.ts";

/** What commands work with. */
export interface CommandContext {
  store: Store;
  registry: StrategyRegistry;
  router: Pick<Router, "plan" | "settings">;
  /** True if the author was asked to confirm this very command, and does. */
  agreed: boolean;
  /** The commands there are, for `/help`. */
  commands: readonly Command[];
  agentDescription: string;
  /** What the configuration sets on the chat's platform. */
  configured(): { defaults: Partial<Record<SettingName, string>>; levels: SettingLevel[] };
  /** Who changed what, for the log: no content. */
  noteChange(change: { what: string; to: string }): void;
  /** A text for others than the author, in the platform's chunks. */
  notice(markdown: string): Notice;
  now(): number;
  /** Abort runs that were marked as stopped. */
  abort(runIds: readonly number[]): void;
  /** The author of a run has decided about a tool in it. */
  answered(runId: number, toolUseId: string): void;
  /** Something was put into a chat's outbox. */
  delivered(chatRef: number): void;
  /**
   * Whether the author is an owner or administers the chat, looked up now. A look-up that fails is a no.
   */
  isAdmin(): Promise<boolean>;
  /** Whether the author is an owner, looked up now. */
  isOwner(): Promise<boolean>;
  /** Whether the configuration names a person as an owner; such a one cannot be blocked. */
  isConfigured(userIds: readonly string[]): boolean;
  /** What the author said here, and the answers, gone from a platform that is the gateway's own. */
  eraseHere(): Promise<void>;
  /** Where the author is alone with the bot; null where the bot cannot write to the author in private. */
  openPrivate(): Promise<Destination | null>;
}

/** An answer to a command. */
export interface Answer {
  /** Markdown. */
  text: string;
  /** To pick from: as the platform shows it, or by number. The first of those that ask for consent is what `/confirm` does. */
  choices?: readonly Choice[];
  files?: readonly OutboundFile[];
  /** Said to the author in private, beside this. */
  inPrivate?: { to: Destination; text: string; files: readonly OutboundFile[] };
}

/** A command runs at once and never waits behind a run, unless it is a task. After a crash it runs again: it must bear that. */
export interface Command {
  name: string;
  /** One short sentence, for menus and `/help`. */
  description: string;
  /** Who can do something with it. Default: everybody who is answered. */
  for?: "admins" | "owners";
  /** What may be said with it, for platforms that offer choices. */
  options?(registry: StrategyRegistry): NonNullable<CommandOffer["options"]>;
  /** Set if it waits in its lane as a message does: the run of its turn does it, and `run` is missing. */
  task?: RoutedPlan["task"];
  /** @returns the answer, in Markdown */
  run?(call: AcceptedCommand, context: CommandContext): Promise<string | Answer>;
}

/** What a change is made for, and what its author is told of it if a crash keeps back the answer itself. */
export function forCommand({ message }: AcceptedCommand, said: string): ForCommand {
  return { seq: message.seq, said };
}

/** True if the session is the author's alone, so that nobody else loses anything with it. */
export function isPrivate({ plan }: AcceptedCommand): boolean {
  return plan.attribution === "none";
}

/** True if the command stands outside any thread where each question begins a conversation of its own. */
export function isBeforeThread({ plan, message }: AcceptedCommand): boolean {
  return plan.root === message.messageId;
}

/** True if nobody but the author reads the answer. */
export function isReadByAuthorAlone({ chat, message }: AcceptedCommand): boolean {
  return chat.kind === "dm" || message.replyToken !== undefined;
}

/** The author, as changes are audited. */
export function authorOf({ to, user }: AcceptedCommand): string {
  return `${to.platform}:${user.id}`;
}

/** `platform[@account]:chat`, with `#thread` behind it: the place of a command, as changes are audited. */
export function placeOfCommand({ to: { threadId, chatId: id, ...where } }: AcceptedCommand): string {
  return `${formatPlace({ ...where, id })}${threadId === undefined ? "" : `#${threadId}`}`;
}
