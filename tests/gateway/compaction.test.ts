import { describe, expect, test } from "vitest";
import { type Agent, AgentError } from "../../agents/agent.ts";
import { messageTokens } from "../../agents/tokens.ts";
import type { TranscriptMessage } from "../../sessions/transcript.ts";
import { message } from "../sessions/messages.ts";
import { CountingAgent, type CountingOptions } from "./counting-agent.ts";
import { noUsage, stage } from "./runner-stage.ts";

/** A window of 4,000 tokens, of which 60 % may be filled: 2,400. */
const SMALL = {
  context: { contextTokens: 4_000, maxTokens: 500, compactionTimeoutMs: 30_000 },
  settings: { compaction: 0.6 },
} as const;
const LIMIT = 2_400;
const LONG = "please ".repeat(100);

function play(options: CountingOptions = { summarise: async () => ({}) }, more: Parameters<typeof stage>[1] = {}) {
  const desk = new CountingAgent(options);
  const set = stage(desk.agent, { ...SMALL, ...more });
  const { accept, runner, lane, store } = set;
  return {
    ...set,
    desk,
    async say(who: string, text: string) {
      await accept(message(who, text));
      while ((await runner.handle(lane)) === "more");
    },
    async command(who: string, name = "compact") {
      await accept(message(who, `/${name}`, { command: { name, args: "" } }), { isCommand: true });
      while ((await runner.handle(lane)) === "more");
    },
    history: async () => (await store.compactions(lane)).toReversed(),
  };
}

const textOf = ({ content }: TranscriptMessage) =>
  content
    .map((block) => (block.type === "text" ? block.text : block.type === "tool-result" ? block.text : ""))
    .join("");

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

