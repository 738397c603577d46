import type { Argument, Command, Option } from "commander";

/** What somebody has typed so far, as the program will read it. */
export interface TypedWords {
  command: Command;
  /** The words of the command's arguments that are complete. */
  words: readonly string[];
  /** The option that the last word is the value of. */
  option: Option | undefined;
  /** The argument that the last word is. */
  argument: Argument | undefined;
  flags: ReadonlySet<string>;
  /** True behind `--`, where nothing is an option. */
  literal: boolean;
}

/** Read everything but the last word, which is being typed. */
export function readTyped(program: Command, typed: readonly string[]): TypedWords {
  let command = program;
  const words: string[] = [];
  const flags = new Set<string>();
  let option: Option | undefined;
  let literal = false;
  for (const word of typed.slice(0, -1)) {
    if (option !== undefined) option = undefined;
    else if (!literal && word === "--") literal = true;
    else if (!literal && word.startsWith("-")) {
      flags.add(word);
      const known = command.options.find((each) => each.long === word || each.short === word);
      if (known?.required) option = known;
    } else {
      const inner = words.length === 0 ? command.commands.find((each) => each.name() === word) : undefined;
      if (inner === undefined) words.push(word);
      else command = inner;
    }
  }
  const { registeredArguments } = command;
  const last = registeredArguments.at(-1);
  const argument = registeredArguments[words.length] ?? (last?.variadic ? last : undefined);
  return { command, words, option, argument, flags, literal };
}

/** A command with those above it, without the program itself: `access allow`. */
export function pathOf(command: Command): string {
  const { parent } = command;
  return parent === null || parent.parent === null ? command.name() : `${pathOf(parent)} ${command.name()}`;
}
