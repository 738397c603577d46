import { expect, test } from "vitest";
import type { Tool } from "../../agents/agent.ts";
import { allowedTools, fixedTools } from "../../agents/tool-list.ts";

function tool(name: string, server?: string): Tool {
  const about = { description: "", inputSchema: { type: "object" as const }, idempotent: true, run: async () => "" };
  return { name, ...about, ...(server !== undefined && { server }) };
}

const tools = [
  tool("now"),
  tool("recall"),
  tool("files__read", "files"),
  tool("files__write", "files"),
  tool("mail__send", "mail"),
];

test.each([
  ["all", ["now", "recall", "files__read", "files__write", "mail__send"]],
  ["none", []],
  ["now", ["now"]],
  ["files", ["files__read", "files__write"]],
  ["mail now", ["now", "mail__send"]],
  ["files__write files__write recall", ["recall", "files__write"]],
  ["nothing-of-the-kind", []],
  ["nothing-of-the-kind now", ["now"]],
  ["files__", []],
  ["FILES", []],
])("a chat that allows `%s` gets just these, in the order of the list", (setting, names) => {
  expect(allowedTools(tools, setting).map(({ name }) => name)).toEqual(names);
});

test("a chat that allows all gets the very list, whose order never changes", () => {
  const source = fixedTools(tools);
  expect(allowedTools(source.list(), "all")).toBe(tools);
});
