import type { ChatSettings } from "../sessions/settings.ts";

/** In tokens. */
export interface ContextLimits {
  /** From here on a conversation is made shorter. */
  limit: number;
  /** What may be given at most, so that a reply finds room. */
  window: number;
  /** How long a summary may be. */
  summaryTokens: number;
}

const MOST_SUMMARY_TOKENS = 8_192;
const LEAST_SUMMARY_TOKENS = 256;

/**
 * How long a conversation may become: the chat's share of the model's window, or the chat's own number of tokens if that is
 * less, and never so much that there is no room for a reply.
 */
export function contextLimits(
  { compaction, compactionTokens }: Pick<ChatSettings, "compaction" | "compactionTokens">,
  { contextTokens, maxTokens }: { contextTokens: number; maxTokens: number },
): ContextLimits {
  const window = Math.max(contextTokens - maxTokens, contextTokens / 2);
  const limit = Math.min(compaction * contextTokens, compactionTokens, window);
  const summaryTokens = Math.ceil(Math.min(MOST_SUMMARY_TOKENS, Math.max(LEAST_SUMMARY_TOKENS, limit / 8)));
  return { limit, window, summaryTokens };
}
