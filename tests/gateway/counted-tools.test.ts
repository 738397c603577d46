import { expect, test } from "vitest";
import type { Tool } from "../../agents/agent.ts";
import { McpError } from "../../agents/mcp/failure.ts";
import { fixedTools } from "../../agents/tool-list.ts";
import { countedTools } from "../../gateway/counted-tools.ts";
import { createMetrics } from "../../gateway/metrics.ts";
import { contextOf } from "../agents/mcp/stage.ts";

const idle = async () => ({ waiting: 0, running: 0, pendingDeliveries: 0 });

function tool(run: Tool["run"], server?: string): Tool {
  const about = { name: "t", description: "", inputSchema: { type: "object" as const }, idempotent: true };
  return { ...about, run, ...(server !== undefined && { server }) };
}

test("each call is counted by server and by what came of it, and its result or error is the same", async () => {
  const metrics = createMetrics(idle);
  const failures = ["timeout", "unreachable", "failed", "refused"] as const;
  const { list } = countedTools(
    fixedTools([
      tool(async (input) => `got ${input}`),
      ...failures.map((code) => tool(async () => Promise.reject(new McpError(code, code)), "files")),
    ]),
    metrics,
  );
  const context = contextOf(new AbortController().signal);
  const [first, ...others] = list();
  expect(await first?.run("it", context)).toBe("got it");
  for (const [index, each] of others.entries()) {
    await expect(each.run({}, context)).rejects.toMatchObject({ code: failures[index] });
  }
  const counted = await metrics.registry.getSingleMetricAsString("parley_tool_calls_total");
  expect(counted).toContain('parley_tool_calls_total{server="parley",outcome="ok"} 1');
  expect(counted).toContain('parley_tool_calls_total{server="files",outcome="timeout"} 1');
  expect(counted).toContain('parley_tool_calls_total{server="files",outcome="unreachable"} 1');
  expect(counted).toContain('parley_tool_calls_total{server="files",outcome="failed"} 2');
});

test("whatever a stopped run's tool throws, the call is counted as cancelled", async () => {
  const metrics = createMetrics(idle);
  const stopping = new AbortController();
  const { list } = countedTools(
    fixedTools([
      tool(async () => {
        stopping.abort();
        throw new Error("it was interrupted");
      }),
    ]),
    metrics,
  );
  await expect(list()[0]?.run({}, contextOf(stopping.signal))).rejects.toThrow("it was interrupted");
  const counted = await metrics.registry.getSingleMetricAsString("parley_tool_calls_total");
  expect(counted).toContain('{server="parley",outcome="cancelled"} 1');
});

test("the list is the same as long as its source's is, and so is each tool", () => {
  const one = tool(async () => "");
  let tools = [one];
  const { list } = countedTools({ list: () => tools, close: async () => {} }, createMetrics(idle));
  const before = list();
  expect(list()).toBe(before);
  tools = [one, tool(async () => "")];
  expect(list()).not.toBe(before);
  expect(list()[0]).toBe(before[0]);
});

test("a server that is not connected is shown as such", async () => {
  const servers = [
    { name: "files", connected: true },
    { name: "mail", connected: false },
  ];
  const { registry } = createMetrics(idle, undefined, () => servers);
  const shown = await registry.getSingleMetricAsString("parley_mcp_connected");
  expect(shown).toContain('parley_mcp_connected{server="files"} 1');
  expect(shown).toContain('parley_mcp_connected{server="mail"} 0');
});
