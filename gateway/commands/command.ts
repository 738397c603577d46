import type { CommandOffer } from "../../adapters/adapter.ts";
import type { AcceptedCommand, Notice } from "../../sessions/inbox.ts";
import type { Store } from "../../sessions/store.ts";
import type { StrategyRegistry } from "../../strategies/index.ts";

/** What commands work with. */
export interface CommandContext {
  store: Store;
  registry: StrategyRegistry;
  /** The commands there are, for `/help`. */
  commands: readonly Command[];
  agentDescription: string;
  /** Who changed what, for the log. */
  noteChange(change: { what: string; to: string }): void;
  /** A text for others than the author, in the platform's chunks. */
  notice(markdown: string): Notice;
  now(): number;
  /** Abort runs that were marked as stopped. */
  abort(runIds: readonly number[]): void;
  /**
   * Whether the author is an owner or administers the chat, looked up now. A look-up that fails is a no.
   */
  isAdmin(): Promise<boolean>;
}

/** A command runs at once and never waits behind a run. After a crash it runs again: it must bear that. */
export interface Command {
  name: string;
  /** One short sentence, for menus and `/help`. */
  description: string;
  /** What may be said with it, for platforms that offer choices. */
  options?(registry: StrategyRegistry): NonNullable<CommandOffer["options"]>;
  /** @returns the answer, in Markdown */
  run(call: AcceptedCommand, context: CommandContext): Promise<string>;
}

/** True if the session is the author's alone, so that nobody else loses anything with it. */
export function isPrivate({ plan }: AcceptedCommand): boolean {
  return plan.attribution === "none";
}

/** True if the command stands outside any thread where each question begins a conversation of its own. */
export function isBeforeThread({ plan, message }: AcceptedCommand): boolean {
  return plan.root === message.messageId;
}
