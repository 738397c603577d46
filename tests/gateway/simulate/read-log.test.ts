import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formatOf, readLog } from "../../../gateway/simulate/read-log.ts";
import { scratchFolder } from "../config/scratch.ts";
import { DISCORD_CSV, DISCORD_JSON, TELEGRAM } from "./exports.ts";

function written(text: string): string {
  const file = join(scratchFolder(), "log");
  writeFileSync(file, text);
  return file;
}

const line = (time: number, id = `m${time}`) => `{"time":${time},"user":"a","text":"x","id":"${id}"}\n`;

test.each([
  ["telegram", TELEGRAM],
  ["telegram", JSON.stringify(JSON.parse(TELEGRAM))],
  ["discord-json", DISCORD_JSON],
  ["discord-json", JSON.stringify(JSON.parse(DISCORD_JSON))],
  ["discord-csv", DISCORD_CSV],
  ["discord-csv", `\uFEFF${DISCORD_CSV}`],
  ["jsonl", line(1)],
  ["jsonl", `\n  ${line(1)}`],
  ["jsonl", '{"messages":1,"guild":2,"time":1,"user":"a","text":"x"}\n'],
] as const)("%s is told by its content (%#)", async (format, text) => {
  const file = written(text);
  expect(await formatOf(file, "log")).toBe(format);
  expect((await Array.fromAsync(readLog(file, "log", format))).length).toBeGreaterThan(0);
});

test.each([
  ["", "log: the file is empty"],
  ["\uFEFF \n", "log: the file is empty"],
  ["<html>", "log:1: this is in no format that is known (jsonl, telegram, discord-json, discord-csv)"],
  ['{"some":"thing"}', "log:1: this is in no format that is known"],
  ["\u0000\u0001\u0002", "log:1: this is in no format that is known"],
])("%j is refused", async (text, problem) => {
  await expect(formatOf(written(text), "log")).rejects.toThrow(problem);
});

test("times that go back are refused, with the line", async () => {
  const reading = Array.fromAsync(readLog(written(line(5) + line(4)), "log", "jsonl"));
  await expect(reading).rejects.toThrow("log:2: this message is older than the one before it");
});

test("the same id twice is refused, with the line", async () => {
  const reading = Array.fromAsync(readLog(written(line(4, "x") + line(5, "x")), "log", "jsonl"));
  await expect(reading).rejects.toThrow("log:2: a message before this one has the same id");
});

test("a log without messages is refused", async () => {
  const empty = JSON.stringify({ ...JSON.parse(TELEGRAM), messages: [] });
  await expect(Array.fromAsync(readLog(written(empty), "log", "telegram"))).rejects.toThrow(
    "log: there are no messages",
  );
});
