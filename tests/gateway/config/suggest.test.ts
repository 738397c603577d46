import { expect, test } from "vitest";
import { suggest } from "../../../gateway/config/suggest.ts";

const known = ["strategy", "strategies", "threads", "addressing", "maxTokens", "maxSteps", "dm", "url"];

test.each([
  ["stratgy", "strategy"],
  ["strategys", "strategy"],
  ["startegy", "strategy"],
  ["Threads", "threads"],
  ["max_tokens", "maxTokens"],
  ["max-step", "maxSteps"],
  ["adressing", "addressing"],
  ["ulr", "url"],
  ["dms", "dm"],
])("%s was meant as %s", (word, meant) => {
  expect(suggest(word, known)).toBe(meant);
});

test.each(["", "q", "colour", "apiKey", "x".repeat(10_000)])("%j resembles nothing", (word) => {
  expect(suggest(word, known)).toBeUndefined();
});