describe("where it cannot be summed up", () => {
  const failing: CountingOptions = {
    summarise: async () => {
      throw new AgentError("unavailable", "out of reach");
    },
  };

  test("it goes on with everything while there is room, and tries again with the next turn", async () => {
    const { desk, say, store, said, history } = play(failing);
    let turns = 0;
    while (desk.summaries.length < 2) await say("alice", `${turns++}: ${LONG}`);
    expect(await history()).toEqual([]);
    expect(await said()).toHaveLength(turns);
    expect(desk.sizes.at(-1)).toBeGreaterThanOrEqual(LIMIT);
    await store.close();
  });

  test("nobody waits for the same failure again within ten minutes, unless much was said since", async () => {
    const { desk, say, store, clock } = play(failing);
    for (let turn = 0; desk.summaries.length === 0; turn++) await say("alice", `${turn}: ${LONG}`);
    for (let turn = 0; turn < 3; turn++) await say("alice", "and?");
    expect(desk.summaries).toHaveLength(1);
    clock.advance(10 * 60_000);
    await say("alice", "and now?");
    expect(desk.summaries).toHaveLength(2);
    await say("alice", LONG);
    expect(desk.summaries).toHaveLength(3);
    await store.close();
  });

  test("an excerpt takes its place when the window is full", async () => {
    const { desk, say, store, history } = play(failing);
    for (let turn = 0; turn < 40; turn++) await say(turn % 2 === 0 ? "alice" : "bob", `${turn}: ${LONG}`);
    expect(Math.max(...desk.sizes)).toBeLessThan(3_500);
    const [first] = await history();
    expect(first).toMatchObject({
      method: "excerpt",
      summary: expect.stringMatching(/^"ALICE \(alice\)": "\d+: please/m),
    });
    expect(first?.summary).toMatch(/^"BOB \(bob\)": "\d+: please/m);
    await store.close();
  });

  test("without a model the excerpt comes at the limit", async () => {
    const { desk, say, store, history } = play({});
    for (let turn = 0; turn < 30; turn++) await say("alice", `${turn}: ${LONG}`);
    expect(Math.max(...desk.sizes)).toBeLessThan(LIMIT);
    expect(new Set((await history()).map(({ method }) => method))).toEqual(new Set(["excerpt"]));
    await store.close();
  });

  test("an error of another kind fails nobody's turn", async () => {
    const { desk, say, store, said } = play({
      summarise: async () => {
        throw new TypeError("a fault");
      },
    });
    for (let turn = 0; desk.summaries.length < 1; turn++) await say("alice", `${turn}: ${LONG}`);
    expect((await said()).every(({ text }) => text.startsWith("w0"))).toBe(true);
    await store.close();
  });

  test("a model that never answers is waited for as long as the settings say", async () => {
    const { desk, clock, store, said, handling } = await hung();
    const before = desk.given.length;
    clock.advance(30_000);
    await handling;
    expect(desk.given).toHaveLength(before + 1);
    expect((await said()).at(-1)?.text).toMatch(/^w0/);
    await store.close();
  });

  test("stopping the run ends the waiting", async () => {
    const { runner, store, handling } = await hung();
    const notice = { chunks: [] };
    const { runIds } = await store.stop({ chatRef: 1, userId: "alice", before: 1e9, notice, dropped: notice });
    runner.stop(runIds);
    expect(await handling).toBe("idle");
    expect(await store.counts()).toMatchObject({ running: 0, waiting: 0 });
    await store.close();
  });
});

/** A conversation that is being summed up by a model that never answers. */
async function hung() {
  const asked = Promise.withResolvers<void>();
  const set = play({
    summarise: () => {
      asked.resolve();
      return new Promise(() => {});
    },
  });
  let handling: Promise<unknown> = Promise.resolve();
  for (let turn = 0; set.desk.summaries.length === 0; turn++) {
    await set.accept(message("alice", `${turn}: ${LONG}`));
    handling = set.runner.handle(set.lane);
    await Promise.race([handling, asked.promise]);
  }
  return { ...set, handling };
}

describe("what is longer than was counted", () => {
  /** A model that counts more than is estimated, and refuses what is more than its window. */
  function strict(failsAfterTools = false) {
    const refused: number[] = [];
    const agent: Agent = {
      description: "a test",
      async *run({ prepare, messages }) {
        const inputTokens = Math.ceil(messageTokens((await prepare?.()) ?? messages) * 1.6);
        if (inputTokens > 4_000) {
          refused.push(inputTokens);
          throw new AgentError("context-full", "too long");
        }
        const usage = { inputTokens, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
        if (failsAfterTools && JSON.stringify(messages.at(-1)).includes("task")) {
          const use = { type: "tool-use", id: "t", name: "look", input: {} } as const;
          yield { type: "reply", content: [use], usage, model: "m" };
          const text = "word ".repeat(4_000);
          yield { type: "tool-results", content: [{ type: "tool-result", toolUseId: "t", text, isError: false }] };
          throw new AgentError("unavailable", "out of reach");
        }
        yield { type: "reply", content: [{ type: "text", text: "fine" }], usage, model: "m" };
        yield { type: "done", reason: "end" };
      },
      summarise: async () => ({ text: "In short.", method: "model", usage: noUsage, model: "m" }),
    };
    return { agent, refused };
  }

  test("is made shorter once the model has refused it, and the turn is answered", async () => {
    const long = play(undefined, { context: { ...SMALL.context, contextTokens: 1_000_000 } });
    for (let turn = 0; turn < 12; turn++) await long.say("alice", `${turn}: ${LONG}`);
    // As after retention has erased its beginning.
    long.db.prepare("UPDATE sessions SET context_tokens = 0").run();
    const { agent, refused } = strict();
    const { accept, runner, lane, said, store } = stage(agent, {
      ...SMALL,
      settings: { compaction: 0.85 },
      db: long.db,
    });
    await said();
    for (let turn = 0; turn < 3; turn++) {
      await accept(message("alice", `and now? ${LONG}`));
      await runner.handle(lane);
    }
    expect(refused).toHaveLength(1);
    expect((await said()).map(({ text }) => text)).toEqual(["fine", "fine", "fine"]);
    await store.close();
  });

  test("a turn that failed behind its tools does not stop every later one", async () => {
    const { agent } = strict(true);
    const { accept, runner, lane, said, store } = stage(agent, SMALL);
    for (const text of ["hello", LONG, LONG, LONG, "task", "again", "and again"]) {
      await accept(message("alice", text));
      await runner.handle(lane);
    }
    expect((await said()).slice(-2).map(({ text }) => text)).toEqual(["fine", "fine"]);
    await store.close();
  });
});

describe("a crash", () => {
  test("while it is summed up: whoever takes the run over sums up and answers, once each", async () => {
    const { desk, db } = await hung();
    const answered = desk.given.length;
    const next = play(undefined, { db });
    expect(await next.runner.handle(next.lane)).toBe("idle");
    expect(next.desk.given).toHaveLength(1);
    expect(next.desk.summaries).toHaveLength(1);
    expect((await next.said()).length).toBe(answered + 1);
    await next.store.close();
  });
});

describe("/compact", () => {
  test("sums up all but the latest turn, says so, and leaves no trace in the conversation", async () => {
    const { desk, say, command, said, store, lane, history } = play(undefined, { admins: ["alice"] });
    for (const text of ["one", "two", "three"]) await say("alice", text);
    await said();
    await command("alice");
    const [{ text } = { text: "" }] = await said();
    expect(text).toMatch(/^Done: I have summed up 4 messages/);
    expect(await history()).toMatchObject([{ method: "model", askedBy: "alice" }]);
    expect((await store.contextSize(lane))?.tokens).toBeGreaterThan(0);
    await say("alice", "four");
    const given = (desk.given.at(-1) ?? []).map(textOf).join("\n");
    expect(given).toContain("<summary>");
    expect(given).toContain("three");
    expect(given).not.toContain("two");
    expect(given).not.toContain("compact");
    expect(given).not.toContain("Done:");
    await store.close();
  });

  test("in a conversation that others share, only admins have it", async () => {
    const { say, command, said, store, history } = play();
    for (const text of ["one", "two", "three"]) await say("alice", text);
    await said();
    await command("alice");
    expect(await said()).toMatchObject([{ text: expect.stringContaining("only an admin") }]);
    expect(await history()).toEqual([]);
    await store.close();
  });

  test("with nothing to sum up it says so", async () => {
    const { say, command, said, store } = play(undefined, { admins: ["alice"] });
    await say("alice", "one");
    await said();
    await command("alice");
    expect(await said()).toMatchObject([{ text: expect.stringContaining("nothing to sum up") }]);
    await store.close();
  });

  test("where it fails everything stays as it is", async () => {
    const { say, command, said, store, history } = play(
      {
        summarise: async () => {
          throw new AgentError("overloaded", "too much to do");
        },
      },
      { admins: ["alice"] },
    );
    for (const text of ["one", "two"]) await say("alice", text);
    await said();
    await command("alice");
    expect(await said()).toMatchObject([{ text: expect.stringContaining("stays as it is") }]);
    expect(await history()).toEqual([]);
    await store.close();
  });

  test("waits until whoever is being answered has been answered", async () => {
    const { accept, runner, lane, said, store } = play(undefined, { admins: ["bob"] });
    for (const text of ["one", "two", "three"]) {
      await accept(message("alice", text));
      await runner.handle(lane);
    }
    await said();
    await accept(message("alice", "four"));
    await accept(message("bob", "/compact", { command: { name: "compact", args: "" } }), { isCommand: true });
    expect(await runner.handle(lane)).toBe("more");
    expect((await said()).map(({ text }) => text.slice(0, 4))).toEqual(["w0 w"]);
    expect(await runner.handle(lane)).toBe("idle");
    expect(await said()).toMatchObject([{ text: expect.stringMatching(/^Done/) }]);
    await store.close();
  });
});
