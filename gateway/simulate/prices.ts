import type { Usage } from "../../sessions/transcript.ts";

/** US dollars for a million tokens. */
export interface Prices {
  /** Taken in, and neither read from the cache nor written into it. */
  input: number;
  output: number;
  cacheWrite: number;
  cacheRead: number;
}

/** What the provider asks for `claude-sonnet-5-5`, with caches that live for five minutes. */
export const LIST_PRICES: Prices = { input: 2, output: 10, cacheWrite: 2.5, cacheRead: 0.2 };
export const LIST_PRICES_OF = "claude-sonnet-5-5, September 2026";

export function costOf(usage: Usage, { input, output, cacheWrite, cacheRead }: Prices): number {
  const { inputTokens, outputTokens, cacheWriteTokens, cacheReadTokens } = usage;
  const millionths =
    inputTokens * input + outputTokens * output + cacheWriteTokens * cacheWrite + cacheReadTokens * cacheRead;
  return millionths / 1_000_000;
}
