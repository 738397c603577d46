import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Tool } from "../../agents/agent.ts";
import { type AnthropicAgentOptions, createAnthropicAgent } from "../../agents/anthropic.ts";
import { FakeAnthropic } from "../fakes/anthropic/fake.ts";
import { message, text, thinking, toolUse as usesTool } from "../fakes/anthropic/steps.ts";
import { ann, answers, collect, only, request, says, toolResult, toolUse } from "./requests.ts";

let claude: FakeAnthropic;
beforeEach(async () => {
  claude = await FakeAnthropic.start();
});
afterEach(() => claude.close());

function agent(options: Partial<AnthropicAgentOptions> = {}) {
  return createAnthropicAgent({ apiKey: "fake-key", baseURL: claude.baseURL, ...options });
}

function tool(name: string, run: Tool["run"], idempotent = true): Tool {
  return { name, description: `Does ${name}.`, inputSchema: { type: "object" }, idempotent, run };
}

test("tools run with the model's input and the author's rights, and the model reads the result", async () => {
  const weather = vi.fn<Tool["run"]>(async () => "sunny");
  claude.script(message([text("Let me look."), usesTool("weather", { city: "Bern" }, "toolu_1")]));
  const events = await collect(agent().run(request({ tools: [tool("weather", weather)] })));

  expect(weather).toHaveBeenCalledExactlyOnceWith(
    { city: "Bern" },
    { author: ann, isAdmin: expect.any(Function), recall: expect.any(Function), signal: expect.anything() },
  );
  expect(events.map(({ type }) => type).filter((type) => type !== "text")).toEqual([
    "reply",
    "tool-results",
    "reply",
    "done",
  ]);
  expect(claude.requests[1]?.body.messages.slice(1)).toEqual([
    {
      role: "assistant",
      content: [
        { type: "text", text: "Let me look." },
        { type: "tool_use", id: "toolu_1", name: "weather", input: { city: "Bern" } },
      ],
    },
    { role: "user", content: [expect.objectContaining({ tool_use_id: "toolu_1", content: "sunny" })] },
  ]);
  expect(claude.requests[0]?.body.tools).toEqual([
    { name: "weather", description: "Does weather.", input_schema: { type: "object" } },
  ]);
  expect(events.at(-2)).toMatchObject({ content: [{ type: "text", text: "The tool said: sunny" }] });
});

test("nothing begins before its step was pulled", async () => {
  const weather = vi.fn<Tool["run"]>(async () => "sunny");
  claude.script(message([usesTool("weather")]), "Sunny.");
  const run = agent()
    .run(request({ tools: [tool("weather", weather)] }))
    [Symbol.asyncIterator]();

  expect((await run.next()).value).toMatchObject({ type: "reply" });
  await claude.waitForInFlight(0);
  expect(weather).not.toHaveBeenCalled();

  expect((await run.next()).value).toMatchObject({ type: "tool-results" });
  // A barrier: whatever had been sent before this request would have arrived before it.
  await collect(agent().run(request({ messages: [says("barrier")] })));
  expect(claude.requests).toHaveLength(2);
  expect(claude.requests[1]?.body.messages).toMatchObject([
    { role: "user", content: [{ type: "text", text: "barrier" }] },
  ]);

  expect((await run.next()).value).toMatchObject({ type: "text" });
  expect(claude.requests).toHaveLength(3);
  await run.return?.();
});

test("the tools of one reply run side by side and are answered in its order", async () => {
  const both = Promise.withResolvers<void>();
  const slow = tool("slow", async () => both.promise.then(() => "slow is done"));
  const quick = tool("quick", async () => {
    both.resolve();
    return "quick is done";
  });
  claude.script(message([usesTool("slow", {}, "a"), usesTool("quick", {}, "b")]));
  const [results] = only(await collect(agent().run(request({ tools: [slow, quick] }))), "tool-results");
  expect(results?.content).toEqual([toolResult("a", "slow is done"), toolResult("b", "quick is done")]);
});

test("a tool that throws and a tool that does not exist give errors that the model reads", async () => {
  const broken = tool("broken", async () => {
    throw new Error(`no such city${"!".repeat(2_000)}`);
  });
  claude.script(message([usesTool("broken", {}, "a"), usesTool("other", {}, "b")]), "Sorry.");
  const [results] = only(await collect(agent().run(request({ tools: [broken] }))), "tool-results");
  expect(results?.content).toMatchObject([{ isError: true }, toolResult("b", "there is no tool of this name", true)]);
  const [first] = results?.content ?? [];
  expect(first?.type === "tool-result" && first.text).toMatch(/^no such city!/);
  expect(first?.type === "tool-result" && first.text.length).toBe(500);
  expect(claude.requests[1]?.body.messages.at(-1)).toMatchObject({
    content: [
      { tool_use_id: "a", is_error: true },
      { tool_use_id: "b", is_error: true },
    ],
  });
});

