import { loadConfig } from "../../../gateway/config/load.ts";
import { createLog } from "../../../gateway/log.ts";
import { generate } from "../../../gateway/simulate/generate.ts";
import type { LogEntry } from "../../../gateway/simulate/log.ts";
import { type Conversation, type LogMessage, questionsOf } from "../../../gateway/simulate/questions.ts";
import type { ReplayOptions } from "../../../gateway/simulate/replay.ts";
import type { SimulateOptions } from "../../../gateway/simulate/simulate.ts";
import { StrategyRegistry } from "../../../strategies/index.ts";

const MINUTE_MS = 60_000;

export async function channel(hours: number, seed = 1): Promise<Conversation> {
  async function* each(entries: readonly LogEntry[]) {
    yield* entries;
  }
  const chance = { bot: [], askShare: 0.2, taskShare: 0.1, taskTools: 10, seed };
  return await questionsOf(each(generate({ people: 12, hours, seed })), chance);
}

/** A question, so many minutes after the first. */
export function question(minute: number, user: string, more: Partial<LogMessage> = {}): LogMessage {
  return {
    id: `${user}-${minute}`,
    at: Date.UTC(2026, 0, 12) + minute * MINUTE_MS,
    user: { id: user, name: user.toUpperCase() },
    text: `${user} asks at ${minute}`,
    addressed: true,
    tools: 0,
    ...more,
  };
}

export function options(more: Partial<SimulateOptions> = {}): SimulateOptions & Omit<ReplayOptions, "strategy"> {
  return {
    config: loadConfig({ env: {}, cwd: import.meta.dirname }),
    registry: new StrategyRegistry(),
    strategies: ["shared", "per-user", "per-thread", "tagged-hybrid"],
    platform: "discord",
    persona: "You are a test.",
    contextTokens: 200_000,
    seed: 1,
    log: createLog("silent"),
    ...more,
  };
}
