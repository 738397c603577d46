import { expect, test } from "vitest";
import { call, McpStage } from "./stage.ts";

/** Greets, lists one tool, and hears nothing more. */
const SCRIPT = `
let listed = false;
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  const say = (result) => console.log(JSON.stringify({ jsonrpc: "2.0", id, result }));
  if (method === "initialize") {
    say({ protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "x", version: "1" } });
  } else if (method === "tools/list" && !listed) {
    listed = true;
    say({ tools: [{ name: "wait", inputSchema: { type: "object" } }] });
  }
});`;

test("a program that hangs is started again once a call has waited in vain", async () => {
  const stage = new McpStage();
  const reach = { kind: "program", command: process.execPath, args: ["-e", SCRIPT], env: {}, cwd: "/" } as const;
  const kitchen = await stage.open({ reach });
  const waiting = call(kitchen, "kitchen__wait");
  stage.clock.advance(60_000);
  await expect(waiting).rejects.toMatchObject({ code: "timeout" });
  expect(kitchen.status.connected).toBe(true);
  stage.clock.advance(500);
  stage.clock.advance(30_000);
  await stage.logs("a tool server is out of reach");
  expect(kitchen.status).toMatchObject({ connected: false, problem: "it did not answer in time" });
  stage.clock.advance(1_000);
  await stage.logs("a tool server is connected", 2);
});