test("an output that is too long is cut and says so; an empty one is sent as a word", async () => {
  const long = tool("long", async () => "😀".repeat(40_000));
  const mute = tool("mute", async () => "");
  claude.script(message([usesTool("long", {}, "a"), usesTool("mute", {}, "b")]), "I see.");
  const [results] = only(await collect(agent().run(request({ tools: [long, mute] }))), "tool-results");
  const [cut, empty] = results?.content ?? [];
  expect(cut?.type === "tool-result" && cut.text.length).toBe(50_000);
  expect(cut?.type === "tool-result" && cut.text).toMatch(/\n\[cut: the whole output has 80000 characters\]$/);
  expect(cut?.type === "tool-result" && cut.text.isWellFormed()).toBe(true);
  expect(empty).toEqual(toolResult("b", ""));
  expect(claude.requests[1]?.body.messages.at(-1)).toMatchObject({ content: [{}, { content: "(no output)" }] });
});

test("a run that would go on for ever ends at its limit, with its last tools refused", async () => {
  const again = vi.fn<Tool["run"]>(async () => "again");
  claude.respond(() => message([usesTool("again")]));
  const events = await collect(agent({ maxSteps: 3 }).run(request({ tools: [tool("again", again)] })));
  expect(claude.requests).toHaveLength(3);
  expect(again).toHaveBeenCalledTimes(2);
  expect(only(events, "tool-results").at(-1)?.content).toMatchObject([
    { isError: true, text: "not run: the limit is 3 steps" },
  ]);
  expect(events.at(-1)).toEqual({ type: "done", reason: "max-steps" });
});

test("a step that thought before it asked for a tool sends its thinking back", async () => {
  claude.script(message([thinking("Hm."), usesTool("look", {}, "a")]));
  await collect(agent().run(request({ tools: [tool("look", async () => "seen")] })));
  expect(claude.requests[1]?.body.messages[1]?.content).toMatchObject([
    { type: "thinking", thinking: "Hm." },
    { type: "tool_use", id: "a" },
  ]);
});

test("a run goes on from a stored reply by running its tools first", async () => {
  const look = vi.fn<Tool["run"]>(async () => "seen");
  const messages = [says("Look"), answers(toolUse("a", "look", { at: 1 }))];
  const events = await collect(agent().run(request({ messages, tools: [tool("look", look)] })));
  expect(events[0]).toEqual({ type: "tool-results", content: [toolResult("a", "seen")] });
  expect(look).toHaveBeenCalledExactlyOnceWith({ at: 1 }, expect.anything());
  expect(claude.requests).toHaveLength(1);
  expect(claude.requests[0]?.body.messages).toHaveLength(3);
});

test("a run goes on from stored results with the next request", async () => {
  const look = vi.fn<Tool["run"]>(async () => "seen again");
  const messages = [
    says("Look"),
    answers(toolUse("a", "look")),
    { role: "user" as const, content: [toolResult("a", "seen")] },
  ];
  const events = await collect(agent().run(request({ messages, tools: [tool("look", look)] })));
  expect(look).not.toHaveBeenCalled();
  expect(only(events, "reply")[0]?.content).toEqual([{ type: "text", text: "The tool said: seen" }]);
});

test("a tool that may have done its work before a crash is not run again", async () => {
  const pay = vi.fn<Tool["run"]>(async () => "paid");
  const look = vi.fn<Tool["run"]>(async () => "seen");
  const messages = [says("Pay"), answers(toolUse("a", "pay"), toolUse("b", "look"))];
  const tools = [tool("pay", pay, false), tool("look", look)];
  const events = await collect(agent().run(request({ messages, tools })));
  expect(pay).not.toHaveBeenCalled();
  expect(events[0]).toEqual({
    type: "tool-results",
    content: [toolResult("a", "result unknown: the program stopped while it ran", true), toolResult("b", "seen")],
  });
});

test("in a run that was not cut off, such a tool runs once", async () => {
  const pay = vi.fn<Tool["run"]>(async () => "paid");
  claude.script(message([usesTool("pay")]));
  await collect(agent().run(request({ tools: [tool("pay", pay, false)] })));
  expect(pay).toHaveBeenCalledTimes(1);
});

test("tools of an older turn are not run for the person who speaks now", async () => {
  const erase = vi.fn<Tool["run"]>(async () => "erased");
  const messages = [says("Erase"), answers(toolUse("a", "erase")), says("And me?")];
  await collect(agent().run(request({ messages, tools: [tool("erase", erase)] })));
  expect(erase).not.toHaveBeenCalled();
  expect(claude.requests[0]?.problem).toBeNull();
});

test("steps before a crash count towards the limit", async () => {
  const messages = [says("Look"), answers(toolUse("a", "look")), answers(toolUse("b", "look"))];
  const events = await collect(agent({ maxSteps: 2 }).run(request({ messages })));
  expect(events).toEqual([
    { type: "tool-results", content: [toolResult("b", "not run: the limit is 2 steps", true)] },
    { type: "done", reason: "max-steps" },
  ]);
  expect(claude.requests).toEqual([]);
});
