import { expect, test } from "vitest";
import { fileReader } from "../../agents/anthropic-files.ts";
import { toMessageParams, toParams } from "../../agents/anthropic-messages.ts";
import type { Block, TranscriptMessage } from "../../sessions/transcript.ts";
import { problemWith } from "../fakes/anthropic/rules.ts";
import { answers, bob, says, toolResult, toolUse } from "./requests.ts";

const text = (text: string): Block => ({ type: "text", text });
const user = (...content: Block[]): TranscriptMessage => ({ role: "user", content });

async function map(...messages: TranscriptMessage[]) {
  const params = toMessageParams(
    await toParams(
      messages,
      fileReader(async (hash) => new TextEncoder().encode(hash)),
    ),
  );
  expect(problemWith({ model: "m", max_tokens: 1, messages: params })).toBeNull();
  return params;
}

test("consecutive messages of people become one message of the user", async () => {
  expect(await map(says("One"), says("Two", bob), answers(text("Three")), says("Four"))).toEqual([
    { role: "user", content: [text("One"), text("Two")] },
    { role: "assistant", content: [text("Three")] },
    { role: "user", content: [text("Four")] },
  ]);
});

test("results of tools come first in their message, wherever the transcript has them", async () => {
  const params = await map(
    says("Look"),
    answers(toolUse("a", "look"), toolUse("b", "look")),
    user(toolResult("b", "two")),
    user(text("By the way"), toolResult("a", "one", true)),
  );
  expect(params.at(-1)?.content).toEqual([
    { type: "tool_result", tool_use_id: "b", content: "two" },
    { type: "tool_result", tool_use_id: "a", content: "one", is_error: true },
    text("By the way"),
  ]);
});

test("a tool use whose result was lost is answered with an error, one result counts, strays are dropped", async () => {
  const params = await map(
    user(toolResult("stray", "nothing asked for this")),
    says("Look"),
    answers(toolUse("a", "look"), toolUse("b", "look")),
    user(toolResult("a", "one"), toolResult("a", "one again"), text("Well?")),
    answers(toolUse("c", "look")),
    answers(text("Never mind")),
    says("Fine"),
  );
  const lost = { type: "tool_result", is_error: true, content: expect.stringMatching(/^result unknown/) };
  expect(params[2]?.content).toEqual(
    [{ type: "tool_result", tool_use_id: "a", content: "one" }, text("Well?")].toSpliced(
      1,
      0,
      expect.objectContaining({ ...lost, tool_use_id: "b" }),
    ),
  );
  expect(params[4]?.content).toEqual([expect.objectContaining({ ...lost, tool_use_id: "c" })]);
  expect(JSON.stringify(params)).not.toContain("stray");
});

test("blank texts are left out; a blank turn is still a turn; an empty reply is none", async () => {
  expect(await map(user(text(" \n")), answers(), answers(text("")), user(text(""), text("Hi")))).toEqual([
    { role: "user", content: [text("(an empty message)"), text("Hi")] },
  ]);
});

test("a transcript that begins with a reply is given a beginning", async () => {
  const params = await map(answers(text("As I said")), says("Yes?"));
  expect(params.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
});

test("half a surrogate pair, in a text, a result or an input, cannot spoil the request", async () => {
  const half = "\ud83d";
  await map(
    says(`cut ${half}`),
    answers(text(half), toolUse("a", "look", { at: [{ deep: half }] })),
    user(toolResult("a", `x${half}`)),
  );
});

test("input that is no object is sent as an empty one", async () => {
  const params = await map(says("Look"), answers(toolUse("a", "look", "what"), toolUse("b", "look", [1])));
  expect(params[1]?.content).toMatchObject([{ input: {} }, { input: {} }]);
});

test("blocks of another provider stay at home", async () => {
  const ours = { type: "thinking", thinking: "Hm", signature: "s" };
  const params = await map(
    says("Hi"),
    answers(
      { type: "opaque", provider: "other", data: { type: "thinking" } },
      { type: "opaque", provider: "anthropic", data: ours },
      { type: "opaque", provider: "anthropic", data: "broken" },
    ),
    says("So?"),
  );
  expect(params[1]?.content).toEqual([ours]);
});

test("background stands behind everything that its message holds", async () => {
  const messages = [
    { ...says("One"), background: "Others said this." },
    says("Two", bob),
    answers(toolUse("a", "look")),
    user(toolResult("a", "seen")),
  ];
  expect((await map(...messages))[0]).toEqual({
    role: "user",
    content: [text("One"), text("Two"), text("Others said this.")],
  });
});

test("what is added to a transcript changes nothing before it", async () => {
  const whole = [
    says("One"),
    says("Two", bob),
    answers(text("Looking"), toolUse("a", "look")),
    user(toolResult("a", "seen")),
    answers(text("Three")),
    user(text("")),
    answers(),
    says("Four"),
    answers(toolUse("b", "look")),
    user(toolResult("b", "")),
  ];
  const flat = (params: Awaited<ReturnType<typeof map>>) =>
    params.flatMap(({ role, content }) => [...content].map((block) => JSON.stringify({ role, block })));
  const all = flat(await map(...whole));
  for (const end of [1, 2, 4, 6, 7, 8]) {
    const before = flat(await map(...whole.slice(0, end)).catch(() => []));
    expect(all.slice(0, before.length)).toEqual(before);
  }
});
