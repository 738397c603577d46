import type { Tool } from "./agent.ts";

/** Where the tools come from that agents may use. What it lists changes as servers come and go. */
export interface ToolSource {
  /**
   * What there is right now: built-in tools first, then those of servers, sorted by name. The same tools make the same list,
   * so that what a provider has cached of it serves again.
   */
  list(): readonly Tool[];
  /** The servers that are configured. Default: none are. */
  servers?(): readonly ToolServer[];
  /** Resolves once every server is connected, or has turned out to be out of reach. Default: there is nothing to wait for. */
  readonly tried?: Promise<unknown>;
  /** Let go of servers. Calls that go on fail. Idempotent; never rejects. */
  close(): Promise<void>;
}

/** How a configured server stands. */
export interface ToolServer {
  name: string;
  connected: boolean;
  /** Why it is not; undefined while it is, or was not tried yet. For operators, in words of ours. */
  problem?: string | undefined;
  /** Tools that no model could be given, by the server's names for them, which are hostile until escaped. */
  leftOut?: ReadonlyArray<{ tool: string; reason: string }>;
}

/** Tools that are always there. */
export function fixedTools(tools: readonly Tool[] = []): ToolSource {
  return { list: () => tools, async close() {} };
}

/**
 * Those of the tools that a chat's setting allows, in their order.
 *
 * @param setting `all`, `none`, or names of tools and of servers with spaces in between. A name that nothing has is ignored:
 *   its server may be out of reach, and what a chat allows does not widen for that.
 */
export function allowedTools(tools: readonly Tool[], setting: string): readonly Tool[] {
  if (setting === "all") return tools;
  const names = new Set(setting.split(" "));
  if (names.has("none")) return [];
  if (names.has("all")) return tools;
  return tools.filter(({ name, server }) => names.has(name) || (server !== undefined && names.has(server)));
}
