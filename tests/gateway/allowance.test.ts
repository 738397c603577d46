import { expect, test } from "vitest";
import { allowances, dayOf, isUsedUp, refusal, warning } from "../../gateway/allowance.ts";
import type { ChatInfo } from "../../sessions/inbox.ts";
import type { UsageStore } from "../../sessions/limits.ts";

const NOON = Date.UTC(2026, 10, 22, 12, 30);
const chat: ChatInfo = { ref: 3, platform: "web", account: "default", id: "lobby", kind: "group" };
const run = { runId: 8, chat, author: { id: "7", name: "Ann" } };

function used(user: { tokens: number; runs: number }, all = user) {
  const asked: unknown[] = [];
  const store: UsageStore = {
    async spent(...args) {
      asked.push(args);
      const read = { readTokens: 0, cachedTokens: 0 };
      return { user: { ...user, ...read }, chat: { ...all, ...read } };
    },
    usageByUser: async () => [],
  };
  return { store, asked };
}

test("without limits nothing is looked up", async () => {
  const { store, asked } = used({ tokens: 5, runs: 5 });
  expect(await allowances(store, run, {}, NOON)).toEqual([]);
  expect(asked).toEqual([]);
});

test("a day begins at midnight UTC, and the run itself does not count", async () => {
  const { store, asked } = used({ tokens: 10, runs: 2 }, { tokens: 50, runs: 9 });
  const list = await allowances(store, run, { userRunsPerDay: 2, chatTokensPerDay: 51 }, NOON);
  expect(list).toEqual([
    { whose: "user", what: "runs", used: 2, limit: 2 },
    { whose: "chat", what: "tokens", used: 50, limit: 51 },
  ]);
  expect(list.map(isUsedUp)).toEqual([true, false]);
  expect(asked).toEqual([[{ account: chat, userId: "7", chatRef: 3 }, Date.UTC(2026, 10, 22), 8]]);
});

test("a refusal says what is used up and when there is more", () => {
  expect(refusal({ whose: "user", what: "tokens", used: 12_000, limit: 10_000 }, NOON)).toBe(
    "You have used up what there is for a day: 10,000 tokens. I can answer again at 00:00 UTC, in 11 h 30 min.",
  );
  expect(refusal({ whose: "chat", what: "runs", used: 5, limit: 5 }, dayOf(NOON) - 60_000)).toContain("in 1 min");
});

test("a warning says how much is left to go", () => {
  expect(warning({ whose: "chat", what: "runs", used: 8, limit: 10 }, NOON)).toContain("8 of 10 answers");
});
