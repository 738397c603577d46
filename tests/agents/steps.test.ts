import { expect, test } from "vitest";
import { repliesSoFar, standing } from "../../agents/steps.ts";
import type { TranscriptMessage } from "../../sessions/transcript.ts";
import { answers, says, toolResult, toolUse } from "./requests.ts";

const asks = answers(toolUse("a", "look"), toolUse("b", "look"));
const result = (id: string): TranscriptMessage => ({ role: "user", content: [toolResult(id, "seen")] });

test("after a person the model speaks", () => {
  expect(standing([])).toEqual({ next: "reply" });
  expect(standing([says("Hi")])).toEqual({ next: "reply" });
  expect(standing([says("Hi"), asks, says("Wait")])).toEqual({ next: "reply" });
  expect(standing([says("Hi"), answers(), { role: "user", content: [] }])).toEqual({ next: "reply" });
});

test("after a reply that asked for tools come those that are not answered", () => {
  expect(standing([says("Hi"), asks])).toMatchObject({ next: "tools", calls: [{ id: "a" }, { id: "b" }] });
  expect(standing([says("Hi"), asks, result("a")])).toMatchObject({ next: "tools", calls: [{ id: "b" }] });
  expect(standing([says("Hi"), asks, result("a"), result("b")])).toEqual({ next: "reply" });
});

test("after any other reply nothing is left to do", () => {
  expect(standing([says("Hi"), answers({ type: "text", text: "Hi" })])).toEqual({ next: "nothing" });
  expect(standing([says("Hi"), answers()])).toEqual({ next: "nothing" });
});

test("replies are counted since a person last spoke", () => {
  expect(repliesSoFar([says("Hi"), asks, result("a"), result("b"), asks])).toBe(2);
  expect(repliesSoFar([says("Hi"), asks, says("Wait")])).toBe(0);
});
