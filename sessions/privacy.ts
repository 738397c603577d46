import type { BotAccount, ForCommand } from "./inbox.ts";
import type { StoppedWork } from "./runs.ts";
import type { TranscriptMessage } from "./transcript.ts";

/** One conversation as somebody may take it along. */
export interface ExportedSession {
  key: string;
  /** Epoch ms. */
  startedAt: number;
  /** True if others write into it as well: then only the person's own turns and the answers to them are here. */
  shared: boolean;
  messages: Array<TranscriptMessage & { at: number }>;
  /** What it was summed up to, oldest first; none where it holds anything of others. */
  summaries: Array<{ at: number; text: string }>;
}

export interface PrivacyStore {
  /**
   * Erase the person's own conversations in a chat, those that were ended as well: transcripts, pictures that nothing
   * else shows, and the texts of messages and answers. Own are those whose key names the person, those of the person's
   * private chat, and those that nobody else has written into. What the person has waiting or running there is stopped.
   * What came after `before` (an arrival number) is not touched.
   *
   * @throws CommandGoneError
   */
  forget(
    order: { chatRef: number; userId: string; before: number; by: string },
    command?: ForCommand,
  ): Promise<StoppedWork & { sessions: number; texts: number }>;
  /** A person's conversations in one chat, or in all of the account, oldest first. */
  exported(query: { account: BotAccount; userId: string; chatRef?: number }): Promise<ExportedSession[]>;
  /**
   * Erase what was said before then (epoch ms): whole turns at the beginning of conversations, and the texts of messages
   * and answers. Numbers, settings and the audit stay.
   *
   * @param summedUpBefore a conversation that was summed up is left alone until something in it is older than this, since it
   *   loses its summary with the first word of it: then all goes that was said before `before`. Default: `before`
   * @returns erased turns
   */
  prune(before: number, summedUpBefore?: number): Promise<number>;
}
