import Anthropic from "@anthropic-ai/sdk";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeAnthropic } from "./fake.ts";
import { lastUserText } from "./request.ts";
import { compaction, hang, message, status, text, toolUse } from "./steps.ts";

let claude: FakeAnthropic;
let client: Anthropic;
beforeEach(async () => {
  claude = await FakeAnthropic.start();
  client = new Anthropic({ apiKey: "fake-key", baseURL: claude.baseURL, maxRetries: 0, logLevel: "off" });
});
afterEach(() => claude.close());

function ask(text: string) {
  return { model: "claude-sonnet-5-5", max_tokens: 100, messages: [{ role: "user" as const, content: text }] };
}

test("without a script it repeats what it heard, streamed or not", async () => {
  const streamed = await client.messages.stream(ask("Hello there")).finalMessage();
  const whole = await client.messages.create(ask("Hello there"));
  for (const { content, stop_reason, usage } of [streamed, whole]) {
    expect(content).toEqual([{ type: "text", text: "You said: Hello there", citations: null }]);
    expect(stop_reason).toBe("end_turn");
    expect(usage.input_tokens).toBeGreaterThan(3);
    expect(usage.output_tokens).toBeGreaterThan(3);
  }
});

test("the script is played in order, then the responder answers", async () => {
  claude.script("one", message([text("two"), toolUse("look", { at: "three" })]));
  claude.respond(async ({ body }) => lastUserText(body).toUpperCase());
  const answers = [];
  for (let turn = 0; turn < 3; turn++) answers.push(await client.messages.stream(ask("and then")).finalMessage());
  expect(answers.map(({ stop_reason }) => stop_reason)).toEqual(["end_turn", "tool_use", "end_turn"]);
  expect(answers[1]?.content[1]).toMatchObject({ name: "look", input: { at: "three" } });
  expect(answers[2]?.content).toMatchObject([{ text: "AND THEN" }]);
});

test("a gate holds what it is for and lets the rest pass", async () => {
  const gate = claude.hold({ when: ({ body }) => lastUserText(body) === "slow" });
  const slow = client.messages.create(ask("slow"));
  expect((await gate.reached()).map(({ index }) => index)).toEqual([0]);
  await client.messages.create(ask("quick"));
  expect(claude.inFlight).toBe(1);
  gate.release();
  await slow;
  await claude.waitForInFlight(0);
  expect(claude.maxInFlight).toBe(2);
});

test("a request that is given up while it is held is marked as aborted and takes no answer", async () => {
  const gate = claude.hold();
  claude.script("the only one");
  const stop = new AbortController();
  const given = client.messages.create(ask("Hello"), { signal: stop.signal }).catch((error: unknown) => error);
  const [held] = await gate.reached();
  stop.abort();
  expect(await given).toBeInstanceOf(Anthropic.APIUserAbortError);
  await held?.ended;
  expect(held).toMatchObject({ aborted: true, inFlight: false });
  expect(claude.unused).toBe(1);
});

test("tokens are counted without an answer", async () => {
  const { model, messages } = ask("x".repeat(400));
  const { input_tokens } = await client.messages.countTokens({ model, messages });
  expect(input_tokens).toBeGreaterThan(100);
  expect(claude.requests[0]?.path).toBe("/v1/messages/count_tokens");
});

