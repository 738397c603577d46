import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SummaryRequest, Tool } from "../../agents/agent.ts";
import { createAnthropicAgent } from "../../agents/anthropic.ts";
import { FakeAnthropic } from "../fakes/anthropic/fake.ts";
import { lastUserText } from "../fakes/anthropic/request.ts";
import { brokenAfter, compaction, hang, message, status, text, toolUse as usesTool } from "../fakes/anthropic/steps.ts";
import { answers, collect, failureOf, request, says } from "./requests.ts";

let claude: FakeAnthropic;
beforeEach(async () => {
  claude = await FakeAnthropic.start();
});
afterEach(() => claude.close());

function summariser(baseURL = claude.baseURL) {
  const { summarise } = createAnthropicAgent({ apiKey: "fake-key", baseURL, retryDelayMs: 0, maxRetries: 0 });
  if (summarise === undefined) throw new Error("it cannot sum up");
  return summarise;
}

const look: Tool = {
  name: "look",
  description: "Looks.",
  inputSchema: { type: "object" },
  idempotent: true,
  run: async () => "seen",
};

function of(parts: Partial<SummaryRequest> = {}): SummaryRequest {
  return {
    system: "You are a test.",
    tools: [look],
    messages: [says("I like tea"), answers({ type: "text", text: "Noted." })],
    instructions: "Sum it up.",
    maxTokens: 500,
    signal: new AbortController().signal,
    readBlob: async () => new Uint8Array(0),
    ...parts,
  };
}

const compactions = () => claude.requests.filter(({ body }) => body.compaction != null);

test("a conversation is summed up by the API's own compaction, which reads it as a run would", async () => {
  claude.summarise(() => "Ann likes tea.");
  const summary = await summariser()(of());
  expect(summary).toEqual({
    text: "Ann likes tea.",
    method: "provider",
    model: "claude-sonnet-5-5",
    usage: {
      inputTokens: expect.any(Number),
      outputTokens: expect.any(Number),
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
    },
  });
  expect(summary.usage.inputTokens).toBeGreaterThan(20);
  const [compacting] = claude.requests;
  expect(compacting?.headers["anthropic-beta"]).toBe("compact-2026-09-04");
  expect(compacting?.body).toMatchObject({
    compaction: { type: "summarize", instructions: "Sum it up." },
    max_tokens: 500,
    messages: [{ role: "user" }, { role: "assistant", content: [text("Noted.")] }],
  });

  await collect(
    createAnthropicAgent({ apiKey: "k", baseURL: claude.baseURL }).run(
      request({ tools: [look], messages: [...of().messages, says("So?")] }),
    ),
  );
  const bytes = ({ body }: (typeof claude.requests)[number]) => JSON.stringify([body.tools, body.system]);
  expect(claude.requests.map(bytes)).toEqual([
    bytes(claude.requests[0] ?? never()),
    bytes(claude.requests[0] ?? never()),
  ]);
});

test("what was cached of the conversation serves for its summary", async () => {
  const long = [says("tea ".repeat(2_000)), answers({ type: "text", text: "Noted." })];
  const agent = createAnthropicAgent({ apiKey: "k", baseURL: claude.baseURL });
  await collect(agent.run(request({ tools: [look], messages: [...long, says("So?")] })));
  const { usage } = await summariser()(of({ messages: long }));
  expect(usage.cacheReadTokens).toBeGreaterThan(2_000);
  expect(usage.inputTokens).toBeLessThan(100);
});

