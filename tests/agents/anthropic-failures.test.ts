import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AnthropicAgentOptions, createAnthropicAgent } from "../../agents/anthropic.ts";
import { FakeAnthropic } from "../fakes/anthropic/fake.ts";
import { brokenAfter, emptyStream, message, reset, status, text, thinking, toolUse } from "../fakes/anthropic/steps.ts";
import { collect, failureOf, only, request, says, textOf } from "./requests.ts";

let claude: FakeAnthropic;
beforeEach(async () => {
  claude = await FakeAnthropic.start({ apiKey: "fake-key" });
});
afterEach(() => claude.close());

function agent(options: Partial<AnthropicAgentOptions> = {}) {
  return createAnthropicAgent({ apiKey: "fake-key", baseURL: claude.baseURL, retryDelayMs: 0, ...options });
}

describe("before the stream", () => {
  test("a rate limit and an overload are waited out", async () => {
    claude.script(status(429), status(529), status(500), "Here I am.");
    expect(textOf(await collect(agent().run(request())))).toBe("Here I am.");
    expect(claude.requests).toHaveLength(4);
  });

  test("what does not pass ends the run after the retries", async () => {
    claude.script(status(529), status(529), status(529));
    expect(await failureOf(collect(agent({ maxRetries: 2 }).run(request())))).toMatchObject({ code: "overloaded" });
    expect(claude.requests).toHaveLength(3);
  });

  test.each([
    [400, "invalid-request"],
    [401, "unauthorized"],
    [403, "unauthorized"],
    [404, "invalid-request"],
    [413, "context-full"],
    [422, "invalid-request"],
    [429, "overloaded"],
    [500, "unavailable"],
    [503, "unavailable"],
    [529, "overloaded"],
  ] as const)("status %i is %s", async (code, expected) => {
    claude.script(status(code));
    const error = await failureOf(collect(agent({ maxRetries: 0 }).run(request())));
    expect(error.code).toBe(expected);
    expect(error.requestId).toMatch(/^req_fake/);
  });

  test.each([
    "prompt is too long: 210000 tokens > 200000 maximum",
    "input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000",
  ])("a full context is told apart from other bad requests (%s)", async (message) => {
    claude.script(status(400, { message }));
    expect((await failureOf(collect(agent().run(request())))).code).toBe("context-full");
  });

  test("a wrong key is refused without a retry", async () => {
    expect((await failureOf(collect(agent({ apiKey: "other-key" }).run(request())))).code).toBe("unauthorized");
    expect(claude.requests).toHaveLength(1);
  });

  test("a connection that is reset is tried again, one that stays away is unavailable", async () => {
    const fast = { maxRetries: 1 };
    claude.script(reset, "Here I am.");
    expect(textOf(await collect(agent(fast).run(request())))).toBe("Here I am.");
    const { baseURL } = claude;
    await claude.close();
    const error = await failureOf(collect(agent({ baseURL, maxRetries: 0 }).run(request())));
    expect(error.code).toBe("unavailable");
  });
});

describe("in mid-stream", () => {
  test.each(["overloaded_error", "api_error", "reset", "end"] as const)(
    "%s before any text is tried once more",
    async (how) => {
      claude.script(brokenAfter(0, how), "Here I am.");
      const events = await collect(agent().run(request()));
      expect(textOf(events)).toBe("Here I am.");
      expect(only(events, "reply")).toHaveLength(1);
      expect(claude.requests).toHaveLength(2);
    },
  );

  test("so is a stream without any event, and one that broke while it thought or asked for a tool", async () => {
    const broken = { deltas: 2, how: "overloaded_error" } as const;
    const steps = [
      emptyStream,
      message([thinking("Let me think about this")], { breakAfter: broken }),
      message([toolUse("look", { at: "something with a long name" })], { breakAfter: broken }),
    ];
    for (const step of steps) {
      claude.script(step, "Here I am.");
      expect(textOf(await collect(agent().run(request())))).toBe("Here I am.");
    }
  });

  test("the second time is the last", async () => {
    claude.script(brokenAfter(0, "overloaded_error"), brokenAfter(0, "overloaded_error"), "Too late.");
    expect((await failureOf(collect(agent().run(request())))).code).toBe("overloaded");
    expect(claude.unused).toBe(1);
  });

  test.each([
    ["overloaded_error", "overloaded"],
    ["api_error", "unavailable"],
    ["reset", "unavailable"],
    ["end", "unavailable"],
  ] as const)("%s after text ends the run, since text cannot be taken back", async (how, code) => {
    claude.script(brokenAfter(2, how), "Never asked for.");
    const gate = claude.hold({ afterDeltas: 2 });
    const run = agent().run(request())[Symbol.asyncIterator]();
    expect((await run.next()).value).toEqual({ type: "text", text: "one " });
    expect((await run.next()).value).toEqual({ type: "text", text: "two " });
    gate.release();
    expect((await failureOf(run.next())).code).toBe(code);
    expect(claude.unused).toBe(1);
  });

  test("an overload after text that nobody sees as it comes begins the reply anew, once, and says so", async () => {
    claude.script(brokenAfter(2, "overloaded_error"), "Here I am.");
    const events = await collect(agent().run(request({ textIsShown: false })));
    const restart = events.findIndex(({ type }) => type === "restart");
    expect(textOf(events.slice(0, restart))).toBe("one two ");
    expect(textOf(events.slice(restart))).toBe("Here I am.");
    expect(only(events, "reply")).toHaveLength(1);
    claude.script(brokenAfter(2, "overloaded_error"), brokenAfter(2, "overloaded_error"), "Never asked for.");
    const failing = collect(agent().run(request({ textIsShown: false })));
    expect((await failureOf(failing)).code).toBe("overloaded");
    expect(claude.unused).toBe(1);
  });

  test("what will be refused again is not tried again", async () => {
    claude.script(brokenAfter(0, "invalid_request_error"), "Never asked for.");
    expect((await failureOf(collect(agent().run(request())))).code).toBe("invalid-request");
    expect(claude.unused).toBe(1);
  });

  test("tool input that is no JSON counts as a broken stream", async () => {
    claude.script(message([toolUse("look")], { toolJson: '{"at": nowhere}' }), "Here I am.");
    expect(textOf(await collect(agent().run(request())))).toBe("Here I am.");
    claude.script(message([text("Look: "), toolUse("look")], { toolJson: '{"at": nowhere}' }));
    expect((await failureOf(collect(agent().run(request())))).code).toBe("unavailable");
  });
});

test("errors hold neither the prompt, nor the answer, nor the key", async () => {
  const secret = "the prompt's secret words";
  claude.script(
    status(400, { message: `messages.0: ${secret}` }),
    status(401, { message: `bad key fake-key`, type: `${secret}` }),
    brokenAfter(3, "overloaded_error", `${secret} and more`),
  );
  for (let run = 0; run < 3; run++) {
    const error = await failureOf(collect(agent().run(request({ messages: [says(secret)], system: secret }))));
    const everything = inspect(error, { depth: 10, showHidden: true });
    expect(everything).not.toContain("secret");
    expect(everything).not.toContain("fake-key");
    expect(error.cause).toBeUndefined();
    expect(error.requestId).toMatch(/^req_fake/);
  }
});