describe("a compaction", () => {
  const betas = ["compact-2026-09-04"];
  const compacting = { ...ask("Hello"), compaction: { type: "summarize" as const } };
  const both = (params: typeof compacting, more: { betas?: string[] } = { betas }) => [
    client.beta.messages.create({ ...params, ...more }),
    client.beta.messages.stream({ ...params, ...more }).finalMessage(),
  ];

  test("is one block, streamed or not, and leaves the script alone", async () => {
    claude.script("the only one");
    claude.summarise(({ body }) => `${body.messages.length} message`);
    for (const { content, stop_reason, usage } of await Promise.all(both(compacting))) {
      expect(content).toMatchObject([{ type: "compaction", content: "1 message", signature: expect.any(String) }]);
      expect(stop_reason).toBe("compaction");
      expect(usage.input_tokens).toBeGreaterThan(3);
    }
    expect(claude.unused).toBe(1);
  });

  test("may come to nothing, and may end with a reply", async () => {
    claude.summarise(() => compaction(null));
    const messages = [...ask("Hello").messages, { role: "assistant" as const, content: "Hello." }];
    for (const { content } of await Promise.all(both({ ...compacting, messages } as typeof compacting))) {
      expect(content).toMatchObject([{ type: "compaction", content: null }]);
    }
  });

  test("is not known without the beta's header, nor where there is none", async () => {
    const refused = both(compacting, {}).map((each) => expect(each).rejects.toThrow(Anthropic.BadRequestError));
    await Promise.all(refused);
    const old = await FakeAnthropic.start({ compacts: false });
    const asking = new Anthropic({ apiKey: "k", baseURL: old.baseURL, maxRetries: 0, logLevel: "off" });
    await expect(asking.beta.messages.create({ ...compacting, betas })).rejects.toThrow(Anthropic.BadRequestError);
    await old.close();
  });

  test("does not end in the middle of a turn", async () => {
    const use = { type: "tool_use" as const, id: "a", name: "look", input: {} };
    const messages = [...ask("Hello").messages, { role: "assistant" as const, content: [use] }];
    for (const refused of both({ ...compacting, messages } as typeof compacting)) {
      await expect(refused).rejects.toThrow(Anthropic.BadRequestError);
    }
  });
});

test("close ends what hangs", async () => {
  claude.script(hang);
  const hanging = client.messages.create(ask("Hello")).catch((error: unknown) => error);
  await claude.waitForRequest();
  await claude.close();
  expect(await hanging).toBeInstanceOf(Anthropic.APIConnectionError);
  await claude.close();
});

test("a responder that throws fails its test when the fake is closed", async () => {
  claude.respond(() => {
    throw new Error("a mistake in the test");
  });
  await expect(client.messages.create(ask("Hello"))).rejects.toThrow(Anthropic.InternalServerError);
  await expect(claude.close()).rejects.toThrow(AggregateError);
});

test("errors have the API's shape", async () => {
  claude.script(status(529));
  const error = await client.messages.create(ask("Hello")).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ status: 529, type: "overloaded_error", requestID: expect.stringMatching(/^req_/) });
});

describe("a request that the real API would refuse gets 400", () => {
  const user = (content: Anthropic.MessageParam["content"]) => ({ role: "user" as const, content });
  const assistant = (content: Anthropic.MessageParam["content"]) => ({ role: "assistant" as const, content });
  const use = (id: string) => ({ type: "tool_use" as const, id, name: "look", input: {} });
  const result = (id: string) => ({ type: "tool_result" as const, tool_use_id: id, content: "seen" });

  test.each<[string, Anthropic.MessageParam[]]>([
    ["no messages", []],
    ["the assistant first", [assistant("Hi"), user("Hi")]],
    ["the assistant last", [user("Hi"), assistant("I")]],
    ["a blank text", [user(" ")]],
    ["half a surrogate pair", [user("\ud83d")]],
    ["a tool use without its result", [user("Hi"), assistant([use("a")]), user("Hi")]],
    ["a result without its tool use", [user([result("a")])]],
    ["two results for one use", [user("Hi"), assistant([use("a")]), user([result("a"), result("a")])]],
    ["a result after a text", [user("Hi"), assistant([use("a")]), user([{ type: "text", text: "So" }, result("a")])]],
  ])("%s", async (_, messages) => {
    const refused = client.messages.create({ model: "claude-sonnet-5-5", max_tokens: 100, messages });
    await expect(refused).rejects.toThrow(Anthropic.BadRequestError);
    expect(claude.requests[0]?.problem).not.toBeNull();
  });
});
