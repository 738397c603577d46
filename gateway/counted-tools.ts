import type { Tool } from "../agents/agent.ts";
import type { ToolSource } from "../agents/tool-list.ts";
import type { Metrics } from "./metrics.ts";

/** The label of tools that come from no server. */
const BUILT_IN = "parley";

/** How calls fail, by the code of the error; any other failure is the tool's own. */
const OUTCOMES: Readonly<Record<string, string>> = {
  timeout: "timeout",
  cancelled: "cancelled",
  unreachable: "unreachable",
  lost: "lost",
};

/** The same tools, with every call counted. The same list stays the same. */
export function countedTools(source: ToolSource, { toolCalls }: Pick<Metrics, "toolCalls">): ToolSource {
  const known = new WeakMap<Tool, Tool>();
  let last: { of: readonly Tool[]; list: readonly Tool[] } | undefined;
  const counted = (tool: Tool): Tool => {
    const server = tool.server ?? BUILT_IN;
    return {
      ...tool,
      async run(input, context) {
        let outcome = "ok";
        try {
          return await tool.run(input, context);
        } catch (error) {
          outcome = context.signal.aborted ? "cancelled" : outcomeOf(error);
          throw error;
        } finally {
          toolCalls.inc({ server, outcome });
        }
      },
    };
  };
  return {
    list() {
      const tools = source.list();
      if (last?.of !== tools) {
        const list = tools.map((tool) => {
          const one = known.get(tool) ?? counted(tool);
          known.set(tool, one);
          return one;
        });
        last = { of: tools, list };
      }
      return last.list;
    },
    ...(source.tried && { tried: source.tried }),
    ...(source.servers && { servers: () => source.servers?.() ?? [] }),
    close: () => source.close(),
  };
}

function outcomeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  return Object.hasOwn(OUTCOMES, code) ? `${OUTCOMES[code]}` : "failed";
}
