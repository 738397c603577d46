import type { Adapter } from "../../adapters/adapter.ts";
import type { Clock } from "../../sessions/clock.ts";
import type { StrategyRegistry } from "../../strategies/index.ts";
import type { Log } from "../log.ts";
import { pause } from "../pause.ts";
import { commands } from "./index.ts";

const FIRST_PAUSE_MS = 15_000;
const LONGEST_PAUSE_MS = 60 * 60 * 1000;

export interface OfferOptions {
  registry: StrategyRegistry;
  clock: Clock;
  log: Log;
  /** Aborted when the gateway ends. */
  signal: AbortSignal;
}

/** Tell a platform which commands to show in its menus, again and again until it has taken them. Never rejects. */
export async function offerCommands(adapter: Adapter, { registry, clock, log, signal }: OfferOptions): Promise<void> {
  const offers = commands.map(({ name, description, options }) => ({
    name,
    description,
    options: options?.(registry),
  }));
  for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await adapter.registerCommands?.(offers);
    } catch (error) {
      const { platform } = adapter;
      const message = error instanceof Error ? error.message : String(error);
      log.warn({ platform, reason: message, againInMs: pauseMs }, "the platform's menu does not show the commands yet");
      await pause(clock, pauseMs, signal);
    }
  }
}
