import { expect, test } from "vitest";
import { call, McpStage, program, soon, toolOf } from "./stage.ts";

test("tools of a program are listed under its name, sorted, with what they are for", async () => {
  const { status } = await new McpStage().open();
  const names = status.tools.map(({ name }) => name);
  expect(names).toEqual(names.toSorted());
  expect(names).toContain("kitchen__put_away");
  expect(toolOf(status.tools, "kitchen__look")).toMatchObject({
    description: "Looks into the fridge.",
    inputSchema: { type: "object", properties: { shelf: { type: "number" } } },
    server: "kitchen",
  });
  expect(status).toMatchObject({ connected: true, problem: undefined, leftOut: [] });
});

test("a tool asks unless it says that it only reads, and may run twice only if it says so", async () => {
  const { status } = await new McpStage().open();
  const facts = ["look", "wipe", "put_away"].map((name) => {
    const { asks, idempotent } = toolOf(status.tools, `kitchen__${name}`);
    return { asks, idempotent };
  });
  expect(facts).toEqual([
    { asks: false, idempotent: true },
    { asks: true, idempotent: true },
    { asks: true, idempotent: false },
  ]);
});

test.each([
  ["always", true],
  ["never", false],
] as const)("with `ask: %s` what a tool says of itself does not count", async (ask, asks) => {
  const { status } = await new McpStage().open({ ask });
  expect(new Set(status.tools.map((tool) => tool.asks))).toEqual(new Set([asks]));
});

test("a tool gets its arguments and answers", async () => {
  const kitchen = await new McpStage().open();
  expect(await call(kitchen, "kitchen__look", { shelf: 2 })).toBe("milk on shelf 2");
  expect(await call(kitchen, "kitchen__put_away", { what: "cheese" })).toBe("cheese is in the fridge");
  expect(await call(kitchen, "kitchen__wipe", null)).toBe("clean");
});

test("what is no text is named, what is only data is given as data, and long output is cut", async () => {
  const kitchen = await new McpStage().open({ maxOutputChars: 500 });
  expect(await call(kitchen, "kitchen__picture")).toBe(
    [
      "Here it is.",
      "[a picture: image/png]",
      "[a recording: audio/ogg]",
      "[a link to recipe: file:///recipe]",
      "eggs",
      "[a file: file:///photo]",
    ].join("\n"),
  );
  expect(await call(kitchen, "kitchen__weigh")).toBe('{"grams":5}');
  const recited = await call(kitchen, "kitchen__recite");
  expect(recited).toHaveLength(500);
  expect(recited).toMatch(/^begin la .*\n\[cut: the output has more than 500 characters\]$/s);
});

test("a tool that fails, and arguments that it does not take, are errors for the model to read", async () => {
  const kitchen = await new McpStage().open();
  await expect(call(kitchen, "kitchen__burn")).rejects.toMatchObject({ code: "failed", message: "it is on fire" });
  await expect(call(kitchen, "kitchen__look", { shelf: "top" })).rejects.toThrow(/shelf|number/);
});

test("a program gets PATH, HOME, LANG and what is configured, and starts where it is to", async () => {
  const stage = new McpStage({ HOME: "/home/x", LANG: "C", ANTHROPIC_API_KEY: "SECRET", USER: "x", TERM: "t" });
  const kitchen = await stage.open({ reach: program("stdio-server.ts", [], { API_KEY: "k", LANG: "de" }) });
  const { env, cwd } = JSON.parse(await call(kitchen, "kitchen__surroundings"));
  const { PATH } = process.env;
  expect(env).toEqual({ PATH, HOME: "/home/x", LANG: "de", API_KEY: "k" });
  expect(cwd).toMatch(/tests\/fakes\/mcp$/);
});

test("a call that is broken off is cancelled at the server, which serves on", async () => {
  const stage = new McpStage();
  const kitchen = await stage.open();
  const stopping = new AbortController();
  const simmering = call(kitchen, "kitchen__simmer", {}, stopping.signal);
  // Calls arrive in order.
  await call(kitchen, "kitchen__look");
  stopping.abort(new Error("SECRET reason"));
  await expect(simmering).rejects.toMatchObject({ code: "cancelled" });
  expect(await call(kitchen, "kitchen__cancelled")).toBe("1");
});

