import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { main } from "../../../gateway/cli/main.ts";
import { scratchFolder } from "../config/scratch.ts";
import { DISCORD_CSV, DISCORD_JSON, TELEGRAM } from "./exports.ts";

/** A folder with a log in it, and a command line there. */
function desk(log = "", file = "chat.log") {
  const folder = scratchFolder();
  if (log !== "") writeFileSync(join(folder, file), log);
  async function run(...args: string[]) {
    const [out, err]: string[][] = [[], []];
    const print = (line: string) => void out?.push(line);
    const complain = (line: string) => void err?.push(line);
    const code = await main(["simulate", ...args], { env: {}, cwd: folder, print, complain });
    return { code, out: out?.join("\n") ?? "", err: err?.join("\n") ?? "" };
  }
  async function says(...args: string[]): Promise<string> {
    const { code, out, err } = await run(...args);
    expect(code, err).toBe(0);
    return out;
  }
  async function refuses(...args: string[]): Promise<string> {
    const { code, out, err } = await run(...args);
    expect(code, out).toBe(1);
    expect(out).toBe("");
    return err;
  }
  return { folder, says, refuses };
}

const line = (time: number, text: string, more: object = {}) =>
  `${JSON.stringify({ time, user: "ann", text, ...more })}\n`;
const ASKED =
  line(1_768_208_400, "hi", { addressed: true }) + line(1_768_208_500, "and?", { addressed: true, tools: 2 });

test.each([
  ["telegram", TELEGRAM, ["--bot", "parley_bot,Parley"], "3 messages of 3 people, 2 questions"],
  ["discord-json", DISCORD_JSON, [], "3 messages of 2 people, 1 question"],
  ["discord-csv", DISCORD_CSV, ["--bot", "Parley#1234"], "2 messages of 2 people, 1 question"],
  ["jsonl", ASKED, [], "2 messages of 1 person, 2 questions"],
] as const)("a log in the format %s is replayed, told or not", async (format, log, bot, said) => {
  const { says } = desk(log);
  const told = await says("chat.log", ...bot, "--task-share", "0");
  expect(told).toContain(said);
  expect(told).not.toContain("by chance");
  expect(told).toMatch(/^\| before /m);
  for (const strategy of ["shared", "per-user", "per-thread", "tagged-hybrid"])
    expect(told).toContain(`\n| ${strategy} `);
  expect(await says("chat.log", ...bot, "--task-share", "0", "--from", format)).toBe(told);
});

test("the numbers are those of the log, and JSON has them all", async () => {
  const { says } = desk(ASKED);
  const { results, questions, advice, prices } = JSON.parse(await says("chat.log", "--json", "--prices", "1,2,3,0.5"));
  expect({ questions, prices }).toEqual({
    questions: 2,
    prices: { input: 1, output: 2, cacheWrite: 3, cacheRead: 0.5 },
  });
  expect(advice).toBe("No advice: 2 questions to the bot say too little.");
  expect(results).toHaveLength(5);
  for (const result of results) expect(result).toMatchObject({ answered: 2, interrupted: 0, overLimit: 0, refused: 0 });
  const [, shared] = results;
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = shared.usage;
  expect(shared.cost).toBeCloseTo(
    (inputTokens + 2 * outputTokens + 3 * cacheWriteTokens + 0.5 * cacheReadTokens) / 1e6,
    4,
  );
  expect(shared.tokensSent).toBe(inputTokens + cacheReadTokens + cacheWriteTokens);
});

test("only the strategies that are named are replayed", async () => {
  const { says, refuses } = desk(ASKED);
  const told = await says("chat.log", "--strategies", "per-thread, shared");
  expect(told.match(/^\| [a-z-]+/gm)).toEqual(["| strategy", "| before", "| per-thread", "| shared"]);
  expect(await refuses("chat.log", "--strategies", "shard")).toMatch(/no strategy "shard": expected some of shared, /);
});

test("strategies and bounds are those of the configuration", async () => {
  const { folder, says } = desk(ASKED);
  const mine = `export default { name: "mine", summary: "Mine.", plan: ({ messageId: m }) =>
    ({ session: m, lane: m, attribution: "none", thread: "stay", replyTo: m }) };`;
  writeFileSync(join(folder, "mine.mjs"), mine);
  writeFileSync(
    join(folder, "parley.yaml"),
    "strategies: ./mine.mjs\ncompaction: 0.5\nagent: { contextTokens: 40000 }\n",
  );
  const told = await says("chat.log");
  expect(told).toContain("context window 40,000 tokens");
  expect(told).toMatch(/^\| mine +\| +2 \|.*\| 20,000 \|/m);
  expect(await says("chat.log", "--context-tokens", "10000")).toMatch(/^\| mine .* 5,000 \|/m);
  expect(await says("chat.log", "--compaction-tokens", "7000")).toMatch(/^\| mine .* 7,000 \|/m);
});

