import { loadConfig } from "../config/load.ts";
import { createLog } from "../log.ts";
import { toolsOf } from "../tools.ts";
import { report } from "./report.ts";
import type { JsonOption, Surroundings } from "./surroundings.ts";
import { harmless, shortened, table } from "./table.ts";

/** Connect to the configured servers as the gateway does, and say what tools there are. Exit code 1 if one is out of reach. */
export async function tools(around: Surroundings, options: JsonOption): Promise<number> {
  const config = loadConfig(around);
  const source = await toolsOf(config, createLog("silent"));
  try {
    await source.tried;
    const servers = source.servers?.() ?? [];
    const list = source.list();
    const asks = (asked: boolean | undefined) => asked ?? false;
    report(around, options, {
      value: {
        tools: list.map(({ name, server, asks: asked, description }) => ({
          name,
          server: server ?? null,
          asks: asks(asked),
          description,
        })),
        servers: servers.map(({ name, connected, problem, leftOut = [] }) => ({
          name,
          connected,
          problem: problem ?? null,
          leftOut,
        })),
      },
      *lines() {
        yield* table(
          ["TOOL", "SERVER", "ASKS", "WHAT FOR"],
          list.map(({ name, server = "-", asks: asked, description }) => [
            name,
            server,
            asks(asked) ? "yes" : "no",
            shortened(harmless(description.replace(/\s+/g, " "))),
          ]),
        );
        for (const { name, connected, problem, leftOut = [] } of servers) {
          if (!connected) yield `${name} is out of reach: ${problem}`;
          for (const { tool, reason } of leftOut) yield `${name}: left out: ${harmless(tool) || "a tool"} ${reason}`;
        }
      },
    });
    return servers.every(({ connected }) => connected) ? 0 : 1;
  } finally {
    await source.close();
  }
}
