import { expect, test } from "vitest";
import { resultText } from "../../../agents/mcp/result.ts";

const text = (text: string) => ({ type: "text" as const, text });

test("texts stand one below the other", () => {
  expect(resultText({ content: [text("a"), text("b\nc")] }, 100)).toBe("a\nb\nc");
});

test("data is given where there is no text, and only there", () => {
  expect(resultText({ content: [], structuredContent: { a: [1] } }, 100)).toBe('{"a":[1]}');
  expect(resultText({ content: [text("a")], structuredContent: { a: [1] } }, 100)).toBe("a");
});

test("nothing is said to be nothing", () => {
  expect(resultText({ content: [] }, 100)).toBe("[the tool gave no output]");
  expect(resultText({ content: [text(" \n")] }, 100)).toBe("[the tool gave no output]");
});

test("a million parts are cut as one long text is, and no character is cut in two", () => {
  const many = resultText({ content: Array.from({ length: 1_000_000 }, () => text("🦆")) }, 200);
  expect(many.length).toBeLessThanOrEqual(200);
  expect(many).toMatch(/^(🦆\n)+/);
  expect(many).toMatch(/\[cut: the output has more than 200 characters\]$/);
  const long = resultText({ content: [text("🦆".repeat(1_000))] }, 201);
  expect(long.isWellFormed()).toBe(true);
});

test("what a server calls its files cannot begin a line of its own", () => {
  const link = { type: "resource_link" as const, name: "a\nb", uri: "c\u2028d" };
  expect(resultText({ content: [link] }, 100)).toBe("[a link to a b: c d]");
});
