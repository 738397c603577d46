import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Tool } from "../../agents/agent.ts";
import { createAnthropicAgent } from "../../agents/anthropic.ts";
import type { TranscriptMessage } from "../../sessions/transcript.ts";
import { FakeAnthropic } from "../fakes/anthropic/fake.ts";
import { lastUserText } from "../fakes/anthropic/request.ts";
import { message, status, toolUse as usesTool } from "../fakes/anthropic/steps.ts";
import { answers, collect, failureOf, only, request, says, toolResult, toolUse } from "./requests.ts";

let claude: FakeAnthropic;
beforeEach(async () => {
  claude = await FakeAnthropic.start();
});
afterEach(() => claude.close());

const agent = () => createAnthropicAgent({ apiKey: "fake-key", baseURL: claude.baseURL, retryDelayMs: 0 });

function tool(name: string, run: Tool["run"], options: Partial<Tool> = {}): Tool {
  const inputSchema = { type: "object" as const };
  return { name, description: `Does ${name}.`, inputSchema, idempotent: true, run, ...options };
}

test("before each model call is asked what is to be given, and the turn's own steps still count", async () => {
  claude.script(message([usesTool("look", {}, "a")]), message([usesTool("look", {}, "b")]), "Done.");
  const steps: TranscriptMessage[] = [says("Look twice")];
  const given: number[] = [];
  const events = agent().run(
    request({
      messages: [says("Of old"), answers({ type: "text", text: "Indeed" }), ...steps],
      tools: [tool("look", async () => "seen")],
      prepare: async () => {
        given.push(steps.length);
        return [says(`A summary, told ${given.length} times.`), ...steps];
      },
    }),
  );
  for await (const event of events) {
    if (event.type === "reply") steps.push({ role: "assistant", content: event.content });
    if (event.type === "tool-results") steps.push({ role: "user", content: event.content });
  }
  expect(given).toEqual([1, 3, 5]);
  expect(claude.requests.map(({ body }) => body.messages.length)).toEqual([1, 3, 5]);
  expect(JSON.stringify(claude.requests[2]?.body.messages)).toContain("A summary, told 3 times.");
  expect(JSON.stringify(claude.requests.map(({ body }) => body.messages))).not.toContain("Of old");
});

test("a run whose conversation could not be prepared fails with that, and nothing is sent", async () => {
  const failing = agent().run(request({ prepare: () => Promise.reject(new Error("the store is gone")) }));
  await expect(collect(failing)).rejects.toThrow("the store is gone");
  expect(claude.requests).toEqual([]);
});

test("a run that is stopped does not wait for what is being prepared", async () => {
  const stop = new AbortController();
  const prepare = vi.fn(() => new Promise<TranscriptMessage[]>(() => stop.abort()));
  expect((await failureOf(collect(agent().run(request({ signal: stop.signal, prepare }))))).code).toBe("aborted");
});

test("tools search the session of the turn", async () => {
  claude.script(message([usesTool("search")]));
  const search = tool("search", async (_, { recall }) => (await recall("the plan", 3)).map(({ text }) => text).join());
  const recall = vi.fn(async () => [{ at: 1, role: "user" as const, text: "the plan is set" }]);
  const [results] = only(await collect(agent().run(request({ tools: [search], recall }))), "tool-results");
  expect(results?.content).toMatchObject([{ text: "the plan is set", isError: false }]);
  expect(recall).toHaveBeenCalledExactlyOnceWith("the plan", 3);
});

