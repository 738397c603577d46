import { expect, onTestFinished, test } from "vitest";
import type { McpServer } from "../../../agents/mcp/options.ts";
import { connectServers } from "../../../agents/mcp/source.ts";
import { createNowTool } from "../../../agents/tools/now.ts";
import { contextOf, McpStage, program, toolOf } from "./stage.ts";

const server = (name: string, reach: McpServer["reach"]): McpServer => ({
  name,
  reach,
  ask: "writes",
  timeoutMs: 1_000,
  maxOutputChars: 1_000,
});

test("built-in tools come first and at once; those of servers follow by name, whoever is connected first", async () => {
  const stage = new McpStage();
  const source = connectServers(
    [
      server("zoo", program("stdio-server.ts")),
      server("attic", program("hostile-server.ts", ["calls"])),
      server("gone", program("no-such-script.ts")),
    ],
    [createNowTool()],
    stage.around,
  );
  onTestFinished(() => source.close());
  expect(source.list().map(({ name }) => name)).toEqual(["now"]);
  await stage.logs("a tool server is out of reach");
  stage.clock.advance(1_000);
  await source.tried;
  const list = source.list();
  const names = list.map(({ name }) => name);
  expect(names[0]).toBe("now");
  expect(names.slice(1)).toEqual(names.slice(1).toSorted());
  expect(names).toContain("attic__die");
  expect(names).toContain("zoo__look");
  expect(source.list()).toBe(list);
  expect(source.servers?.().map(({ name, connected }) => [name, connected])).toEqual([
    ["zoo", true],
    ["attic", true],
    ["gone", false],
  ]);
});

test("a server that dies takes no other one with it, and does not change the list", async () => {
  const stage = new McpStage();
  const source = connectServers(
    [server("zoo", program("stdio-server.ts")), server("attic", program("hostile-server.ts", ["calls"]))],
    [],
    stage.around,
  );
  onTestFinished(() => source.close());
  await source.tried;
  const list = source.list();
  const context = contextOf(new AbortController().signal);
  await expect(toolOf(list, "attic__die").run({}, context)).rejects.toMatchObject({ code: "lost" });
  expect(await toolOf(list, "zoo__look").run({}, context)).toBe("milk on shelf 0");
  expect(source.list()).toBe(list);
});

test("closing ends calls that go on", async () => {
  const stage = new McpStage();
  const source = connectServers([server("zoo", program("stdio-server.ts"))], [], stage.around);
  await source.tried;
  const simmering = toolOf(source.list(), "zoo__simmer").run({}, contextOf(new AbortController().signal));
  const ended = expect(simmering).rejects.toMatchObject({ code: "lost" });
  await source.close();
  await ended;
  await source.close();
});
