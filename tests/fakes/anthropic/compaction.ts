import type { IncomingHttpHeaders } from "node:http";
import type Anthropic from "@anthropic-ai/sdk";
import type { Body } from "./request.ts";

export const COMPACTION_BETA = "compact-2026-09-04";

/** Why the API would not take a request's `compaction`, or `null`. */
export function problemWithCompaction(body: Body, headers: IncomingHttpHeaders, isServed: boolean): string | null {
  if (body.compaction == null) return null;
  const betas = `${headers["anthropic-beta"] ?? ""}`.split(",").map((beta) => beta.trim());
  if (!isServed || !betas.includes(COMPACTION_BETA)) return "compaction: Extra inputs are not permitted";
  if (body.compaction.type !== "summarize") return "compaction.type: Input should be 'summarize'";
  const { instructions } = body.compaction;
  if (instructions != null && typeof instructions !== "string") return "compaction.instructions: must be a string";
  if (body.tool_choice?.type === "any" || body.tool_choice?.type === "tool") return "tool_choice: not with compaction";
  return null;
}

/** The answer to a compaction request: the block alone. */
export interface Compacted extends Omit<Anthropic.Message, "content" | "stop_reason"> {
  content: [Anthropic.Beta.BetaCompactionBlock];
  stop_reason: "compaction";
}

export function compacted(message: Anthropic.Message, content: string | null): Compacted {
  const block = { type: "compaction", content, encrypted_content: null, signature: "c2lnbmF0dXJl" } as const;
  return { ...message, content: [block], stop_reason: "compaction" };
}

/** The same as events of its stream: the summary comes in one piece. */
export function* compactionEvents(message: Compacted): Generator<{ type: string; [field: string]: unknown }> {
  const { usage, content, stop_reason } = message;
  const [block] = content;
  yield { type: "message_start", message: { ...message, content: [], stop_reason: null } };
  yield { type: "content_block_start", index: 0, content_block: { ...block, content: null } };
  const delta = { type: "compaction_delta", content: block.content, encrypted_content: null };
  yield { type: "content_block_delta", index: 0, delta };
  yield { type: "content_block_stop", index: 0 };
  yield { type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage };
  yield { type: "message_stop" };
}
