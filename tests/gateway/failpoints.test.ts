import { describe, expect, test } from "vitest";
import type { Adapter, AdapterHandlers } from "../../adapters/adapter.ts";
import type { AgentEvent, RunRequest, Tool } from "../../agents/agent.ts";
import { ConfigError } from "../../gateway/config/problems.ts";
import { FAILPOINTS, Failpoint } from "../../gateway/failpoints.ts";
import { openDatabase } from "../../sessions/sqlite/database.ts";
import { sqliteStore } from "../../sessions/sqlite/store.ts";
import type { Store } from "../../sessions/store.ts";
import { failure } from "./config/scratch.ts";

const account = { platform: "telegram", account: "default" } as const;

/** Writes down every point that is reached, also those that do not exist. */
class Recorder extends Failpoint {
  readonly points: string[] = [];

  constructor() {
    super("store.end.before", () => {});
  }

  override reached(name: string): void {
    if (FAILPOINTS.some((point) => point === name)) this.points.push(name);
  }
}

describe("a failpoint", () => {
  test.each(["store.ends.before", "store.end", "", "store.end.before#0", "store.end.before#x", "commit.before#1#2"])(
    "that does not exist is refused with those that do: %j",
    (spec) => {
      const refused = failure(() => new Failpoint(spec));
      expect(refused).toBeInstanceOf(ConfigError);
      expect(refused?.problems[0]?.message).toContain("store.end.before, store.end.after");
    },
  );

  test("ends the program when it is reached for the nth time, once, and at no other point", () => {
    let deaths = 0;
    const failpoint = new Failpoint("store.end.after#3", () => {
      deaths += 1;
    });
    const seen: number[] = [];
    for (const name of ["end.after", "end.before", "end.after", "park.after", "end.after", "end.after"]) {
      failpoint.reached(`store.${name}`);
      seen.push(deaths);
    }
    expect(seen).toEqual([0, 0, 0, 0, 1, 1]);
  });
});

describe("around a store", () => {
  async function marks(act: (store: Store) => Promise<unknown>): Promise<string[]> {
    const recorder = new Recorder();
    const inner = sqliteStore(openDatabase(":memory:"), {
      aroundCommit: (moment) => recorder.reached(`commit.${moment}`),
    });
    const store = recorder.store(inner);
    await act(store);
    await store.close();
    return recorder.points;
  }

  test("an operation is marked on both sides, with its commit in between, and does what it does", async () => {
    const points = await marks(async (store) => {
      await store.setBookmarks(account, new Map([["place", "mark"]]));
      expect(await store.bookmarks(account)).toEqual(new Map([["place", "mark"]]));
    });
    expect(points).toEqual(["store.setBookmarks.before", "commit.before", "commit.after", "store.setBookmarks.after"]);
  });

  test("one that fails has been reached as well, and fails as before", async () => {
    const points = await marks(async (store) => {
      await expect(store.park({ runId: 1, fence: 1 })).rejects.toMatchObject({ code: "lease-lost" });
    });
    expect(points).toEqual(["store.park.before", "store.park.after"]);
  });
});

describe("around an adapter", () => {
  test("what it hands over, sends, opens and takes back is marked, and nothing else", async () => {
    const calls: string[] = [];
    let taking: AdapterHandlers | undefined;
    const inner = {
      ...account,
      start: async (handlers: AdapterHandlers) => {
        taking = handlers;
      },
      stop: async () => void calls.push("stop"),
      close: async () => {},
      render: (markdown: string) => [{ text: markdown, plain: markdown }],
      send: async () => "m1",
      openThread: async () => "t1",
      drafts: { everyMs: 5, remove: async () => void calls.push("remove") },
    } satisfies Adapter;
    const recorder = new Recorder();
    const adapter = recorder.adapter(inner);
    await adapter.start({ onMessage: async () => true, onEdit: async () => {} } as unknown as AdapterHandlers);
    expect(await taking?.onMessage({} as never)).toBe(true);
    await taking?.onEdit({} as never);
    const { signal } = new AbortController();
    const chunk = { key: "k", to: { ...account, chatId: "c" }, index: 0, text: "t", plain: "t" };
    expect(adapter.render("t")).toEqual([{ text: "t", plain: "t" }]);
    expect(await adapter.send(chunk, signal)).toBe("m1");
    expect(await adapter.openThread?.(chunk.to, { id: "m1", title: "t" })).toBe("t1");
    await adapter.drafts?.remove({ ...chunk, replaces: "m1" }, signal);
    await adapter.stop();
    expect(adapter.drafts?.everyMs).toBe(5);
    expect(adapter.typing).toBeUndefined();
    expect(calls).toEqual(["remove", "stop"]);
    const steps = ["handOver", "adapter.send", "adapter.openThread", "adapter.remove"];
    expect(recorder.points).toEqual(steps.flatMap((step) => [`${step}.before`, `${step}.after`]));
  });
});

describe("around an agent", () => {
  test("a run, its first word, replies, tools and their results are marked where they are heard of", async () => {
    const recorder = new Recorder();
    const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
    const tool: Tool = {
      name: "look",
      description: "Looks.",
      inputSchema: { type: "object" },
      idempotent: true,
      run: async () => "seen",
    };
    const agent = recorder.agent({
      description: "one",
      async *run({ tools, author, signal }): AsyncGenerator<AgentEvent> {
        yield { type: "text", text: "Let " };
        yield { type: "text", text: "me look." };
        yield { type: "reply", content: [], usage, model: "m" };
        expect(tools[0]?.name).toBe("look");
        expect(await tools[0]?.run({}, { author, signal, isAdmin: async () => false, recall: async () => [] })).toBe(
          "seen",
        );
        yield { type: "tool-results", content: [] };
        yield { type: "done", reason: "end" };
      },
    });
    const request = { tools: [tool] } as unknown as RunRequest;
    for await (const { type } of agent.run(request)) recorder.points.push(`heard ${type}`);
    expect(agent.description).toBe("one");
    expect(recorder.points).toEqual([
      "agent.run.before",
      "agent.text.before",
      "heard text",
      "agent.text.after",
      "heard text",
      "agent.reply.before",
      "heard reply",
      "agent.reply.after",
      "agent.tool.before",
      "agent.tool.after",
      "agent.tool-results.before",
      "heard tool-results",
      "agent.tool-results.after",
      "heard done",
      "agent.run.after",
    ]);
  });
});
