import type { IncomingHttpHeaders } from "node:http";
import type Anthropic from "@anthropic-ai/sdk";

export type Body = Anthropic.MessageCreateParams & {
  compaction?: { type: string; instructions?: string | null } | null;
};

/** Tokens of a request. */
export type Counts = Pick<Anthropic.Usage, "input_tokens" | "cache_read_input_tokens" | "cache_creation_input_tokens">;

/** One HTTP request as the fake saw it; a client's retry is a request of its own. */
export interface FakeRequest {
  /** Counts requests from 0 in the order of their arrival. */
  readonly index: number;
  /** Epoch milliseconds. */
  readonly arrivedAt: number;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Body;
  /** Why the API would refuse it (and the fake did); `null` for a valid one. */
  readonly problem: string | null;
  /** What the API counts for it, once it is answered. */
  cost?: Counts;
  /** Until the response is complete or the connection is gone. */
  inFlight: boolean;
  /** True if the client went away before the response was complete. */
  aborted: boolean;
  /** Resolves once it is not in flight any more. */
  readonly ended: Promise<void>;
}

/**
 * What the user said last: the last text of the last message that has one, background apart; tool results count if there is
 * none after.
 */
export function lastUserText({ messages }: Body): string {
  for (const { role, content } of messages.toReversed()) {
    if (role !== "user") continue;
    if (typeof content === "string") return content;
    const text = content.findLast((block) => block.type === "text" && !block.text.startsWith("<background"));
    if (text?.type === "text") return text.text;
  }
  return "";
}

/** The results of tools that the last message brings, in order. */
export function toolResults({ messages }: Body): Anthropic.ToolResultBlockParam[] {
  const last = messages.at(-1);
  if (last === undefined || typeof last.content === "string") return [];
  return [...last.content].filter((block) => block.type === "tool_result");
}
