import { pathToFileURL } from "node:url";
import { StrategyError, type StrategyRegistry } from "./index.ts";
import type { Strategy } from "./strategy.ts";

/**
 * Add every strategy that a module exports, whatever the exports are called: each exported object that has a `plan`.
 *
 * @param file absolute path of a JavaScript or TypeScript (erasable syntax) module
 * @returns the names that were added
 * @throws StrategyError if the module exports none or a malformed one; whatever the import itself throws
 */
export async function loadStrategies(registry: StrategyRegistry, file: string): Promise<string[]> {
  const module: Record<string, unknown> = await import(pathToFileURL(file).href);
  // A default export may repeat a named one.
  const found = new Set(Object.values(module).filter(looksLikeStrategy));
  if (found.size === 0) {
    throw new StrategyError(
      "invalid-strategy",
      `${file} exports no strategy: an object with a name and a plan function`,
    );
  }
  for (const strategy of found) registry.add(strategy);
  return [...found].map((strategy) => strategy.name);
}

function looksLikeStrategy(value: unknown): value is Strategy {
  return typeof value === "object" && value !== null && "plan" in value;
}
