import type Anthropic from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import { PromptCache } from "./prompt-cache.ts";
import type { Body } from "./request.ts";
import { problemWith } from "./rules.ts";
import { FRAME_TOKENS } from "./tokens.ts";

const mark = { cache_control: { type: "ephemeral" } } as const;
/** About 1,250 tokens. */
const LONG = "word ".repeat(1_000);

function block(text: string, marked = false): Anthropic.TextBlockParam {
  return { type: "text", text, ...(marked && mark) };
}

function said(...content: Anthropic.ContentBlockParam[]): Body {
  return { model: "m", max_tokens: 1, messages: [{ role: "user", content }] };
}

function cache() {
  const clock = { now: 0 };
  const cache = new PromptCache(() => clock.now);
  const count = (body: Body) => {
    expect(problemWith(body)).toBeNull();
    const counts = cache.count(body);
    return [counts.cache_read_input_tokens ?? 0, counts.cache_creation_input_tokens ?? 0, counts.input_tokens] as const;
  };
  return { clock, count };
}

test("what stands before a mark is written, and read by the next request that begins so; what follows is neither", () => {
  const { count } = cache();
  const [read, written, rest] = count(said(block(LONG, true), block("So?")));
  expect([read, rest]).toEqual([0, FRAME_TOKENS + 13]);
  expect(written).toBeGreaterThan(1_250);
  expect(count(said(block(LONG, true), block("So!")))).toEqual([written, 0, FRAME_TOKENS + 13]);
  expect(count(said(block(LONG), block("So!")))).toEqual([0, 0, FRAME_TOKENS + written + 13]);
});

test("of a longer beginning the part that is known is read, the rest up to the last mark is written", () => {
  const { count } = cache();
  const [, first] = count(said(block(LONG, true)));
  const [read, written, rest] = count(said(block(LONG, true), block(LONG), block("So?", true), block("x")));
  expect(read).toBe(first);
  expect(written).toBeGreaterThan(1_250);
  expect(rest).toBeLessThan(20);
});

test("a single byte that differs, another model, other tools or another choice of them: nothing is read", () => {
  const { count } = cache();
  const body = said(block(LONG, true));
  count(body);
  const tool = { name: "look", input_schema: { type: "object" as const } };
  expect(count(said(block(`${LONG}.`, true)))[0]).toBe(0);
  expect(count({ ...body, model: "other" })[0]).toBe(0);
  expect(count({ ...body, system: "Be brief." })[0]).toBe(0);
  expect(count({ ...body, tools: [tool] })[0]).toBe(0);
  expect(count({ ...body, tool_choice: { type: "none" } })[0]).toBe(0);
  expect(count({ ...body, tool_choice: { type: "auto" } })[0]).toBeGreaterThan(0);
});

test("a choice of tools changes nothing for tools and system prompt", () => {
  const { count } = cache();
  const body: Body = { ...said(block("Hi")), system: [block(LONG, true)] };
  const [, written] = count(body);
  expect(count({ ...body, tool_choice: { type: "none" } })[0]).toBe(written);
});

test("a beginning of less than 1,024 tokens is not cached", () => {
  const { count } = cache();
  const short = said(block("x".repeat(4 * 900), true));
  for (let time = 0; time < 2; time++) expect(count(short).slice(0, 2)).toEqual([0, 0]);
  const enough = said(block("x".repeat(4 * 1_024), true));
  count(enough);
  expect(count(enough)[0]).toBeGreaterThan(1_024);
});

test("from a mark, 20 blocks are looked at, itself included", () => {
  const { count } = cache();
  const more = (length: number) => Array.from({ length }, (_, index) => block(`${index}`));
  const [, written] = count(said(block(LONG, true)));
  expect(count(said(block(LONG), ...more(18), block("end", true)))[0]).toBe(written);
  expect(count(said(block(LONG), ...more(19), block("another end", true)))[0]).toBe(0);
  expect(count(said(block(LONG, true), ...more(19), block("a third", true)))[0]).toBe(written);
});

test("what was not used for five minutes is gone; each use gives it five more", () => {
  const { clock, count } = cache();
  const body = said(block(LONG, true));
  count(body);
  clock.now += 299_999;
  expect(count(body)[0]).toBeGreaterThan(0);
  clock.now += 299_999;
  expect(count(body)[0]).toBeGreaterThan(0);
  clock.now += 300_000;
  expect(count(body)[0]).toBe(0);
});

test("a mark on the whole request is one behind its last block, and five marks are too many", () => {
  const { count } = cache();
  const [, written] = count({ ...said(block("Hi"), block(LONG)), ...mark });
  expect(count(said(block("Hi"), block(LONG, true)))[0]).toBe(written);
  const four = said(...["a", "b", "c", "d"].map((text) => block(text, true)));
  expect(problemWith(four)).toBeNull();
  expect(
    problemWith({
      ...said(...four.messages.flatMap(({ content }) => content as Anthropic.ContentBlockParam[]), block("e")),
      ...mark,
    }),
  ).toMatch(/Found 5/);
});
