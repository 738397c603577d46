import { describe, expect, test } from "vitest";
import { explainChange, forkSource, type StrategyChange } from "../../gateway/strategy-change.ts";
import type { ChatInfo } from "../../sessions/inbox.ts";
import { Router } from "../../sessions/router.ts";
import type { ChatSettings } from "../../sessions/settings.ts";
import { StrategyRegistry } from "../../strategies/index.ts";

const registry = new StrategyRegistry();
registry.add({
  name: "by-parity",
  summary: "People with odd and with even ids share a conversation each.",
  plan: ({ user, messageId }) => {
    const session = `parity:${Number(user.id) % 2}`;
    return { session, lane: session, attribution: "tagged", thread: "stay", replyTo: messageId };
  },
});
const settings: ChatSettings = {
  strategy: "per-user",
  threads: "per-user",
  addressing: "mention",
  busy: "collect",
  compaction: 0.6,
  compactionTokens: 200_000,
  ambient: "off",
  tools: "all",
  maxAgeMs: 1_000_000,
};
const router = new Router({ registry, agent: "main", defaults: () => settings, settleMs: 0 });
const chat: ChatInfo = { ref: 1, platform: "telegram", account: "default", id: "-100", kind: "group" };
const people = [
  { id: "1", name: "Ann" },
  { id: "2", name: "Bob" },
  { id: "3", name: "Carol" },
];

function change(from: string, to: string, more: Partial<StrategyChange> = {}): StrategyChange {
  const before = { ...settings, strategy: from };
  return { chat, people, before, after: { ...settings, strategy: to }, fork: false, ...more };
}

const explain = (...args: Parameters<typeof change>) => explainChange(router, change(...args), (name) => name);

describe("what a change of strategy means", () => {
  test("people part", () => {
    const said = explain("shared", "per-user");
    expect(said).toContain("Ann, Bob and Carol will no longer share a conversation.");
    expect(said).toContain("kept and comes back if you switch back");
  });

  test("people come together, and nothing private comes with them", () => {
    const said = explain("per-user", "tagged-hybrid");
    expect(said).toContain("Ann, Bob and Carol will share one conversation");
    expect(said).toContain("nothing of what people said in conversations of their own comes into a shared one");
  });

  test("every question begins anew", () => {
    expect(explain("shared", "per-thread")).toContain("Every new question will begin a conversation of its own");
    expect(explain("per-thread", "shared")).toContain("Ann, Bob and Carol will share one conversation");
  });

  test("questions no longer begin anew, and what that means inside threads", () => {
    const said = explain("per-thread", "per-user");
    expect(said).toContain("New questions will no longer begin conversations of their own.");
    expect(said).toContain("Inside a thread everybody will have a conversation of their own.");
    expect(said).not.toContain("stays as it is");
    expect(explain("per-user", "per-thread")).toContain("Inside a thread everybody will share one conversation.");
    expect(explain("shared", "tagged-hybrid")).not.toContain("Inside a thread");
  });

  test("nothing changes between whom", () => {
    expect(explain("shared", "tagged-hybrid")).toContain("stays as it is");
  });

  test("strategies of one's own are asked like the others", () => {
    const said = explain("shared", "by-parity");
    expect(said).toContain("Ann, Bob and Carol will no longer share a conversation.");
    expect(said).toContain("Ann and Carol will share one conversation");
  });

  test("a thread has people of its own, for whom the option about threads counts", () => {
    const threads = { ...settings, threads: "shared" as const };
    const said = explainChange(
      router,
      { chat, people, threadId: "9", before: settings, after: threads, fork: false },
      (name) => name,
    );
    expect(said).toContain("will share one conversation");
  });

  test("where nobody has written yet, it is said of people at large", () => {
    expect(explain("shared", "per-user", { people: [] })).toContain("People here will no longer share a conversation.");
  });

  test("names are written as they are told to be", () => {
    const said = explainChange(router, change("shared", "per-user"), (name) => `<${name}>`);
    expect(said).toContain("<Ann>, <Bob> and <Carol>");
  });
});

describe("what can be taken along", () => {
  test.each([
    ["shared", "per-user", "agent:main:telegram:group:-100"],
    ["tagged-hybrid", "per-user", "agent:main:telegram:group:-100"],
    ["shared", "tagged-hybrid", undefined],
    ["per-user", "shared", undefined],
    ["per-user", "per-user", undefined],
    ["per-thread", "per-user", undefined],
  ])("from %s to %s: %s", (from, to, source) => {
    expect(forkSource(router, change(from, to))).toBe(source);
  });

  test("in a thread, the thread's conversation", () => {
    expect(forkSource(router, change("shared", "per-user", { threadId: "9" }))).toBe(
      "agent:main:telegram:group:-100:thread:9",
    );
  });

  test("never anything of a private chat", () => {
    expect(forkSource(router, change("shared", "per-user", { chat: { ...chat, kind: "dm" } }))).toBeUndefined();
  });
});
