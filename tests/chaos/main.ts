import { parseArgs } from "node:util";
import { check } from "./checker.ts";
import { DRIVERS } from "./drivers.ts";
import { runMatrix } from "./kill-matrix-run.ts";
import type { PlatformName } from "./record.ts";
import { stories, table } from "./report.ts";
import { storm } from "./storm.ts";

const USAGE = `Let a storm loose on the program, and judge what it did. Ends with 1 if there was any harm.

  npm run chaos -- [options]

  --minutes N     how long, if nothing else ends it; 5 where --kills is not given
  --kills N       end after so many kills
  --messages N    write so many messages in all; 10 for each kill where it is not given
  --seed S        what happens, and when; default 1
  --platforms A,B default ${Object.keys(DRIVERS).join(",")}
  --people N      default 20
  --verbose       tell what happens while it happens
  --matrix        instead of a storm: kill the program at every named point, on every platform`;

const PER_KILL = 10;
/** Longer than anything in the gateway waits by itself before it tries once more. */
const PATIENCE_MS = 6 * 60_000;
const LONGEST_DELAY_MS = 40;

const print = (text: string) => process.stdout.write(`${text}\n`);

class UsageError extends Error {}

async function main(): Promise<number> {
  const options = optionsOf(process.argv.slice(2));
  if (options.help) {
    print(USAGE);
    return 0;
  }
  const { names, people, kills, messages } = options;
  if (options.matrix) return (await runMatrix(names)) ? 0 : 1;
  const record = await storm({
    seed: options.seed,
    people,
    platforms: await Promise.all(names.map((name) => DRIVERS[name](people))),
    minutes: options.minutes ?? (kills === undefined ? 5 : Number.POSITIVE_INFINITY),
    kills: kills ?? Number.POSITIVE_INFINITY,
    messages: messages ?? Number.POSITIVE_INFINITY,
    perRound: kills === undefined || messages === undefined ? PER_KILL : messages / Math.max(1, kills),
    longestDelayMs: LONGEST_DELAY_MS,
    patienceMs: PATIENCE_MS,
    ...(options.verbose && {
      onEvent: ({ at, what, platform }) => print(`${(at / 1000).toFixed(2)} s  ${platform ?? ""}  ${what}`),
    }),
  });
  const verdict = check(record);
  print(table(record, verdict));
  if (verdict.violations.length === 0) return 0;
  print(`\n${stories(record, verdict)}`);
  return 1;
}

/** @throws UsageError */
function optionsOf(args: string[]) {
  const { values } = parsed(args);
  const names = values.platforms?.split(",") ?? Object.keys(DRIVERS);
  if (!names.every(isName)) throw new UsageError(`there are these platforms: ${Object.keys(DRIVERS).join(", ")}`);
  return {
    ...values,
    names,
    seed: number(values.seed) ?? 1,
    people: number(values.people) ?? 20,
    kills: number(values.kills),
    messages: number(values.messages),
    minutes: number(values.minutes),
  };
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        minutes: { type: "string" },
        kills: { type: "string" },
        messages: { type: "string" },
        seed: { type: "string" },
        platforms: { type: "string" },
        people: { type: "string" },
        verbose: { type: "boolean" },
        matrix: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function isName(name: string): name is PlatformName {
  return Object.hasOwn(DRIVERS, name);
}

function number(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+(\.\d+)?$/.test(text)) throw new UsageError(`"${text}" is no number`);
  return Number(text);
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  print(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
