import { expect, test } from "vitest";
import { jsonLines } from "../../../gateway/simulate/formats/jsonl.ts";
import { asJsonLines, generate } from "../../../gateway/simulate/generate.ts";
import { readAll } from "./exports.ts";

const CHANNEL = { people: 12, hours: 8, seed: 1 };

test("the same seed makes the same channel, and another one another", () => {
  expect(asJsonLines(generate(CHANNEL))).toBe(asJsonLines(generate(CHANNEL)));
  expect(asJsonLines(generate({ ...CHANNEL, seed: 2 }))).not.toBe(asJsonLines(generate(CHANNEL)));
});

test("everybody writes, some questions take ten tools, and some go on from others", () => {
  const entries = generate(CHANNEL);
  const questions = entries.filter(({ addressed }) => addressed);
  expect(new Set(entries.map(({ user }) => user.name)).size).toBe(12);
  expect(questions.length).toBeGreaterThan(150);
  expect(questions.filter(({ tools }) => tools === 10).length).toBeGreaterThan(15);
  expect(new Set(questions.map(({ tools }) => tools))).toEqual(new Set([0, 10]));
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  for (const { replyTo, at } of entries) {
    if (replyTo !== undefined) expect(byId.get(replyTo)?.at).toBeLessThan(at);
  }
  expect(entries.filter(({ replyTo }) => replyTo !== undefined).length).toBeGreaterThan(50);
});

test("it is in order of time, and within its hours", () => {
  const times = generate(CHANNEL).map(({ at }) => at);
  expect(times).toEqual(times.toSorted((one, other) => one - other));
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(8 * 3_600_000);
});

test("one person alone answers nobody else", () => {
  const entries = generate({ people: 1, hours: 3, seed: 4 });
  expect(new Set(entries.map(({ user }) => user.id))).toEqual(new Set(["Ada"]));
});

test("written as JSON lines and read again it says the same", async () => {
  const entries = generate(CHANNEL);
  const again = await readAll(jsonLines, asJsonLines(entries));
  expect(again).toEqual(entries);
});
