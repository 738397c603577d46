import type Anthropic from "@anthropic-ai/sdk";

/** What the fake answers to one request. */
export type Step =
  | MessageStep
  | StatusStep
  | { kind: "compaction"; summary: string | null }
  | { kind: "hang" }
  | { kind: "reset" }
  | { kind: "empty" };

export type FakeBlock =
  | { type: "text"; text: string }
  | { type: "tool_use"; id?: string; name: string; input: unknown }
  | { type: "thinking"; thinking: string; signature: string };

export interface MessageStep {
  kind: "message";
  content: FakeBlock[];
  /** Default `tool_use` if there is one, otherwise `end_turn`. */
  stopReason?: Anthropic.StopReason;
  /** Break off after this many deltas; nothing of what follows is sent. */
  breakAfter?: { deltas: number; how: Break };
  /** Streamed in place of the JSON of tool inputs. */
  toolJson?: string;
}

/** An error event of that type; the connection reset; the stream ended as if it were complete; silence. */
export type Break = "overloaded_error" | "api_error" | "invalid_request_error" | "reset" | "end" | "hang";

export interface StatusStep {
  kind: "status";
  status: number;
  type: string;
  message: string;
  errorCode?: string;
  headers: Record<string, string>;
}

export interface StatusOptions {
  type?: string;
  message?: string;
  /** Of the error's details. */
  errorCode?: string;
  retryAfterMs?: number;
}

export function text(text: string): FakeBlock {
  return { type: "text", text };
}

export function toolUse(name: string, input: unknown = {}, id?: string): FakeBlock {
  return { type: "tool_use", name, input, ...(id !== undefined && { id }) };
}

export function thinking(thinking: string, signature = "c2lnbmF0dXJl"): FakeBlock {
  return { type: "thinking", thinking, signature };
}

export function message(content: FakeBlock[], options: Omit<MessageStep, "kind" | "content"> = {}): MessageStep {
  return { kind: "message", content, ...options };
}

/** What a compaction comes to; `null`: nothing. */
export function compaction(summary: string | null): Step {
  return { kind: "compaction", summary };
}

/** A text whose stream breaks off after so many of its words. */
export function brokenAfter(deltas: number, how: Break, words = "one two three four five six"): MessageStep {
  return message([text(words)], { breakAfter: { deltas, how } });
}

const TYPES: Record<number, string> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  529: "overloaded_error",
};

/** An error response. Real clients wait as long as `retryAfterMs` says before they try again; default 1. */
export function status(
  status: number,
  { type, message = "it failed", errorCode, retryAfterMs = 1 }: StatusOptions = {},
): StatusStep {
  return {
    kind: "status",
    status,
    type: type ?? TYPES[status] ?? "api_error",
    message,
    ...(errorCode !== undefined && { errorCode }),
    headers: { "retry-after-ms": `${retryAfterMs}`, "retry-after": `${Math.ceil(retryAfterMs / 1000)}` },
  };
}

/** Takes the request and never answers. */
export const hang: Step = { kind: "hang" };

/** The connection is reset before the response begins. */
export const reset: Step = { kind: "reset" };

/** A stream without a single event. */
export const emptyStream: Step = { kind: "empty" };
