import { expect, test } from "vitest";
import { argumentsOf, unknownFlag } from "../../gateway/commands/arguments.ts";
import type { AcceptedCommand } from "../../sessions/inbox.ts";

const call = (args: string) => ({ message: { command: { name: "x", args } } }) as AcceptedCommand;
const known = ["here", "server", "platform"];

test.each([
  ["shared --here", ["shared"], ["here"]],
  ["--fork  per-user —here", ["per-user"], ["fork", "here"]],
  ["-- -here --", ["--", "-here", "--"], []],
  ["", [], []],
])("%j are words and flags", (args, words, flags) => {
  const given = argumentsOf(call(args));
  expect([given.words, [...given.flags], given.text]).toEqual([words, flags, ""]);
});

test.each([
  ["extraPrompt Answer in  rhymes.", "Answer in  rhymes.", []],
  ["extraPrompt Be brief.\nAlways.  --here", "Be brief.\nAlways.", ["here"]],
  ["extraPrompt --platform Be brief", "--platform Be brief", []],
  ["--here extraPrompt Be brief", "Be brief", ["here"]],
  ["extraPrompt Sign with Ann–Marie", "Sign with Ann–Marie", []],
  ["extraPrompt Explain what --platform does to people", "Explain what --platform does to people", []],
  ["extraPrompt Explain --everything", "Explain --everything", []],
  ["extraPrompt –especially in the morning", "–especially in the morning", []],
  ["extraPrompt --here", "", ["here"]],
  ["extraPrompt", "", []],
])("%j: what stands behind the name is text, but for flags at its end", (args, text, flags) => {
  const given = argumentsOf(call(args), 1, known);
  expect([given.words, given.text, [...given.flags]]).toEqual([["extraPrompt"], text, flags]);
});

test("a flag that is not known is named", () => {
  expect(unknownFlag(argumentsOf(call("a --here --nonsense")), "here")).toBe("nonsense");
});
