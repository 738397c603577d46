import type { SourceRecord } from "../adapters/record.ts";

/** The settings of a chat that strategies may look at. */
export interface StrategySettings {
  /** The persona that answers here. */
  agent: string;
  /** Whether people inside one thread have a session each or share it. Default `per-user`. Used by `per-user`. */
  threads?: "per-user" | "shared";
}

/** Where a message goes: which conversation, which queue, how its author is named, where the reply appears. */
export interface Plan {
  /** Key of the session that the turn is written into. */
  session: string;
  /** Key of the queue it waits in; equals `session` unless the strategy says otherwise. */
  lane: string;
  /** `tagged`: several people can write into the session, so code names the author of each message. */
  attribution: "none" | "tagged";
  /**
   * `stay`: answer where the message is. `open`: open a native thread for the message and answer inside.
   * `reply-chain`: answer where the message is; replies to any message of the chain belong to it.
   */
  thread: "stay" | "open" | "reply-chain";
  /** The message to quote in the answer. */
  replyTo: string;
  /** What the system prompt says about this session shape, one short paragraph. */
  guidance?: string;
}

/**
 * A session shape: a pure function, with no I/O, no clock and no state, so that the same message always gets the
 * same plan. See `docs/strategies.md` for writing one.
 */
export interface Strategy {
  /** What admins type: at most 32 lower case letters, digits and dashes. */
  name: string;
  /** One sentence for people who choose. */
  summary: string;
  plan(record: SourceRecord, settings: StrategySettings): Plan;
}