test("a picture is drawn, and drawn anew, and nothing else is overwritten", async () => {
  const { folder, says, refuses } = desk(ASKED);
  await says("chat.log", "--plot", "out.svg");
  const first = readFileSync(join(folder, "out.svg"), "utf8");
  expect(first).toMatch(/^<svg /);
  await says("chat.log", "--plot", "out.svg");
  expect(readFileSync(join(folder, "out.svg"), "utf8")).toBe(first);
  expect(await refuses("chat.log", "--plot", "chat.log")).toContain("chat.log is there already");
  expect(readFileSync(join(folder, "chat.log"), "utf8")).toBe(ASKED);
  expect(await refuses("chat.log", "--plot", "no/folder/out.svg")).toContain("Cannot write no/folder/out.svg (ENOENT)");
});

test("a channel that is made up is written and replayed to the same result as without the file", async () => {
  const { folder, says, refuses } = desk();
  const made = ["--generate", "--people", "4", "--hours", "1", "--seed", "7"];
  const replayed = ["--seed", "7", "--strategies", "per-thread"];
  expect(await says(...made, "--write", "made.jsonl")).toMatch(/^\d+ messages written to made\.jsonl\.$/);
  expect(await refuses(...made, "--write", "made.jsonl")).toContain("made.jsonl is there already");
  const direct = await says(...made, ...replayed);
  expect(await says("made.jsonl", ...replayed)).toBe(direct);
  expect(await says(...made, ...replayed)).toBe(direct);
  expect(existsSync(join(folder, "data"))).toBe(false);
});

test("names and texts of a log reach the terminal harmless, and those of files", async () => {
  const evil = "\u001b]0;owned\u0007\u202e";
  const { says, refuses } = desk(line(1, evil, { user: evil, addressed: true }), `${evil}.jsonl`);
  const told = await says(`${evil}.jsonl`, "--plot", "out.svg");
  expect(told.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202e]/u);
  expect(await refuses(`${evil}.json`)).not.toMatch(/[\p{Cc}\u202e]/u);
});

test.each([
  [[], /^Name a log, or have one made/],
  [["nothing.jsonl"], /^Cannot read nothing\.jsonl \(ENOENT\)/],
  [["."], /^Cannot read \. \(EISDIR\)/],
  [["chat.log", "--generate"], /not both/],
  [["chat.log", "--write", "x"], /add --generate/],
  [["chat.log", "--from", "xml"], /Allowed choices are jsonl, telegram, discord-json, discord-csv/],
  [["chat.log", "--from", "telegram"], /^chat\.log: expected an export with a list of "messages"/],
  [["chat.log", "--seed", "x"], /^--seed: expected a whole number from 0 to \d+, and not "x"/],
  [["chat.log", "--ask-share", "0"], /^--ask-share: expected a share from 0\.001 to 1/],
  [["chat.log", "--task-share", "101%"], /^--task-share: expected a share/],
  [["chat.log", "--context-tokens", "1e6"], /^--context-tokens: expected a whole number/],
  [["chat.log", "--compaction-tokens", "999"], /^--compaction-tokens: expected a whole number from 1000/],
  [["chat.log", "--prices", "1,2,3"], /^--prices: expected four prices/],
  [["--generate", "--bot", "x"], /^--bot goes with a log of yours, and not with --generate/],
  [["chat.log", "--people", "3"], /^--people goes with --generate alone/],
  [["--generate", "--write", "x", "--plot", "y"], /^--plot does nothing with --write/],
  [["--generate", "--people", "0"], /^--people: expected a whole number from 1 to 1000/],
  [["--generate", "--hours", "0.5"], /^--hours: expected a whole number/],
])("%j is refused in words", async (args, problem) => {
  expect(await desk(ASKED).refuses(...args)).toMatch(problem);
});

test("a log in which nobody asks anything is refused", async () => {
  const { refuses } = desk(line(1, "hi", { addressed: false }));
  expect(await refuses("chat.log")).toMatch(/^Chance chose none of the messages in chat\.log as questions/);
  expect(await refuses("chat.log", "--bot", "nobody")).toMatch(/^Nothing in chat\.log is for a bot of that name/);
});

test("a line that is wrong is named, and what it says is not repeated", async () => {
  const { refuses } = desk(`${ASKED}{"secret": tru\n`);
  const problem = await refuses("chat.log");
  expect(problem).toContain("chat.log:3: this line is no JSON");
  expect(problem).not.toContain("secret");
});
