import { expect, test } from "vitest";
import { McpStage, soon } from "./stage.ts";

/** Says that its tools have changed while it is listed for the first time, and lists what they were when a signal comes. */
const SCRIPT = `
const write = (message) => console.log(JSON.stringify({ jsonrpc: "2.0", ...message }));
const tools = (...names) => ({ tools: names.map((name) => ({ name, inputSchema: { type: "object" } })) });
let listed = false;
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize") {
    const capabilities = { tools: { listChanged: true } };
    write({ id, result: { protocolVersion: params.protocolVersion, capabilities, serverInfo: { name: "x", version: "1" } } });
  } else if (method === "tools/list" && listed) {
    write({ id, result: tools("look", "shop") });
  } else if (method === "tools/list") {
    listed = true;
    process.once("SIGUSR2", () => write({ id, result: tools("look") }));
    process.stderr.write(process.pid + "\\n");
    write({ method: "notifications/tools/list_changed" });
  }
});`;

test("tools that change while a program is listed for the first time are listed later, however long that takes", async () => {
  const stage = new McpStage();
  const reach = { kind: "program", command: process.execPath, args: ["-e", SCRIPT], env: {}, cwd: "/" } as const;
  const kitchen = stage.connect({ reach });
  const names = () => kitchen.status.tools.map(({ name }) => name);
  await stage.logs("a tool server wrote to standard error");
  // The notice has come.
  await soon(() => stage.clock.due).toBe(500);
  stage.clock.advance(500);
  const [pid] = stage.logged.flatMap(({ fields }) => ("line" in fields ? [Number(fields.line)] : []));
  process.kill(pid ?? 0, "SIGUSR2");
  await kitchen.tried;
  expect(names()).toEqual(["kitchen__look"]);
  stage.clock.advance(500);
  await soon(names).toEqual(["kitchen__look", "kitchen__shop"]);
});
