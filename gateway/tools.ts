import type { Tool } from "../agents/agent.ts";
import { fixedTools, type ToolSource } from "../agents/tool-list.ts";
import { createNowTool } from "../agents/tools/now.ts";
import { createRecallTool } from "../agents/tools/recall.ts";
import { systemClock } from "../sessions/clock.ts";
import { version } from "./cli/version.ts";
import type { Config } from "./config/config.ts";
import type { Log } from "./log.ts";

/**
 * The built-in tools, and those of the configured servers, which are connected in the background. The library for servers is
 * loaded only if there are some.
 */
export async function toolsOf({ mcp }: Config, log: Log, more: readonly Tool[] = []): Promise<ToolSource> {
  const builtIn = [createNowTool(), createRecallTool(), ...more];
  if (mcp.length === 0) return fixedTools(builtIn);
  const { connectServers } = await import("../agents/mcp/source.ts");
  return connectServers(mcp, builtIn, {
    clock: systemClock,
    log,
    random: Math.random,
    env: process.env,
    version: version(),
  });
}