describe("where the API", () => {
  beforeEach(() => {
    claude.respond(({ body }) => `In words: ${lastUserText(body).split("\n")[0]}`);
  });

  const inWords = { text: "In words: Sum it up.", method: "model" };

  test("has no compaction, the model is asked in words, and compaction is not asked for again", async () => {
    const old = await FakeAnthropic.start({ compacts: false });
    try {
      old.respond(() => "Ann likes tea.");
      const summarise = summariser(old.baseURL);
      expect(await summarise(of())).toMatchObject({ text: "Ann likes tea.", method: "model" });
      expect(await summarise(of())).toMatchObject({ method: "model" });
      await summarise(of({ model: "claude-haiku-5-5" }));
      const asked = old.requests.map(({ body }) => [body.model, body.compaction != null]);
      expect(asked).toEqual([
        ["claude-sonnet-5-5", true],
        ["claude-sonnet-5-5", false],
        ["claude-sonnet-5-5", false],
        ["claude-haiku-5-5", true],
        ["claude-haiku-5-5", false],
      ]);
      const { messages, tool_choice } = old.requests[1]?.body ?? never();
      expect(messages.at(-1)).toEqual({ role: "user", content: [text("Sum it up.\n\nUse no tools for this.")] });
      expect(messages.slice(0, -1)).toEqual(old.requests[0]?.body.messages);
      expect(tool_choice).toBeUndefined();
    } finally {
      await old.close();
    }
  });

  test("does not take notice of it, its reply is paid for and no summary", async () => {
    claude.summarise(() => message([text("You are welcome.")]));
    const summarise = summariser();
    const { usage, ...summary } = await summarise(of());
    expect(summary).toMatchObject(inWords);
    await summarise(of());
    expect(compactions()).toHaveLength(1);
    const alone = await summarise(of());
    expect(usage.inputTokens).toBeGreaterThan(alone.usage.inputTokens * 1.5);
    expect(usage.outputTokens).toBeGreaterThan(alone.usage.outputTokens);
  });

  test.each([
    ["comes to nothing", compaction(null)],
    ["cannot do it just now", status(529, { errorCode: "compaction_unavailable" })],
    ["knows it and does not like the request", status(400, { errorCode: "compaction_incomplete_turn" })],
  ])("%s, the model is asked in words, this time", async (_, step) => {
    claude.summarise(() => step);
    const summarise = summariser();
    expect(await summarise(of())).toMatchObject(inWords);
    await summarise(of());
    expect(compactions()).toHaveLength(2);
  });
});

test("a conversation that ends with a person is asked about behind that person's words", async () => {
  claude.summarise(() => status(404));
  claude.respond(() => "All of it.");
  await summariser()(of({ messages: [says("I like tea"), answers({ type: "text", text: "Noted." }), says("Bye")] }));
  const [before, asked] = claude.requests.map(({ body }) => body.messages);
  expect(asked?.slice(0, 2)).toEqual(before?.slice(0, 2));
  expect(asked?.at(-1)?.content).toMatchObject([text("Bye"), { text: expect.stringContaining("Sum it up.") }]);
  expect(JSON.stringify([...(asked?.at(-1)?.content ?? [])].at(-1))).not.toContain("cache_control");
});

test("a model that would rather use a tool is asked once more without any", async () => {
  claude.summarise(() => status(422));
  claude.script(message([text("Let me see."), usesTool("look")]), "Ann likes tea.");
  expect(await summariser()(of())).toMatchObject({ text: "Ann likes tea.", method: "model" });
  expect(claude.requests.map(({ body }) => body.tool_choice)).toEqual([undefined, undefined, { type: "none" }]);
});

test("an empty summary is a failure", async () => {
  claude.summarise(() => compaction(null));
  claude.respond(() => message([]));
  expect((await failureOf(summariser()(of()))).code).toBe("unavailable");
  expect((await failureOf(summariser()(of({ messages: [] })))).code).toBe("invalid-request");
});

test("a model that declines has written no summary", async () => {
  claude.summarise(() => compaction(null));
  claude.respond(() => message([text("I can't help with")], { stopReason: "refusal" }));
  expect((await failureOf(summariser()(of()))).code).toBe("unavailable");
});

test.each([
  [529, "overloaded"],
  [500, "unavailable"],
  [401, "unauthorized"],
  [413, "context-full"],
] as const)("a failure with %i is %s, as it is in a run, and nothing else is tried", async (code, expected) => {
  claude.summarise(() => status(code));
  expect((await failureOf(summariser()(of()))).code).toBe(expected);
  expect(claude.requests).toHaveLength(1);
});

test("what a reply in words has cost that broke off is counted too", async () => {
  claude.summarise(() => compaction(null));
  claude.script(brokenAfter(2, "overloaded_error"), "Ann likes tea.");
  const { usage } = await summariser()(of());
  const [, once] = claude.requests;
  claude.script("Ann likes tea.");
  const again = await summariser()(of());
  expect(once?.body.messages).toHaveLength(3);
  expect(usage.inputTokens).toBeGreaterThan(again.usage.inputTokens);
});

test.each(["compaction", "words"])("it ends at once when it is stopped (%s)", async (stage) => {
  claude.summarise(() => (stage === "compaction" ? hang : compaction(null)));
  claude.script(hang);
  const stop = new AbortController();
  const summary = summariser()(of({ signal: stop.signal }));
  const held = await claude.waitForRequest(({ body }) => (body.compaction != null) === (stage === "compaction"));
  stop.abort();
  expect((await failureOf(summary)).code).toBe("aborted");
  await held.ended;
  expect((await failureOf(summariser()(of({ signal: AbortSignal.abort() })))).code).toBe("aborted");
});

function never(): never {
  throw new Error("there is no such request");
}
