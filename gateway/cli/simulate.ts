import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Platform } from "../../adapters/record.ts";
import type { StrategyRegistry } from "../../strategies/index.ts";
import { strategiesOf } from "../compose.ts";
import { loadConfig } from "../config/load.ts";
import { createLog } from "../log.ts";
import { advice } from "../simulate/advice.ts";
import type { FormatName } from "../simulate/format-names.ts";
import { asJsonLines, generate } from "../simulate/generate.ts";
import { type LogEntry, LogError } from "../simulate/log.ts";
import { plot } from "../simulate/plot.ts";
import { LIST_PRICES, LIST_PRICES_OF, type Prices } from "../simulate/prices.ts";
import { type Conversation, questionsOf } from "../simulate/questions.ts";
import { formatOf, readLog } from "../simulate/read-log.ts";
import { boundsKept, resultTable, unanswered } from "../simulate/result-table.ts";
import { simulate as simulateAll } from "../simulate/simulate.ts";
import type { Tally } from "../simulate/tally.ts";
import { count, thousands } from "../words.ts";
import { report } from "./report.ts";
import { list, number, prices as pricesIn } from "./simulate-options.ts";
import { CliError, type JsonOption, type Surroundings } from "./surroundings.ts";
import { harmless } from "./table.ts";

interface Options extends JsonOption {
  from?: FormatName;
  bot?: string;
  askShare?: string;
  taskShare?: string;
  strategies?: string;
  contextTokens?: string;
  compactionTokens?: string;
  prices?: string;
  plot?: string;
  seed?: string;
  generate?: boolean;
  people?: string;
  hours?: string;
  write?: string;
}

/** Whose groups' settings hold for a log of that kind. */
const PLATFORMS: Readonly<Record<FormatName, Platform>> = {
  jsonl: "discord",
  telegram: "telegram",
  "discord-json": "discord",
  "discord-csv": "discord",
};

/** Longer logs take a while, and somebody may be waiting. */
const LONG_LOG = 3_000;
const TASK_TOOLS = 10;

/** Replay a log under each strategy and say what each would cost whom. */
export async function simulate(around: Surroundings, file: string | undefined, options: Options): Promise<number> {
  const { print, complain, cwd } = around;
  const seed = number("--seed", options.seed ?? "1", { from: 0, to: 2 ** 31 - 1 });
  const prices = options.prices === undefined ? LIST_PRICES : pricesIn(options.prices);
  if (file !== undefined && options.generate)
    throw new CliError("Name a log, or have one made with --generate: not both.");
  if (options.write !== undefined && !options.generate)
    throw new CliError("--write keeps what --generate makes: add --generate.");
  refuseIdle(options);
  if (options.generate && options.write !== undefined) {
    const entries = made(options, seed);
    await writeNew(resolve(cwd, options.write), options.write, asJsonLines(entries));
    print(`${count(entries.length, "message")} written to ${harmless(options.write)}.`);
    return 0;
  }
  if (file === undefined && !options.generate) {
    throw new CliError("Name a log, or have one made: `parley simulate chat.jsonl`, or `parley simulate --generate`.");
  }

  const config = loadConfig(around);
  const registry = await strategiesOf(config);
  const strategies = chosen(registry, options.strategies);
  const tokens = (option: string, given: string | undefined) =>
    given === undefined ? undefined : number(option, given, { from: 1_000, to: 100_000_000 });
  const contextTokens = tokens("--context-tokens", options.contextTokens) ?? config.agent.contextTokens;
  const compactionTokens = tokens("--compaction-tokens", options.compactionTokens);
  const { format, conversation } = await read(around, file, options, seed);
  if (conversation.questions === 0) {
    const log = harmless(file ?? "the log");
    throw new CliError(
      options.bot === undefined
        ? `Chance chose none of the messages in ${log} as questions to a bot: raise --ask-share.`
        : `Nothing in ${log} is for a bot of that name: name the one that it knows with --bot, or leave --bot away to have ` +
            "some of the messages taken as questions by chance.",
    );
  }
  const { messages, people, questions, aboutOthers } = conversation;
  const tallies = await simulateAll(conversation, {
    config,
    registry,
    strategies,
    platform: PLATFORMS[format],
    contextTokens,
    compactionTokens,
    seed,
    log: createLog("silent"),
    next: (name) => {
      if (messages.length > LONG_LOG) complain(`Replaying ${count(messages.length, "message")}: ${harmless(name)}`);
    },
  });
  const suits = advice(conversation, tallies, prices);
  if (options.plot !== undefined) {
    await writePlot(resolve(cwd, options.plot), options.plot, plot(tallies, { contextTokens, people, questions }));
  }
  return report(around, options, {
    value: {
      messages: messages.length,
      people,
      questions,
      aboutOthers,
      chosenBy: conversation.chosenBy,
      contextTokens,
      prices,
      results: tallies.map((tally) => resultJson(tally, prices)),
      advice: suits ?? null,
    },
    *lines() {
      yield `${count(messages.length, "message")} of ${count(people, "person", "people")}, ${count(questions, "question")} to the bot; context window ${thousands(contextTokens)} tokens.`;
      for (const line of conversation.chosenBy) yield line;
      yield `Prices: ${options.prices === undefined ? LIST_PRICES_OF : "as given"} ($ per million: input ${prices.input}, output ${prices.output}, cache write ${prices.cacheWrite}, read ${prices.cacheRead}).`;
      yield "";
      yield* resultTable(tallies, prices);
      yield "";
      const kept = boundsKept(tallies);
      if (kept !== undefined) yield kept;
      yield* unanswered(tallies);
      if (suits !== undefined) yield suits;
      if (options.plot !== undefined) yield `${harmless(options.plot)} shows how large requests become.`;
    },
  });
}

