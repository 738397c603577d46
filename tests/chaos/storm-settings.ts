import type { Settings } from "../../gateway/config/schema.ts";
import type { ChaosPlatform } from "./platform.ts";
import type { PlatformName } from "./record.ts";

/**
 * How the gateway is set up for a storm. Nothing is refused for being too much and no turn is given up: what is to be seen
 * is what a kill does. On every other platform a person's further messages are given to the running answer.
 */
export function settingsFor(seed: number, platforms: readonly ChaosPlatform[]): Settings {
  const own = platforms.map(({ name, settings = {} }, index): [PlatformName, object] => {
    const busy = (index + seed) % 2 === 0 ? ("steer" as const) : ("collect" as const);
    return [name, { ...settings[name], busy }];
  });
  return {
    ...(platforms.some(({ name }) => name === "web") ? {} : { web: { enabled: false } }),
    ...(Object.fromEntries(own) as Settings),
    agent: { contextTokens: 1_000_000_000 },
    runs: { maxAttempts: 100 },
    queue: { maxWaitingPerUser: 1_000, settleMs: 50 },
    shutdown: { graceMs: 5_000 },
  };
}
