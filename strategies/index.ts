import { perThread } from "./per-thread.ts";
import { perUser } from "./per-user.ts";
import { shared } from "./shared.ts";
import type { Strategy } from "./strategy.ts";
import { taggedHybrid } from "./tagged-hybrid.ts";

export const builtInStrategies: readonly Strategy[] = [shared, perUser, perThread, taggedHybrid];

/** No longer than what fits into a button, beside the command that chooses it. */
const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;

export class StrategyError extends Error {
  readonly code: "invalid-strategy" | "duplicate-strategy";

  constructor(code: StrategyError["code"], message: string) {
    super(message);
    this.name = "StrategyError";
    this.code = code;
  }
}

/** The strategies that admins can choose from, by name. */
export class StrategyRegistry {
  readonly #byName = new Map<string, Strategy>();

  constructor(strategies: Iterable<Strategy> = builtInStrategies) {
    for (const strategy of strategies) this.add(strategy);
  }

  /** @throws StrategyError if it is not of a strategy's shape, or the name is taken */
  add(strategy: Strategy): void {
    if (typeof strategy?.plan !== "function" || !NAME.test(strategy.name ?? "")) {
      throw new StrategyError(
        "invalid-strategy",
        "a strategy has a name (at most 32 lower case letters, digits and dashes), a summary and a function plan(record, settings)",
      );
    }
    if (this.#byName.has(strategy.name)) {
      throw new StrategyError("duplicate-strategy", `there is a strategy named "${strategy.name}" already`);
    }
    this.#byName.set(strategy.name, strategy);
  }

  get(name: string): Strategy | undefined {
    return this.#byName.get(name);
  }

  list(): Strategy[] {
    return [...this.#byName.values()];
  }

  names(): string[] {
    return [...this.#byName.keys()];
  }
}
