import type { ForCommand } from "./inbox.ts";
import type { NewDelivery } from "./outbox.ts";
import type { Lease } from "./runs.ts";

/**
 * Approvals: tools that run only if the author of the turn says yes.
 *
 *     asked ──▶ approved ──▶ begun      the tool runs, or ran when the program stopped: what it did is not known then
 *       └─────▶ denied                  by a word, or because time ran out
 *
 * A row and the question in the outbox are written in one transaction; an answer is one transaction with its command's row.
 * `begun` is committed before the tool is started, so that after a crash a tool that had consent and did not begin is run, and
 * one that had begun is not run twice. Rows go with their run.
 *
 * Consent is to one call: what has the same tool use id and is not the same call is asked about by itself.
 */
export interface Approval {
  toolUseId: string;
  /** What stands for the tool and what it would be given. */
  call: string;
  code: string;
  state: "asked" | "approved" | "denied" | "begun";
  /** Epoch ms. */
  expiresAt: number;
}

/** What an answer came to. */
export type ApprovalAnswer =
  | { kind: "answered"; runId: number; toolUseId: string; tool: string }
  /** It is another user's to decide. */
  | { kind: "not-theirs" }
  /** It was answered before, or time ran out; or it was said before the author's open question here was asked. */
  | { kind: "over" }
  /** No code was given, and several of this user's are open here: these. */
  | { kind: "several"; codes: readonly string[] }
  /** There is no such question here, or none any more. */
  | { kind: "unknown" };

export interface ApprovalStore {
  /** The run's approvals, in the order in which they were asked. */
  approvals(runId: number): Promise<Approval[]>;
  /**
   * Ask, unless it was asked already: the row, the question, and what may be picked under it. @returns the row as it is now
   * @throws LeaseLostError
   */
  askApproval(
    lease: Lease,
    question: {
      toolUseId: string;
      call: string;
      code: string;
      tool: string;
      expiresAt: number;
      delivery: NewDelivery;
      /** Commands that a bare number picks, where the platform shows no buttons. */
      offer?: { commands: readonly string[]; expiresAt: number };
    },
  ): Promise<Approval>;
  /**
   * Move the tool use's latest one on: `begun` from `approved`, `denied` from `asked`.
   *
   * @returns false if it stands otherwise
   * @throws LeaseLostError
   */
  moveApproval(lease: Lease, toolUseId: string, to: "begun" | "denied"): Promise<boolean>;
  /**
   * Its author's word. Without `code` it is about the author's only open question in the chat. What could be picked under it
   * by number cannot be any more.
   *
   * A word without `code`, or a bare number, is not about what was asked after it: neither if it had arrived by then, nor if
   * it was sent before, as far as the platform's clock can tell. Behind another question of the run, a word without `code`
   * has to be sent after it for certain.
   *
   * @param who `code` in any case
   * @throws CommandGoneError
   */
  answerApproval(
    who: { chatRef: number; userId: string; code?: string },
    yes: boolean,
    command: ForCommand,
  ): Promise<ApprovalAnswer>;
}
