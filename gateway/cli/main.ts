import { CommanderError } from "commander";
import { AdapterConfigError } from "../../adapters/adapter.ts";
import { StoreError } from "../../sessions/store.ts";
import { ConfigError, formatConfigError } from "../config/problems.ts";
import { explainBindError } from "./bind-error.ts";
import { buildProgram } from "./program.ts";
import { CliError, type Surroundings } from "./surroundings.ts";

const real: Surroundings = {
  env: process.env,
  cwd: process.cwd(),
  print: (line) => console.log(line),
  complain: (line) => console.error(line),
  interrupted() {
    const interruption = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interruption.abort());
    return interruption.signal;
  },
};

/**
 * Run one command.
 *
 * @returns the exit code: 0 fine, 1 failed, 2 the configuration is invalid
 */
export async function main(argv: string[], around: Surroundings = real): Promise<number> {
  let exitCode = 0;
  const program = buildProgram(around, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    return explain(error, around);
  }
}

function explain(error: unknown, { complain }: Surroundings): number {
  // Commander has said it already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
  if (error instanceof ConfigError) {
    complain(formatConfigError(error));
    return 2;
  }
  if (error instanceof AdapterConfigError) {
    complain(error.message);
    return 2;
  }
  if (error instanceof CliError || error instanceof StoreError) {
    complain(error.message);
    return error instanceof CliError ? error.exitCode : 1;
  }
  const unbound = explainBindError(error);
  if (unbound !== undefined) {
    complain(unbound);
    return 1;
  }
  throw error;
}
