import { expect, test } from "vitest";
import type { AgentEvent, RunRequest } from "../../../agents/agent.ts";
import { createSimulatedAgent, type Work } from "../../../gateway/simulate/simulated-agent.ts";
import { Tally } from "../../../gateway/simulate/tally.ts";
import { textOfTokens } from "../../../gateway/simulate/token-count.ts";
import type { TranscriptMessage } from "../../../sessions/transcript.ts";
import { VirtualClock } from "../../../sessions/virtual-clock.ts";

const ANN = { id: "ann", name: "Ann" };

function said(text: string): TranscriptMessage {
  return { role: "user", content: [{ type: "text", text }] };
}

/** An agent that answers such work, and what it reports. */
function stage(work: Work[], contextTokens = 200_000) {
  const clock = new VirtualClock(0);
  const tally = new Tally("test");
  let latest = "ann";
  const agent = createSimulatedAgent({
    clock,
    tally,
    contextTokens,
    seed: 1,
    work: () => work,
    brokenOff: (user) => tally.brokenOff(user, latest),
  });
  const events: AgentEvent[] = [];
  const controller = new AbortController();
  /** Everything that happens until the run ends, or until so many steps of time. */
  async function run(more: Partial<RunRequest> = {}, steps = Number.POSITIVE_INFINITY) {
    const request: RunRequest = {
      system: "Be brief.",
      messages: [said("hi")],
      tools: [],
      signal: controller.signal,
      author: ANN,
      scene: { sessionKey: "s", strategy: "shared", people: [] },
      readBlob: () => Promise.reject(new Error("none")),
      ...more,
    };
    const running = (async () => {
      for await (const event of agent.run(request)) events.push(event);
    })();
    let ended = false;
    const over = running.finally(() => {
      ended = true;
    });
    over.catch(() => {});
    for (let step = 0; !ended && step < steps; step++) {
      await new Promise(setImmediate);
      clock.step();
    }
    return { over };
  }
  const stopFor = (user: string) => {
    latest = user;
    controller.abort();
  };
  return { clock, tally, agent, events, run, stopFor };
}

test("an answer takes as many calls of tools as its work does, and time for each", async () => {
  const { clock, tally, events, run } = stage([{ id: "m1", tools: 3 }]);
  await (await run()).over;
  const kinds = events.map(({ type }) => type);
  expect(kinds).toEqual([...Array(3).fill(["reply", "tool-results"]).flat(), "text", "reply", "done"]);
  expect(tally.sent).toHaveLength(4);
  expect(tally.sent[3]?.tokens).toBeGreaterThan(10_000);
  expect(tally.tokensSent).toBe(tally.sent.reduce((sum, { tokens }) => sum + tokens, 0));
  expect(clock.elapsed()).toBeGreaterThan(5_000);
});

test("the same message takes the same whatever came before it", async () => {
  const [one, other] = [stage([{ id: "m1", tools: 1 }]), stage([{ id: "m1", tools: 1 }])];
  await (await one.run()).over;
  await (await other.run({ messages: [said("long before"), said("hi")], system: "Another." })).over;
  const written = ({ events }: typeof one) =>
    events.map((event) => (event.type === "reply" ? event.content : event.type));
  expect(written(other)).toEqual(written(one));
});

test("what is prepared is what is given and counted", async () => {
  const { tally, run } = stage([{ id: "m1", tools: 1 }]);
  await (await run({ messages: [said("x".repeat(40_000))], prepare: async () => [said("short")] })).over;
  expect(Math.max(...tally.sent.map(({ tokens }) => tokens))).toBeLessThan(20);
});

test("a request that is longer than the window fails, and is not paid for", async () => {
  const { tally, run } = stage([{ id: "m1", tools: 0 }], 1_000);
  const { over } = await run({ messages: [said(textOfTokens(2_000, 0))] });
  await expect(over).rejects.toMatchObject({ code: "context-full" });
  expect(tally).toMatchObject({ tokensSent: 0, largest: expect.closeTo(2_007, -2) });
});

test.each([
  ["somebody else's", "ben", 1],
  ["the author's own", "ann", 0],
])("an answer that is broken off for %s message counts (%s, %i)", async (_, user, interrupted) => {
  const { tally, run, stopFor } = stage([{ id: "m1", tools: 0 }]);
  const { over } = await run({}, 1);
  stopFor(user);
  await expect(over).rejects.toMatchObject({ code: "aborted" });
  expect(tally.interrupted).toBe(interrupted);
  // What it was given is paid for all the same.
  expect(tally.tokensSent).toBeGreaterThan(0);
});

test("summing up takes in what is summed up, is paid for, and is no part of the conversation", async () => {
  const { clock, tally, agent } = stage([]);
  const { signal } = new AbortController();
  const messages = [said(textOfTokens(5_000, 0))];
  const readBlob = () => Promise.reject(new Error("none"));
  const asked = agent.summarise?.({
    system: "",
    tools: [],
    messages,
    instructions: "sum up",
    maxTokens: 300,
    signal,
    readBlob,
  });
  let summary: Awaited<typeof asked>;
  void asked?.then((made) => {
    summary = made;
  });
  while (summary === undefined) {
    await new Promise(setImmediate);
    clock.step();
  }
  expect(summary).toMatchObject({ method: "model", usage: { outputTokens: 300 } });
  expect(tally.usage.outputTokens).toBe(300);
  expect(tally.tokensSent).toBeGreaterThan(4_900);
  expect(tally.sent).toEqual([]);
});
