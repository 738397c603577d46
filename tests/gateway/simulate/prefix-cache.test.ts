import { expect, test } from "vitest";
import { PrefixCache } from "../../../gateway/simulate/prefix-cache.ts";
import { textOfTokens } from "../../../gateway/simulate/token-count.ts";
import type { TranscriptMessage } from "../../../sessions/transcript.ts";

const MINUTE_MS = 60_000;
const SYSTEM = textOfTokens(100, 0);

function said(tokens: number, from: number, role: TranscriptMessage["role"] = "user"): TranscriptMessage {
  return { role, content: [{ type: "text", text: textOfTokens(tokens, from) }] };
}

const total = (input: { inputTokens: number; cacheReadTokens: number; cacheWriteTokens: number }) =>
  input.inputTokens + input.cacheReadTokens + input.cacheWriteTokens;

test("what a request ended with is read by the next one that begins with it, and the rest is written", () => {
  const cache = new PrefixCache();
  const [one, two, three] = [said(2_000, 1), said(300, 2, "assistant"), said(500, 3)];
  const first = cache.take(SYSTEM, [one], 0);
  expect(first).toMatchObject({ inputTokens: 0, cacheReadTokens: 0 });
  const second = cache.take(SYSTEM, [one, two, three], MINUTE_MS);
  expect(second.cacheReadTokens).toBe(total(first));
  expect(total(second)).toBeGreaterThan(total(first) + 790);
  // The same words, read from the store anew.
  expect(cache.take(SYSTEM, structuredClone([one, two, three]), 2 * MINUTE_MS).cacheReadTokens).toBe(total(second));
});

test("a word that changes is where reading ends", () => {
  const cache = new PrefixCache();
  const [one, two, three] = [said(2_000, 1), said(2_000, 2), said(2_000, 3)];
  const first = total(cache.take(SYSTEM, [one], 0));
  cache.take(SYSTEM, [one, two], 1);
  expect(cache.take(SYSTEM, [one, said(2_000, 4), three], 2).cacheReadTokens).toBe(first);
  expect(cache.take(`${SYSTEM}.`, [one, two], 3).cacheReadTokens).toBe(0);
  expect(cache.take(SYSTEM, [{ ...one, background: "x" }, two], 4).cacheReadTokens).toBe(0);
});

test("what nobody reads is forgotten after five minutes; reading keeps it", () => {
  const cache = new PrefixCache();
  const one = [said(2_000, 1)];
  const tokens = total(cache.take(SYSTEM, one, 0));
  expect(cache.take(SYSTEM, one, 4 * MINUTE_MS).cacheReadTokens).toBe(tokens);
  expect(cache.take(SYSTEM, one, 8 * MINUTE_MS).cacheReadTokens).toBe(tokens);
  expect(cache.take(SYSTEM, one, 13 * MINUTE_MS).cacheReadTokens).toBe(0);
});

test("short requests are not kept", () => {
  const cache = new PrefixCache();
  const one = [said(500, 1)];
  expect(cache.take(SYSTEM, one, 0)).toMatchObject({ cacheWriteTokens: 0 });
  expect(cache.take(SYSTEM, one, 1)).toMatchObject({ cacheReadTokens: 0, cacheWriteTokens: 0 });
});
