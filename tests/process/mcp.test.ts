import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Settings } from "../../gateway/config/schema.ts";
import { type Body, toolResults } from "../fakes/anthropic/request.ts";
import { message, toolUse } from "../fakes/anthropic/steps.ts";
import { Theatre } from "../gateway/stage/theatre.ts";
import { WebStage } from "../gateway/stage/web-stage.ts";
import { Operator } from "./operator.ts";

const fakes = join(import.meta.dirname, "../fakes/mcp");
const program = (script: string, ...args: string[]) => ({ command: [process.execPath, join(fakes, script), ...args] });

function open(mcp: Settings["mcp"], asProcess = true): Promise<Theatre> {
  return Theatre.open(new WebStage(), { asProcess, settings: { mcp } });
}

const namesIn = (body: Body) => (body.tools ?? []).map((tool) => ("name" in tool ? tool.name : ""));

/** The names of the tools that the model was offered, request by request. */
const offered = (theatre: Theatre) => theatre.claude.requests.map(({ body }) => namesIn(body));

function lastResult(body: Body): string {
  const { content } = toolResults(body).at(-1) ?? {};
  if (typeof content === "string") return content;
  return (content ?? []).map((part) => (part.type === "text" ? part.text : "")).join("");
}

/** Resolves once the metrics say this. */
async function measures(theatre: Theatre, line: string): Promise<void> {
  const metrics = async () => (await fetch(`${theatre.gateway.url}/metrics`)).text();
  await expect.poll(metrics, { timeout: 15_000 }).toContain(line);
}

/** Whether a process runs; one that has ended and that nobody has asked after does not. */
function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** Call a tool that tells the number of its process. */
async function processOf(theatre: Theatre, tool: string): Promise<number> {
  theatre.claude.respond(({ body }) => (toolResults(body).length === 0 ? message([toolUse(tool)]) : lastResult(body)));
  const alice = await theatre.stage.person("Alice");
  const { text } = await theatre.ask(alice, "who are you?", /"pid":\d+/);
  return Number(/"pid":(\d+)/.exec(text)?.[1]);
}

test("the agent uses a server's tool, in a chat that allows it and in no other", async () => {
  const theatre = await open({ kitchen: { ...program("stdio-server.ts"), ask: "never" } }, false);
  const { claude, stage } = theatre;
  await measures(theatre, 'parley_mcp_connected{server="kitchen"} 1');
  claude.respond(({ body }) => {
    if (toolResults(body).length > 0) return `There is ${lastResult(body)}.`;
    return namesIn(body).includes("kitchen__look")
      ? message([toolUse("kitchen__look", { shelf: 3 })])
      : "I cannot look.";
  });
  const alice = await stage.person("Alice");
  await theatre.ask(alice, "what is there?", "There is milk on shelf 3.");
  const [one, two, ...servers] = offered(theatre)[0] ?? [];
  expect([one, two]).toEqual(["now", "recall"]);
  expect(servers).toEqual(servers.toSorted());
  await measures(theatre, 'parley_tool_calls_total{server="kitchen",outcome="ok"} 1');

  await theatre.owner(alice);
  await theatre.ask(alice, "/settings tools now recall", "now recall");
  await theatre.ask(alice, "and now?", "I cannot look.");
  expect(offered(theatre).at(-1)).toEqual(["now", "recall"]);
});

test("what may change something runs once whoever asked agrees, and what only reads runs at once", async () => {
  const theatre = await open({ kitchen: program("stdio-server.ts") }, false);
  await measures(theatre, 'parley_mcp_connected{server="kitchen"} 1');
  theatre.claude.respond(({ body }) => {
    const results = toolResults(body).length;
    return results > 0 ? lastResult(body) : message([toolUse("kitchen__put_away", { what: "cheese" })]);
  });
  const alice = await theatre.stage.person("Alice");
  await alice.says("put the cheese away");
  await alice.hears(/may I use .*kitchen__put_away/);
  await alice.says("/approve");
  await alice.hears("cheese is in the fridge");
  await measures(theatre, 'parley_tool_calls_total{server="kitchen",outcome="ok"} 1');
});

