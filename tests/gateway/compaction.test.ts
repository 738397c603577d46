import { describe, expect, test } from "vitest";
import { type Agent, AgentError } from "../../agents/agent.ts";
import { messageTokens } from "../../agents/tokens.ts";
import type { TranscriptMessage } from "../../sessions/transcript.ts";
import { message } from "../sessions/messages.ts";
import { LIMIT, LONG, play, SMALL, textOf } from "./compaction-stage.ts";
import { CountingAgent, type CountingOptions } from "./counting-agent.ts";
import { noUsage, stage } from "./runner-stage.ts";

describe("a conversation that grows", () => {
  test("never exceeds its limit, and is summed up in whole turns", async () => {
    const { desk, say, store, lane, history } = play();
    for (let turn = 0; turn < 40; turn++) await say(turn % 2 === 0 ? "alice" : "bob", `${turn}: ${LONG}`);
    expect(Math.max(...desk.sizes)).toBeLessThan(LIMIT);
    const compactions = await history();
    expect(compactions.length).toBeGreaterThan(2);
    expect(compactions.length).toBeLessThan(10);
    for (const { method, summary, upTo, tokensBefore, tokensAfter } of compactions) {
      expect({ method, summary }).toEqual({ method: "model", summary: "What was said before." });
      expect(upTo).toBeGreaterThan(0);
      expect(tokensBefore).toBeGreaterThanOrEqual(LIMIT);
      expect(tokensAfter).toBeLessThan(LIMIT / 2);
    }
    const last = desk.given.at(-1) ?? [];
    expect(textOf(last[0] as TranscriptMessage)).toBe("<summary>\nWhat was said before.\n</summary>");
    expect(textOf(last[1] as TranscriptMessage)).toMatch(/^<message from="/);
    // What it stands for is all there.
    const { compaction } = await store.context(1);
    const replaced = await store.compacted(compaction?.id ?? 0);
    expect(replaced).toMatchObject({ key: lane, compaction: { id: compaction?.id } });
    expect(replaced?.messages.length).toBeGreaterThan(4);
    expect(textOf(replaced?.messages[0] as TranscriptMessage)).toContain("please");
    await store.close();
  });

  test("what is summed up names its speakers, and goes on from the summary before", async () => {
    const { desk, say, store } = play();
    for (let turn = 0; turn < 30; turn++) await say(turn % 2 === 0 ? "alice" : "bob", `${turn}: ${LONG}`);
    const [first, second] = desk.summaries;
    expect(textOf(first?.messages[0] as TranscriptMessage)).toContain('<message from="alice" name="ALICE"');
    expect(textOf(first?.messages[2] as TranscriptMessage)).toContain('<message from="bob" name="BOB"');
    expect(first?.system).toContain('from="bob"');
    expect(first?.instructions).toMatch(/open/);
    expect(textOf(second?.messages[0] as TranscriptMessage)).toContain("<summary>");
    await store.close();
  });

  test("in tokens it is bounded whatever the model's window", async () => {
    const { desk, say, store } = play(undefined, {
      context: { ...SMALL.context, contextTokens: 1_000_000 },
      settings: { compaction: 0.9, compactionTokens: 1_500 },
    });
    for (let turn = 0; turn < 30; turn++) await say("alice", `${turn}: ${LONG}`);
    expect(Math.max(...desk.sizes)).toBeLessThan(1_500);
    expect(desk.summaries.length).toBeGreaterThan(1);
    await store.close();
  });

  test.each([
    ["nothing", 0],
    ["replies alone", 5],
  ])("is bounded where the server counts %s", async (_, outputTokens) => {
    const desk = new CountingAgent({ summarise: async () => ({}) });
    const agent: Agent = {
      ...desk.agent,
      async *run(request) {
        for await (const event of desk.agent.run(request)) {
          yield event.type === "reply" ? { ...event, usage: { ...noUsage, outputTokens } } : event;
        }
      },
    };
    const { accept, runner, lane, store } = stage(agent, SMALL);
    for (let turn = 0; turn < 30; turn++) {
      await accept(message("alice", `${turn}: ${LONG}`));
      await runner.handle(lane);
    }
    expect(Math.max(...desk.sizes)).toBeLessThan(LIMIT);
    await store.close();
  });

  test("one that is longer than the model's window is summed up in portions", async () => {
    const long = play(undefined, { context: { ...SMALL.context, contextTokens: 1_000_000 } });
    for (let turn = 0; turn < 60; turn++) await long.say(turn % 2 === 0 ? "alice" : "bob", `${turn}: ${LONG}`);
    const { desk, say, history, store } = play(undefined, { db: long.db });
    await say("alice", "and now?");
    expect(desk.summaries.length).toBeGreaterThan(3);
    for (const { messages } of desk.summaries) expect(messageTokens(messages)).toBeLessThan(3_000);
    expect(textOf(desk.summaries[1]?.messages[0] as TranscriptMessage)).toContain("<summary>");
    expect(desk.sizes).toEqual([expect.toSatisfy((size: number) => size < LIMIT)]);
    expect(await history()).toHaveLength(1);
    await store.close();
  });

  test("retention that takes a little away every hour does not have all of it summed up every hour", async () => {
    const { desk, say, store, clock } = play();
    const turn = async (text: string) => {
      clock.advance(60_000);
      await say("alice", `${text}: ${LONG}`);
    };
    for (let at = 0; at < 100; at++) await turn(`${at}`);
    const before = desk.summaries.length;
    for (let hour = 0; hour < 5; hour++) {
      await store.prune(clock.now() - 99 * 60_000);
      await turn(`hour ${hour}`);
    }
    expect(desk.summaries.length - before).toBeLessThanOrEqual(20);
    await store.close();
  });

  test("tools and instructions that fill most of the limit do not have every turn summed up", async () => {
    const desk = new CountingAgent({ summarise: async () => ({ text: "Ann said things. ".repeat(60) }) });
    const agent: Agent = {
      ...desk.agent,
      async *run(request) {
        for await (const event of desk.agent.run(request)) {
          if (event.type !== "reply") yield event;
          else yield { ...event, usage: { ...event.usage, inputTokens: event.usage.inputTokens + 2_000 } };
        }
      },
    };
    const { accept, runner, lane, store } = stage(agent, SMALL);
    for (let turn = 0; turn < 40; turn++) {
      await accept(message("alice", `${turn}: ${"please ".repeat(40)}`));
      await runner.handle(lane);
    }
    expect(desk.summaries.length).toBeLessThan(20);
    await store.close();
  });

  test("a summary that breaks off is paid for as well", async () => {
    const { desk, say, store, db } = play({
      summarise: async (request) => {
        request.begun?.({ usage: { ...noUsage, inputTokens: 777 }, model: "m" });
        throw new AgentError("unavailable", "broke off");
      },
    });
    for (let turn = 0; desk.summaries.length === 0; turn++) await say("alice", `${turn}: ${LONG}`);
    const booked = db.prepare("SELECT count(*) AS n FROM usage WHERE input_tokens = 777").get();
    expect(booked).toEqual({ n: 1 });
    await store.close();
  });

  test("the summary is paid for by whose turn it was", async () => {
    const { desk, say, store, db } = play();
    for (let turn = 0; turn < 30 && desk.summaries.length === 0; turn++) {
      await say(turn % 2 === 0 ? "alice" : "bob", `${turn}: ${LONG}`);
    }
    const calls = db
      .prepare("SELECT user_id AS who, count(*) AS n FROM usage WHERE model <> '' GROUP BY run_id ORDER BY run_id")
      .all();
    const whose = (turn: number) => (turn % 2 === 0 ? "alice" : "bob");
    expect(calls).toEqual(
      desk.given.map((_, turn) => ({ who: whose(turn), n: turn === desk.given.length - 1 ? 2 : 1 })),
    );
    await store.close();
  });
});

describe("a turn of many tools", () => {
  const task: CountingOptions = {
    load: (text) => (text.includes("task") ? { tools: 10, resultChars: 3_000 } : {}),
    summarise: async () => ({}),
  };

  test("keeps to the limit by leaving out what older tools have answered, and stays so", async () => {
    const { desk, say, store, history, lane } = play(task);
    await say("alice", "a task");
    expect(desk.given).toHaveLength(11);
    // The results of one step may be over it; the next call is not.
    expect(Math.max(...desk.sizes)).toBeLessThan(LIMIT + 800);
    const results = (desk.given.at(-1) ?? [])
      .flatMap(({ content }) => content)
      .filter(({ type }) => type === "tool-result");
    expect(results).toHaveLength(10);
    expect(
      results.filter((block) => block.type === "tool-result" && block.text.startsWith("[left out")),
    ).not.toHaveLength(0);
    expect(results.slice(-2).every((block) => block.type === "tool-result" && block.text.startsWith("rrr"))).toBe(true);
    expect((await history()).map(({ method }) => method)).toEqual(["cleared"]);
    expect(desk.summaries).toHaveLength(0);

    await say("alice", "and now?");
    expect(desk.sizes.at(-1)).toBeLessThan(LIMIT);
    const { messages } = await store.context(1);
    expect(messages.flatMap(({ content }) => content).filter(({ type }) => type === "tool-result")).toHaveLength(10);
    expect(await store.contextSize(lane)).toMatchObject({ tokens: expect.any(Number) });
    await store.close();
  });

  test("once nothing of it is cached any more, they are left out much earlier", async () => {
    const few: CountingOptions = {
      ...task,
      load: (text) => (text.includes("task") ? { tools: 4, resultChars: 1_000 } : {}),
    };
    const { desk, say, store, clock, history } = play(few);
    await say("alice", "a task");
    await say("alice", "and?");
    expect(await history()).toEqual([]);
    clock.advance(5 * 60_000 + 1);
    await say("alice", "and now?");
    expect((await history()).map(({ method }) => method)).toEqual(["cleared"]);
    expect(desk.sizes.at(-1)).toBeLessThan((desk.sizes.at(-2) ?? 0) - 300);
    await store.close();
  });

  test("one task after the other, each result behind its use", async () => {
    const { desk, say, store } = play(task);
    for (let turn = 0; turn < 6; turn++) await say("alice", `task ${turn}`);
    for (const given of desk.given) {
      const used = new Set<string>();
      for (const block of given.flatMap(({ content }) => content)) {
        if (block.type === "tool-use") used.add(block.id);
        if (block.type === "tool-result") expect(used.delete(block.toolUseId)).toBe(true);
      }
      expect(used.size).toBe(0);
    }
    expect(Math.max(...desk.sizes)).toBeLessThan(LIMIT + 800);
    expect(desk.summaries.length).toBeGreaterThan(0);
    await store.close();
  });
});
