import type { Spent } from "../sessions/limits.ts";

/**
 * How much of what the model has taken in came from the provider's cache, in percent, rounded down: nobody is told of more
 * than there was. Undefined if it has taken in nothing.
 */
export function cacheShare({
  readTokens,
  cachedTokens,
}: Pick<Spent, "readTokens" | "cachedTokens">): number | undefined {
  return readTokens === 0 ? undefined : Math.floor((cachedTokens / readTokens) * 100);
}

/** What several have used together. */
export function together(all: readonly Spent[]): Spent {
  const sum = (of: (spent: Spent) => number) => all.reduce((total, each) => total + of(each), 0);
  return {
    tokens: sum(({ tokens }) => tokens),
    readTokens: sum(({ readTokens }) => readTokens),
    cachedTokens: sum(({ cachedTokens }) => cachedTokens),
    runs: sum(({ runs }) => runs),
  };
}
