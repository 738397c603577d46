import { expect, test } from "vitest";
import { call, McpStage, program, soon, toolOf } from "./stage.ts";

const hostile = (kind: string) => ({ name: "h", reach: program("hostile-server.ts", [kind]) });

test("of a list without end the first two hundred tools are taken", async () => {
  const { status } = await new McpStage().open(hostile("giant"));
  expect(status.tools).toHaveLength(200);
  expect(status.leftOut).toEqual([{ tool: "", reason: "is beyond the first 200" }]);
});

test("descriptions are cut", async () => {
  const { status } = await new McpStage().open(hostile("fat"));
  expect(Math.max(...status.tools.map(({ description }) => description.length))).toBe(2_000);
  expect(JSON.stringify(status.tools).length).toBeLessThan(450_000);
});

test("a tool that no provider would take is left out, with the reason, and the others are not", async () => {
  const stage = new McpStage();
  const { status } = await stage.open(hostile("odd"));
  expect(status.leftOut).toEqual([
    { tool: "", reason: "has no name" },
    { tool: "", reason: "has no name" },
    { tool: "", reason: "has no name" },
    { tool: "", reason: "has no name" },
    { tool: "two_lines", reason: "is listed twice" },
    { tool: "deep", reason: "has a schema that is nested too deeply" },
    { tool: "invalid", reason: "has a schema that is not valid" },
    { tool: "keys", reason: "has a schema with names that no model takes" },
    { tool: "long", reason: "has a schema of more than 10000 characters" },
    { tool: "no-schema", reason: "has no schema that can be read" },
    { tool: "regex", reason: "has a schema that is not valid" },
    { tool: "remote", reason: "has a schema that refers to another one" },
    { tool: "text", reason: "has a schema that is not one of an object" },
  ]);
  expect(status.tools.map(({ name }) => name)).toEqual([
    "h__fine",
    expect.stringMatching(/^h__two_lines$/),
    expect.stringMatching(/^h__two_lines_[0-9a-f]{6}$/),
    expect.stringMatching(/^h__two_lines_[0-9a-f]{6}$/),
    expect.stringMatching(/^h__x{54}_[0-9a-f]{6}$/),
  ]);
  expect(toolOf(status.tools, "h__fine").inputSchema).toEqual({ type: "object" });
  const descriptions = status.tools.map(({ description }) => description);
  expect(descriptions).toContain("onetwo\nthree");
  expect(stage.logged).toContainEqual({
    level: "warn",
    fields: { server: "h", leftOut: 13, reasons: expect.any(Array) },
    message: "tools of a server cannot be used",
  });
});

test("an answer of a hundred megabytes ends the connection, not the gateway", async () => {
  const stage = new McpStage();
  const server = await stage.open(hostile("calls"));
  await expect(call(server, "h__big")).rejects.toMatchObject({ code: "lost" });
  await stage.logs("a tool server is out of reach");
  stage.clock.advance(1_000);
  await stage.logs("a tool server is connected", 2);
});

test("a call that is never answered ends with its time", async () => {
  const stage = new McpStage();
  const server = await stage.open(hostile("calls"));
  const never = call(server, "h__never");
  await expect(call(server, "h__garbage")).rejects.toMatchObject({ code: "unreadable" });
  stage.clock.advance(60_000);
  await expect(never).rejects.toMatchObject({ code: "timeout", message: expect.stringContaining("60 seconds") });
});

test("a program that is killed in the middle of two calls ends both", async () => {
  const stage = new McpStage();
  const server = await stage.open(hostile("calls"));
  const both = [call(server, "h__never"), call(server, "h__die")];
  await Promise.all(both.map((each) => expect(each).rejects.toMatchObject({ code: "lost" })));
});

test("what is no answer is passed over, and nothing of a call is logged", async () => {
  const stage = new McpStage();
  const server = await stage.open(hostile("calls"));
  expect(await call(server, "h__flood")).toBe("[the tool gave no output]");
  await expect(call(server, "h__refuse", { a: "SECRET" })).rejects.toMatchObject({ code: "refused" });
  await server.close();
  expect(JSON.stringify(stage.logged)).not.toContain("SECRET");
});

test("a server that asks for the model, for people or for files in return gets none of them", async () => {
  const server = await new McpStage().open(hostile("calls"));
  expect(await call(server, "h__ask")).toBe("asked");
});

test.each(["mute", "mute-list"])("a server that does not answer (%s) is out of reach, and ended", async (kind) => {
  const stage = new McpStage();
  const server = stage.connect(hostile(kind));
  await soon(() => stage.clock.due).toBe(30_000);
  stage.clock.advance(30_000);
  await stage.logs("a tool server is out of reach");
  expect(server.status).toMatchObject({ connected: false, problem: "it did not answer in time", tools: [] });
});

test("a server that writes without end and without a line is out of reach", async () => {
  const stage = new McpStage();
  const server = stage.connect(hostile("endless"));
  await stage.logs("a tool server is out of reach");
  expect(server.status.connected).toBe(false);
});

test("of a flood of standard error some short lines are logged, and the server serves", async () => {
  const stage = new McpStage();
  const server = await stage.open(hostile("loud"));
  await server.close();
  expect(stage.logged.filter(({ fields }) => "line" in fields).length).toBeLessThanOrEqual(50);
});

test("a server whose tools change all the time is asked for them twice a second at most", async () => {
  const stage = new McpStage();
  await stage.open(hostile("changing"));
  await soon(() => stage.clock.pending).toBe(1);
  expect(stage.clock.due).toBe(stage.clock.elapsed() + 500);
});

test("a program that does not want to end is killed, with what it has started", async () => {
  const stage = new McpStage();
  const server = await stage.open(hostile("stubborn"));
  const closed = server.close();
  for (let grace = 0; grace < 2; grace++) {
    await soon(() => stage.clock.due).toBe(stage.clock.elapsed() + 2_000);
    stage.clock.advance(2_000);
  }
  await closed;
  expect(stage.clock.pending).toBe(0);
});
