import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { AdapterConfigError } from "../../adapters/adapter.ts";
import { StoreError } from "../../sessions/store.ts";
import { ConfigError, formatConfigError } from "../config/problems.ts";
import { explainBindError } from "./bind-error.ts";
import { check } from "./check.ts";
import { chats, sessions } from "./list.ts";
import { start } from "./start.ts";
import { strategy } from "./strategy.ts";
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

const FURTHER_HELP = `
Settings come from parley.yaml, or the file that PARLEY_CONFIG names, and from the environment.
What is kept lies in ./data, or the folder that PARLEY_DATA names.
docs/configuration.md explains every setting.`;

/**
 * Run one command.
 *
 * @returns the exit code: 0 fine, 1 failed, 2 the configuration is invalid
 */
export async function main(argv: string[], around: Surroundings = real): Promise<number> {
  let exitCode = 0;
  const run =
    (action: (around: Surroundings, ...args: never[]) => Promise<number>) =>
    async (...args: unknown[]) => {
      exitCode = await action(around, ...(args as never[]));
    };
  const program = new Command("parley")
    .description(
      "A gateway that puts an LLM agent into chats and gives every chat the session shape its admins choose.",
    )
    .version(version())
    .addHelpText("after", FURTHER_HELP)
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => around.print(text.trimEnd()),
      writeErr: (text) => around.complain(text.trimEnd()),
    })
    .exitOverride();
  program.command("start").description("start the gateway").action(run(start));
  program.command("check").description("check the configuration and show what it means").action(run(check));
  program
    .command("chats")
    .description("list the chats that have written")
    .option("--json", "as JSON")
    .action(run(chats));
  program
    .command("sessions")
    .description("list the open conversations")
    .option("--json", "as JSON")
    .action(run(sessions));
  program
    .command("strategy")
    .description("show or set a chat's strategy")
    .argument("<chat>", "as `parley chats` names it, for example telegram:-100123")
    .argument("[name]", "a strategy, or `reset` to go back to the default")
    .action(run(strategy));
  // Its code is loaded only for whoever uses it.
  const whatsapp = program.command("whatsapp").description("link a WhatsApp account, or unlink it");
  whatsapp
    .command("link")
    .description("show the code with which a phone links this device")
    .option("--phone <number>", "show a code to type instead, for this phone number with its country code")
    .action(run(async (around, options) => (await import("./whatsapp.ts")).link(around, options)));
  whatsapp
    .command("unlink")
    .description("take this device off the account and forget its credentials")
    .action(run(async (around) => (await import("./whatsapp.ts")).unlink(around)));
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    return explain(error, around);
  }
}

function version(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
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
