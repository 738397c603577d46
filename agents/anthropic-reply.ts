import type { Message } from "@anthropic-ai/sdk/resources/messages";
import type { Block, Usage } from "../sessions/transcript.ts";

/** Names this provider's opaque blocks. */
export const PROVIDER = "anthropic";

/**
 * A finished reply in the transcript's words.
 *
 * Tool uses count only if the model stopped for them. In a reply that was cut off they may be incomplete: running one
 * would be wrong, and leaving one without a result would spoil every later request.
 */
export function toBlocks(message: Message): Block[] {
  return message.content.flatMap((block): Block[] => {
    if (block.type === "text") return block.text === "" ? [] : [{ type: "text", text: block.text }];
    if (block.type !== "tool_use") return [{ type: "opaque", provider: PROVIDER, data: structuredClone(block) }];
    if (message.stop_reason !== "tool_use") return [];
    return [{ type: "tool-use", id: block.id, name: block.name, input: structuredClone(block.input) }];
  });
}

/** What a call has cost, as the API counts it. */
interface Counted {
  usage: {
    input_tokens: number | null;
    output_tokens: number | null;
    cache_read_input_tokens: number | null;
    cache_creation_input_tokens: number | null;
  };
}

export function toUsage({ usage }: Counted): Usage {
  return {
    inputTokens: count(usage.input_tokens),
    outputTokens: count(usage.output_tokens),
    cacheReadTokens: count(usage.cache_read_input_tokens),
    cacheWriteTokens: count(usage.cache_creation_input_tokens),
  };
}

/** Proxies that speak the API leave numbers out; quotas must still add up. */
function count(tokens: number | null | undefined): number {
  return Number.isSafeInteger(tokens) ? Math.max(0, tokens ?? 0) : 0;
}

/** Why the model stopped, for a reply that asks for no tools. */
export function toReason({ stop_reason }: Message): "end" | "max-tokens" | "refusal" {
  if (stop_reason === "max_tokens" || stop_reason === "model_context_window_exceeded") return "max-tokens";
  return stop_reason === "refusal" ? "refusal" : "end";
}