test("a tool that asks runs only with consent, one question at a time, beside those that do not ask", async () => {
  claude.script(
    message([
      usesTool("send", {}, "a"),
      usesTool("look", {}, "b"),
      usesTool("send", {}, "c"),
      usesTool("none", {}, "d"),
    ]),
  );
  const order: string[] = [];
  const looked = Promise.withResolvers<void>();
  const send = tool("send", async () => "sent", { asks: true, idempotent: false });
  const look = tool("look", async () => {
    order.push("look runs");
    looked.resolve();
    return "seen";
  });
  let open = 0;
  const run = agent().run(
    request({
      tools: [send, look],
      consent: async ({ id }, { name }) => {
        expect(++open).toBe(1);
        order.push(`${name} ${id}`);
        // Whoever needs no consent does not wait for it.
        await looked.promise;
        open--;
        return id === "a" ? { given: false, reason: "Ann said no" } : { given: true };
      },
    }),
  );
  const [results] = only(await collect(run), "tool-results");
  expect(order.toSorted()).toEqual(["look runs", "send a", "send c"]);
  expect(order.indexOf("send a")).toBeLessThan(order.indexOf("send c"));
  expect(results?.content).toEqual([
    toolResult("a", "Ann said no", true),
    toolResult("b", "seen"),
    toolResult("c", "sent"),
    toolResult("d", "there is no tool of this name", true),
  ]);
});

test("a tool that asks does not run where nobody can be asked", async () => {
  claude.script(message([usesTool("send", {}, "a")]));
  const send = vi.fn<Tool["run"]>(async () => "sent");
  await collect(agent().run(request({ tools: [tool("send", send, { asks: true })] })));
  expect(send).not.toHaveBeenCalled();
  expect(JSON.stringify(claude.requests[1]?.body.messages)).toContain("nobody who could be asked");
});

test("of a run that goes on, whoever gives consent decides about tools that ask; others that may have run are unknown", async () => {
  const messages = [says("Do it"), answers(toolUse("a", "send"), toolUse("b", "drop"))];
  const send = tool("send", async () => "sent", { asks: true, idempotent: false });
  const drop = tool("drop", async () => "dropped", { idempotent: false });
  const consent = vi.fn(async () => ({ given: true as const }));
  const [results] = only(
    await collect(agent().run(request({ messages, tools: [send, drop], consent }))),
    "tool-results",
  );
  expect(results?.content).toMatchObject([{ text: "sent" }, { text: expect.stringMatching(/^result unknown/) }]);
  expect(consent).toHaveBeenCalledOnce();
});

test("a stopped run starts no tool, whatever is answered then", async () => {
  claude.script(message([usesTool("send", {}, "a"), usesTool("send", {}, "b")]));
  const stop = new AbortController();
  const send = vi.fn<Tool["run"]>(async () => "sent");
  const answer = Promise.withResolvers<{ given: true }>();
  const consent = vi.fn(() => {
    stop.abort();
    return answer.promise;
  });
  const run = collect(
    agent().run(request({ tools: [tool("send", send, { asks: true })], signal: stop.signal, consent })),
  );
  expect((await failureOf(run)).code).toBe("aborted");
  answer.resolve({ given: true });
  await answer.promise;
  // The steps that an answer would lead to are taken before this.
  await new Promise(setImmediate);
  expect(send).not.toHaveBeenCalled();
  expect(consent).toHaveBeenCalledOnce();
});

test("a question that cannot be put fails the run: it is no word of anybody's", async () => {
  claude.script(message([usesTool("send")]));
  const consent = () => Promise.reject(new Error("the lease is lost"));
  const run = agent().run(request({ tools: [tool("send", async () => "sent", { asks: true })], consent }));
  await expect(collect(run)).rejects.toThrow("the lease is lost");
});

test("files that the API refuses become notes, and the turn is answered all the same", async () => {
  claude.respond(({ body }) =>
    JSON.stringify(body.messages).includes('"document"')
      ? status(400, { message: "Could not process PDF" })
      : lastUserText(body),
  );
  const messages = [says("Read this"), says("")];
  messages[1]?.content.splice(0, 1, { type: "document", blob: "h", mimeType: "application/pdf", name: "x.pdf" });
  const run = agent().run(request({ messages, readBlob: async () => Buffer.from("%PDF- broken") }));
  const [reply] = only(await collect(run), "reply");
  expect(reply?.content).toEqual([{ type: "text", text: "[a file that could not be read]" }]);
  expect(claude.requests).toHaveLength(2);
});

test("a request that is refused for something else is not sent again", async () => {
  claude.script(status(400));
  expect((await failureOf(collect(agent().run(request())))).code).toBe("invalid-request");
  expect(claude.requests).toHaveLength(1);
});
