import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AgentEvent } from "../../agents/agent.ts";
import { type AnthropicAgentOptions, createAnthropicAgent } from "../../agents/anthropic.ts";
import { FakeAnthropic } from "../fakes/anthropic/fake.ts";
import { message, text, thinking, toolUse as usesTool } from "../fakes/anthropic/steps.ts";
import { answers, collect, only, request, says, textOf } from "./requests.ts";

let claude: FakeAnthropic;
beforeEach(async () => {
  claude = await FakeAnthropic.start({ apiKey: "fake-key" });
});
afterEach(() => claude.close());

function agent(options: Partial<AnthropicAgentOptions> = {}) {
  return createAnthropicAgent({ apiKey: "fake-key", baseURL: claude.baseURL, ...options });
}

describe("a request", () => {
  test("names the model, its limits, the system prompt and asks for caching", async () => {
    await collect(agent({ model: "claude-haiku-5-5", maxTokens: 99 }).run(request()));
    expect(claude.requests[0]?.body).toEqual({
      model: "claude-haiku-5-5",
      max_tokens: 99,
      system: [{ type: "text", text: "You are a test.", cache_control: { type: "ephemeral" } }],
      messages: [{ role: "user", content: [{ type: "text", text: "Hello", cache_control: { type: "ephemeral" } }] }],
      stream: true,
    });
    expect(agent({ model: "claude-haiku-5-5" }).description).toBe("Anthropic claude-haiku-5-5");
  });

  test("holds no system prompt and no tools where there are none", async () => {
    await collect(agent().run(request({ system: "" })));
    expect(Object.keys(claude.requests[0]?.body ?? {})).not.toContain("system");
    expect(Object.keys(claude.requests[0]?.body ?? {})).not.toContain("tools");
  });

  test("with nothing to answer is never sent", async () => {
    await expect(collect(agent().run(request({ messages: [] })))).rejects.toMatchObject({ code: "invalid-request" });
    expect(claude.requests).toEqual([]);
  });
});

describe("a reply", () => {
  test("streams word by word", async () => {
    claude.reply("It is a fine day");
    const texts = only(await collect(agent().run(request())), "text");
    expect(texts.map(({ text }) => text)).toEqual(["It ", "is ", "a ", "fine ", "day"]);
  });

  test("can be shown while the rest of it is still to come", async () => {
    claude.reply("one two three");
    const gate = claude.hold({ afterDeltas: 2 });
    const run = agent().run(request())[Symbol.asyncIterator]();
    expect((await run.next()).value).toEqual({ type: "text", text: "one " });
    expect((await run.next()).value).toEqual({ type: "text", text: "two " });
    await gate.reached();
    gate.release();
    expect((await run.next()).value).toEqual({ type: "text", text: "three" });
    await run.return?.();
  });

  test("carries the numbers that the API counted, the cached prefix included", async () => {
    const hello = [says("Hello ".repeat(1_000))];
    const [first] = only(await collect(agent().run(request({ messages: hello }))), "reply");
    const more = [...hello, answers(...(first?.content ?? [])), says("And now?")];
    const [second] = only(await collect(agent().run(request({ messages: more }))), "reply");
    expect(first?.model).toBe("claude-sonnet-5-5");
    expect(first?.usage.cacheWriteTokens).toBeGreaterThan(1_500);
    expect(first?.usage.cacheReadTokens).toBe(0);
    expect(first?.usage.outputTokens).toBeGreaterThan(1_500);
    expect(second?.usage.cacheReadTokens).toBe(first?.usage.cacheWriteTokens);
  });

  test("without any content is a reply all the same", async () => {
    claude.script(message([]));
    const events = await collect(agent().run(request()));
    expect(events).toMatchObject([
      { type: "reply", content: [] },
      { type: "done", reason: "end" },
    ]);
  });

  test.each([
    ["end_turn", "end"],
    ["stop_sequence", "end"],
    ["max_tokens", "max-tokens"],
    ["model_context_window_exceeded", "max-tokens"],
    ["refusal", "refusal"],
  ] as const)("that stops with %s is done with %s", async (stopReason, reason) => {
    claude.script(message([text("So")], { stopReason }));
    expect((await collect(agent().run(request()))).at(-1)).toEqual({ type: "done", reason });
  });

  test("that was cut off asks for no tools, since what it asked may be incomplete", async () => {
    claude.script(message([text("Let me"), usesTool("erase", { what: "a" })], { stopReason: "max_tokens" }));
    expect((await collect(agent().run(request()))).slice(-2)).toMatchObject([
      { type: "reply", content: [{ type: "text", text: "Let me" }] },
      { type: "done", reason: "max-tokens" },
    ]);
  });

  test("goes back to the API unchanged, thinking included, whatever it is kept as", async () => {
    claude.script(message([thinking("Let me think"), text("Hello, Ann.")]));
    const first = await collect(agent().run(request()));
    const [reply] = only(first, "reply");
    expect(textOf(first)).toBe("Hello, Ann.");
    expect(reply?.content.map(({ type }) => type)).toEqual(["opaque", "text"]);

    const stored = JSON.parse(JSON.stringify(reply?.content));
    await collect(agent().run(request({ messages: [says("Hello"), answers(...stored), says("Go on")] })));
    expect(claude.requests[1]?.problem).toBeNull();
    expect(claude.requests[1]?.body.messages[1]).toEqual({
      role: "assistant",
      content: [
        { type: "thinking", thinking: "Let me think", signature: "c2lnbmF0dXJl" },
        { type: "text", text: "Hello, Ann." },
      ],
    });
  });
});

test("twenty people are answered side by side, each with their own answer", async () => {
  const gate = claude.hold();
  const runs = Array.from({ length: 20 }, (_, index) =>
    collect(agent().run(request({ messages: [says(`I am number ${index}.`)] }))),
  );
  await gate.reached(20);
  expect(claude.inFlight).toBe(20);
  gate.release();
  const heard = (await Promise.all(runs)).map((events: AgentEvent[]) => textOf(events));
  expect(heard).toEqual(Array.from({ length: 20 }, (_, index) => `You said: I am number ${index}.`));
  await claude.waitForInFlight(0);
  expect(claude.maxInFlight).toBe(20);
});