const OF_LOGS = ["from", "bot", "askShare", "taskShare"] as const;
const OF_MADE = ["people", "hours"] as const;
const OF_REPLAYS = ["plot", "json", "strategies", "prices", "contextTokens", "compactionTokens"] as const;

/** Whoever gives an option means something by it. */
function refuseIdle(options: Options): void {
  const given = (names: ReadonlyArray<keyof Options>) => names.find((name) => options[name] !== undefined);
  const flag = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const idle = given(options.generate ? OF_LOGS : OF_MADE);
  if (idle !== undefined) {
    const goes = options.generate ? "with a log of yours, and not with --generate" : "with --generate alone";
    throw new CliError(`${flag(idle)} goes ${goes}.`);
  }
  const unused = options.write === undefined ? undefined : given(OF_REPLAYS);
  if (unused !== undefined) throw new CliError(`${flag(unused)} does nothing with --write, which replays nothing.`);
}

function made(options: Options, seed: number): LogEntry[] {
  const people = number("--people", options.people ?? "12", { from: 1, to: 1_000 });
  const hours = number("--hours", options.hours ?? "8", { from: 1, to: 720 });
  return generate({ people, hours, seed });
}

async function read(
  { cwd }: Surroundings,
  file: string | undefined,
  options: Options,
  seed: number,
): Promise<{ format: FormatName; conversation: Conversation }> {
  const how = {
    bot: list(options.bot ?? ""),
    askShare: number("--ask-share", options.askShare ?? "0.2", { from: 0.001, to: 1, share: true }),
    taskShare: number("--task-share", options.taskShare ?? "0.1", { from: 0, to: 1, share: true }),
    taskTools: TASK_TOOLS,
    seed,
  };
  try {
    if (file === undefined) return { format: "jsonl", conversation: await questionsOf(each(made(options, seed)), how) };
    const [path, name] = [resolve(cwd, file), harmless(file)];
    const format = options.from ?? (await formatOf(path, name));
    return { format, conversation: await questionsOf(readLog(path, name, format), how) };
  } catch (error) {
    if (error instanceof LogError) throw new CliError(error.message);
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!["ENOENT", "EACCES", "EISDIR", "ENOTDIR"].includes(code)) throw error;
    throw new CliError(`Cannot read ${harmless(file ?? "")} (${code}): name a file that is there and readable.`);
  }
}

async function* each(entries: readonly LogEntry[]): AsyncGenerator<LogEntry> {
  yield* entries;
}

function chosen(registry: StrategyRegistry, names: string | undefined): string[] {
  if (names === undefined) return registry.names();
  const wanted = [...new Set(list(names))];
  const unknown = wanted.find((name) => registry.get(name) === undefined);
  if (unknown !== undefined || wanted.length === 0) {
    throw new CliError(
      `There is no strategy "${harmless(unknown ?? "")}": expected some of ${registry.names().join(", ")}.`,
    );
  }
  return wanted;
}

function resultJson(tally: Tally, prices: Prices) {
  const { name, answered, tokensSent, largest, bound, overLimit, failed, refused, usage, compactions, cleared } = tally;
  return {
    strategy: name,
    answered,
    tokensSent,
    tokensPerAnswer: answered === 0 ? null : Math.round(tokensSent / answered),
    largestContext: largest,
    bound: bound ?? null,
    staysBounded: tally.staysBounded ?? null,
    overLimit,
    failed,
    refused,
    usage,
    cost: Number(tally.cost(prices).toFixed(4)),
    compactions,
    cleared,
    medianWaitMs: tally.wait(0.5),
    p95WaitMs: tally.wait(0.95),
    interrupted: tally.interrupted,
    interruptedPeople: tally.interruptedPeople.size,
  };
}

/** A picture is drawn anew; anything else that goes by that name is left alone. */
async function writePlot(path: string, shown: string, svg: string): Promise<void> {
  const there = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) =>
    error.code === "ENOENT" ? undefined : "",
  );
  if (there?.startsWith("<svg ")) await writing(shown, writeFile(path, svg));
  else await writeNew(path, shown, svg);
}

function writeNew(path: string, shown: string, text: string): Promise<void> {
  return writing(shown, writeFile(path, text, { flag: "wx" }));
}

async function writing(shown: string, written: Promise<void>): Promise<void> {
  try {
    await written;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new CliError(`${harmless(shown)} is there already: name another file.`);
    if (code === "") throw error;
    throw new CliError(
      `Cannot write ${harmless(shown)} (${code}): name a file in a folder that is there and writable.`,
    );
  }
}