test.each([
  ["look", "milk on shelf 0"],
  ["put_away", "result unknown: the program stopped while it ran"],
])("after a crash in the middle of a call the answer goes on once the server is back (%s)", async (tool, result) => {
  const stage = new WebStage();
  const mcp: Settings["mcp"] = { kitchen: { ...program("stdio-server.ts"), ask: "never" } };
  const theatre = await Theatre.open(stage, { settings: { mcp }, failpoint: "agent.tool.after" });
  theatre.claude.respond(({ body }) => {
    if (toolResults(body).length > 0) return lastResult(body);
    return message([toolUse(`kitchen__${tool}`, { what: "cheese" })]);
  });
  await measures(theatre, 'parley_mcp_connected{server="kitchen"} 1');
  const alice = await stage.person("Alice");
  await alice.says("go on");
  await theatre.gateway.ended;
  await theatre.rise();
  await alice.hears(result);
});

test("a server that never answers holds up neither the start nor an answer", async () => {
  const theatre = await open({ mute: program("hostile-server.ts", "mute") }, false);
  theatre.claude.respond(() => "Here I am.");
  const alice = await theatre.stage.person("Alice");
  await theatre.ask(alice, "are you there?", "Here I am.");
  expect((await fetch(`${theatre.gateway.url}/readyz`)).status).toBe(200);
  await measures(theatre, 'parley_mcp_connected{server="mute"} 0');
});

test.each(["kill", "stop"] as const)("programs end with the gateway (%s)", async (how) => {
  const theatre = await open({ kitchen: { ...program("stdio-server.ts"), ask: "never" } });
  await measures(theatre, 'parley_mcp_connected{server="kitchen"} 1');
  const pid = await processOf(theatre, "kitchen__surroundings");
  expect(runs(pid)).toBe(true);
  await theatre.gateway[how]();
  await expect.poll(() => runs(pid), { timeout: 15_000 }).toBe(false);
  expect(theatre.logged.join("\n")).not.toMatch(/"level":[56]0/);
});

test("a program that does not want to end is killed when the gateway stops, and the gateway ends well", async () => {
  const operator = await Operator.open({}, { mcp: { stubborn: program("hostile-server.ts", "stubborn") } });
  const gateway = await operator.gateway();
  const connected = () => gateway.errors.some((line) => line.includes("a tool server is connected"));
  await expect.poll(connected, { timeout: 15_000 }).toBe(true);
  expect(await gateway.end()).toBe(0);
});

test("`parley tools` shows what there is, and what is not to be had", async () => {
  const mcp = {
    kitchen: program("stdio-server.ts"),
    odd: { ...program("hostile-server.ts", "odd"), env: { KEY: "SECRET" } },
    gone: { command: ["/no/such/program", "SECRET"] },
  };
  const operator = await Operator.open({}, { mcp });
  const told = await operator.runs("tools");
  expect(told.code).toBe(1);
  expect(told.output).toMatch(/^TOOL +SERVER +ASKS +WHAT FOR$/m);
  expect(told.output).toMatch(/^now +- +no +Tells the present date/m);
  expect(told.output).toMatch(/^kitchen__look +kitchen +no +Looks into the fridge\.$/m);
  expect(told.output).toMatch(/^kitchen__put_away +kitchen +yes +Puts something into the fridge\.$/m);
  expect(told.output).toMatch(/^gone is out of reach: there is no such program or folder$/m);
  expect(told.output).toMatch(/^odd: left out: invalid has a schema that is not valid$/m);
  const { tools, servers } = JSON.parse((await operator.runs("tools", "--json")).output);
  expect(tools).toContainEqual({
    name: "kitchen__look",
    server: "kitchen",
    asks: false,
    description: "Looks into the fridge.",
  });
  expect(tools[0]).toMatchObject({ name: "now", server: null, asks: false });
  expect(servers).toContainEqual({
    name: "gone",
    connected: false,
    problem: "there is no such program or folder",
    leftOut: [],
  });
  expect(JSON.stringify([told, tools, servers])).not.toContain("SECRET");
});

test("`parley tools` is content where every server is within reach, or none is configured", async () => {
  const operator = await Operator.open();
  expect(await operator.says("tools")).toMatch(/^recall +- +no /m);
});
