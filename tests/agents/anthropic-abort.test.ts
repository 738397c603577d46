import { getEventListeners } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { RunRequest, Tool } from "../../agents/agent.ts";
import { createAnthropicAgent } from "../../agents/anthropic.ts";
import { FakeAnthropic } from "../fakes/anthropic/fake.ts";
import { brokenAfter, hang, message, status, toolUse } from "../fakes/anthropic/steps.ts";
import { collect, failureOf, request } from "./requests.ts";

let claude: FakeAnthropic;
let stop: AbortController;
beforeEach(async () => {
  claude = await FakeAnthropic.start();
  stop = new AbortController();
});
afterEach(() => claude.close());

function run(parts: Partial<RunRequest> = {}) {
  const agent = createAnthropicAgent({ apiKey: "fake-key", baseURL: claude.baseURL, retryDelayMs: 3_600_000 });
  return agent.run(request({ signal: stop.signal, ...parts }));
}

function tool(run: Tool["run"]): Tool {
  return { name: "wait", description: "Waits.", inputSchema: { type: "object" }, idempotent: true, run };
}

test("stopping while the model is silent cancels the request", async () => {
  claude.script(hang);
  const failure = failureOf(collect(run()));
  const sent = await claude.waitForRequest();
  stop.abort();
  expect((await failure).code).toBe("aborted");
  await sent.ended;
  expect(sent.aborted).toBe(true);
});

test("stopping in mid-stream cancels the request", async () => {
  claude.script(brokenAfter(2, "hang"));
  const events = run()[Symbol.asyncIterator]();
  await events.next();
  await events.next();
  const next = failureOf(events.next());
  stop.abort();
  expect((await next).code).toBe("aborted");
  await claude.waitForInFlight(0);
  expect(claude.requests[0]?.aborted).toBe(true);
});

test("leaving the run in mid-stream cancels the request", async () => {
  claude.script(brokenAfter(2, "hang"));
  for await (const event of run()) {
    expect(event).toEqual({ type: "text", text: "one " });
    break;
  }
  await claude.waitForInFlight(0);
  expect(claude.requests[0]?.aborted).toBe(true);
});

test("stopping while the SDK waits to retry ends the wait", async () => {
  claude.script(status(429, { retryAfterMs: 3_600_000 }));
  const failure = failureOf(collect(run()));
  await (await claude.waitForRequest()).ended;
  stop.abort();
  expect((await failure).code).toBe("aborted");
  expect(claude.requests).toHaveLength(1);
});

test("stopping between a broken stream and its repeat ends the wait", async () => {
  claude.script(brokenAfter(0, "overloaded_error"));
  const failure = failureOf(collect(run()));
  await (await claude.waitForRequest()).ended;
  stop.abort();
  expect((await failure).code).toBe("aborted");
  expect(claude.requests).toHaveLength(1);
});

test("stopping while a tool runs ends the run even if the tool does not listen", async () => {
  const started = Promise.withResolvers<AbortSignal>();
  const outcome = Promise.withResolvers<string>();
  claude.script(message([toolUse("wait")]));
  const tools = [
    tool((_, { signal }) => {
      started.resolve(signal);
      return outcome.promise;
    }),
  ];
  const failure = failureOf(collect(run({ tools })));
  const seen = await started.promise;
  stop.abort();
  expect((await failure).code).toBe("aborted");
  expect(seen.aborted).toBe(true);
  // Nobody is left to hear of it; it must not come up as an unhandled rejection either.
  outcome.reject(new Error("too late"));
  expect(claude.requests).toHaveLength(1);
});

test("stopping while a picture is read ends the run", async () => {
  const asked = Promise.withResolvers<void>();
  const messages = [{ role: "user" as const, content: [{ type: "image" as const, blob: "b", mimeType: "image/png" }] }];
  const readBlob = () => {
    asked.resolve();
    return new Promise<Uint8Array>(() => {});
  };
  const failure = failureOf(collect(run({ messages, readBlob })));
  await asked.promise;
  stop.abort();
  expect((await failure).code).toBe("aborted");
  expect(claude.requests).toEqual([]);
});

test("a reply that was stored before the stop starts no tools after it", async () => {
  const wait = vi.fn<Tool["run"]>(async () => "waited");
  claude.script(message([toolUse("wait")]));
  const events = run({ tools: [tool(wait)] })[Symbol.asyncIterator]();
  expect((await events.next()).value).toMatchObject({ type: "reply" });
  stop.abort();
  expect((await failureOf(events.next())).code).toBe("aborted");
  expect(wait).not.toHaveBeenCalled();
});

test("a signal that serves many runs is left without listeners", async () => {
  claude.script(message([toolUse("wait")]), brokenAfter(1, "end"));
  await failureOf(collect(run({ tools: [tool(async () => "waited")] })));
  await collect(run());
  expect(getEventListeners(stop.signal, "abort")).toEqual([]);
});
