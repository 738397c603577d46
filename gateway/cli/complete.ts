import type { Command } from "commander";
import { type Candidate, candidatesFor } from "./candidates.ts";
import type { Surroundings } from "./surroundings.ts";
import { harmless } from "./table.ts";
import { readTyped, type TypedWords } from "./typed-words.ts";

/**
 * Print what the last of these words can become, a line each with a tab before what it means. Whatever goes wrong, there
 * is nothing to complete: nobody wants to read of it in the middle of a line.
 */
export async function complete(around: Surroundings, program: Command, typed: readonly string[]): Promise<number> {
  const current = typed.at(-1) ?? "";
  const read = readTyped(program, typed);
  for (const { value, about = "" } of await candidates(around, read, current)) {
    // A shell takes a line for a candidate; and nobody could type the others.
    if (!value.startsWith(current) || value !== harmless(value)) continue;
    around.print(`${value}\t${harmless(about)}`);
  }
  return 0;
}

async function candidates(around: Surroundings, read: TypedWords, current: string): Promise<Candidate[]> {
  const { command, words, option, argument, literal } = read;
  const help = command.createHelp();
  if (option === undefined && current.startsWith("-") && !literal) {
    return help
      .visibleOptions(command)
      .flatMap(({ long, short, description: about }) => [long, short].map((value) => ({ value, about })))
      .flatMap(({ value, about }) => (value === undefined ? [] : [{ value, about }]));
  }
  const commands =
    option === undefined && words.length === 0
      ? help.visibleCommands(command).map((each) => ({ value: each.name(), about: each.description() }))
      : [];
  const choices = (option ?? argument)?.argChoices?.map((value) => ({ value })) ?? [];
  try {
    return [...commands, ...choices, ...(await candidatesFor(around, read))];
  } catch {
    return [...commands, ...choices];
  }
}
