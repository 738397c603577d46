import { describe, expect, test } from "vitest";
import { type Agent, AgentError } from "../../agents/agent.ts";
import { messageTokens } from "../../agents/tokens.ts";
import { message } from "../sessions/messages.ts";
import { hung, LIMIT, LONG, play, SMALL } from "./compaction-stage.ts";
import type { CountingOptions } from "./counting-agent.ts";
import { noUsage, stage } from "./runner-stage.ts";

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
