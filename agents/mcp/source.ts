import type { Tool } from "../agent.ts";
import type { ToolSource } from "../tool-list.ts";
import { Connection } from "./connection.ts";
import type { McpServer, McpSurroundings } from "./options.ts";

/**
 * Connect to servers in the background, and offer their tools behind the built-in ones. It returns at once; tools are
 * listed as servers turn up.
 */
export function connectServers(
  servers: readonly McpServer[],
  builtIn: readonly Tool[],
  around: McpSurroundings,
): ToolSource {
  let list: readonly Tool[] | undefined;
  const connections = servers.map((server) => new Connection(server, around, () => (list = undefined)));
  for (const connection of connections) connection.start();
  const byName = (a: Tool, b: Tool) => (a.name < b.name ? -1 : 1);
  return {
    list: () => (list ??= [...builtIn, ...connections.flatMap(({ status }) => status.tools).sort(byName)]),
    servers: () => connections.map(({ status }) => status),
    tried: Promise.all(connections.map(({ tried }) => tried)),
    async close() {
      await Promise.all(connections.map((connection) => connection.close()));
    },
  };
}
