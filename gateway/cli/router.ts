import { Router } from "../../sessions/router.ts";
import type { StrategyRegistry } from "../../strategies/index.ts";
import type { Config } from "../config/config.ts";

/** Plans as a gateway with this configuration does. */
export function routerOf(config: Config, registry: StrategyRegistry): Router {
  return new Router({
    registry,
    agent: config.agent.name,
    defaults: (platform, kind) => config.platforms[platform][kind === "dm" ? "dm" : "groups"],
    settleMs: config.queue.settleMs,
  });
}