test("a call that takes too long is cancelled at the server, which serves on", async () => {
  const stage = new McpStage();
  const kitchen = await stage.open({ timeoutMs: 5_000 });
  const simmering = call(kitchen, "kitchen__simmer");
  await call(kitchen, "kitchen__look");
  stage.clock.advance(5_000);
  await expect(simmering).rejects.toMatchObject({ code: "timeout" });
  expect(await call(kitchen, "kitchen__cancelled")).toBe("1");
});

test("tools that come later are listed later; what has not changed stays the very same", async () => {
  const stage = new McpStage();
  const changes: number[] = [];
  const kitchen = stage.connect({}, () => changes.push(kitchen.status.tools.length));
  await kitchen.tried;
  const { tools } = kitchen.status;
  const changed = Promise.withResolvers<void>();
  const noticed = stage.connect({ name: "other" }, () => changed.resolve());
  await noticed.tried;
  await call(kitchen, "kitchen__shop");
  // The notice stands before the answer.
  expect(kitchen.status.tools).toBe(tools);
  stage.clock.advance(500);
  await soon(() => changes).toHaveLength(2);
  expect(await call(kitchen, "kitchen__apples")).toBe("green ones");
});

test("a program that dies in the middle of a call is started again; until then its tools fail at once", async () => {
  const stage = new McpStage();
  const kitchen = await stage.open();
  const { tools } = kitchen.status;
  await expect(call(kitchen, "kitchen__collapse")).rejects.toMatchObject({ code: "lost" });
  await stage.logs("a tool server is out of reach");
  expect(kitchen.status).toMatchObject({ connected: false, problem: "it closed the connection", tools });
  await expect(call(kitchen, "kitchen__look")).rejects.toMatchObject({ code: "unreachable" });
  stage.clock.advance(1_000);
  await stage.logs("a tool server is connected", 2);
  expect(kitchen.status.tools).toBe(tools);
  expect(await call(kitchen, "kitchen__look")).toBe("milk on shelf 0");
});

test("a program of the newer protocol alone is served as well", async () => {
  const stage = new McpStage();
  const kitchen = stage.connect({ reach: program("stdio-server.ts", ["--modern-only"]) });
  await stage.logs("a tool server is out of reach");
  stage.clock.advance(1_000);
  await kitchen.tried;
  expect(kitchen.status).toMatchObject({ connected: true, problem: undefined });
  expect(await call(kitchen, "kitchen__look")).toBe("milk on shelf 0");
});

test("a program that does not exist is tried with growing pauses, and said to be out of reach", async () => {
  const stage = new McpStage();
  const reach = { kind: "program", command: "/nowhere/at-all", args: ["SECRET"], env: {}, cwd: "/" } as const;
  const kitchen = stage.connect({ reach });
  for (const [attempt, pause] of [1_000, 2_000, 4_000, 8_000].entries()) {
    await soon(() => stage.clock.due).toBe(stage.clock.elapsed() + pause);
    expect(kitchen.status.problem, `${attempt}`).toBe("there is no such program or folder");
    stage.clock.advance(pause);
  }
  await kitchen.tried;
  expect(JSON.stringify(stage.logged)).not.toContain("SECRET");
});

test("a program that ends at once is said to have done so, whichever greeting was tried last", async () => {
  const stage = new McpStage();
  const reach = { kind: "program", command: process.execPath, args: ["-e", ""], env: {}, cwd: "/" } as const;
  const kitchen = stage.connect({ reach });
  for (const pause of [1_000, 2_000, 4_000]) {
    await soon(() => stage.clock.due).toBe(stage.clock.elapsed() + pause);
    expect(kitchen.status.problem).toBe("it closed the connection");
    stage.clock.advance(pause);
  }
});

test("what a program says to standard error is logged until its first call, and never after", async () => {
  const stage = new McpStage();
  const kitchen = await stage.open();
  await stage.logs("a tool server wrote to standard error");
  const stopping = new AbortController();
  const simmering = call(kitchen, "kitchen__simmer", {}, stopping.signal);
  await call(kitchen, "kitchen__look");
  stopping.abort();
  await expect(simmering).rejects.toThrow();
  await call(kitchen, "kitchen__look");
  await kitchen.close();
  const lines = stage.logged.flatMap(({ level, fields }) => ("line" in fields ? [[level, fields.line]] : []));
  expect(lines).toEqual([["debug", "the kitchen opens"]]);
});
