import type { Platform } from "../../adapters/record.ts";
import { DEFAULT_PROMPT } from "../../agents/prompt.ts";
import type { StrategyRegistry } from "../../strategies/index.ts";
import type { Config } from "../config/config.ts";
import type { Log } from "../log.ts";
import { replayBefore } from "./before.ts";
import type { Conversation } from "./questions.ts";
import { replay } from "./replay.ts";
import type { Tally } from "./tally.ts";

export interface SimulateOptions {
  config: Config;
  registry: StrategyRegistry;
  /** Names of strategies, in the order in which they are shown. */
  strategies: readonly string[];
  /** Whose groups' settings hold. */
  platform: Platform;
  contextTokens: number;
  /** What a conversation may grow to, in tokens, in place of what the configuration says. */
  compactionTokens?: number | undefined;
  seed: number;
  log: Log;
  /** Told what is replayed next. */
  next?(name: string): void;
}

/**
 * Replay what people said once as it used to be, and once under each strategy. The same conversation and the same options
 * give the same result; nothing is sent anywhere, and nothing is kept.
 */
export async function simulate(conversation: Conversation, options: SimulateOptions): Promise<Tally[]> {
  const { config, strategies, contextTokens, seed, next = () => {} } = options;
  const persona = config.agent.prompt ?? DEFAULT_PROMPT;
  next("before");
  const tallies = [await replayBefore(conversation.messages, { persona, contextTokens, seed })];
  for (const strategy of strategies) {
    next(strategy);
    tallies.push(await replay(conversation.messages, { ...options, strategy, persona }));
  }
  return tallies;
}
