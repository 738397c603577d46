import { type APIApplicationCommand, type APIApplicationCommandOption, ApplicationCommandOptionType } from "discord.js";

interface Option {
  name: string;
  /** Empty where anything can be written. */
  values: readonly string[];
}

/**
 * A command as somebody would put it together in Discord's menu: words for its options in order, and flags for the options
 * that offer them. The last option for words takes the rest of them.
 *
 * @param text with its slash
 * @returns undefined if the menu does not offer this
 */
export function slashCommand(
  registered: readonly APIApplicationCommand[],
  text: string,
): { name: string; options: Record<string, string> } | undefined {
  const [, name, rest = ""] = /^\/(\S+)\s*(.*)$/s.exec(text) ?? [];
  const command = registered.find((each) => each.name === name);
  if (command === undefined) return undefined;
  const options = (command.options ?? []).map(optionOf);
  const isForFlags = ({ values }: Option) => values.some((value) => value.startsWith("--"));
  const forWords = options.filter((option) => !isForFlags(option));
  const chosen: Record<string, string> = {};
  let filled = 0;
  for (const word of rest.split(/\s+/).filter((each) => each !== "")) {
    const option = word.startsWith("--")
      ? options.find(({ name: taken, values }) => values.includes(word) && chosen[taken] === undefined)
      : (forWords[filled++] ?? forWords.findLast(({ values }) => values.length === 0));
    if (option === undefined || (option.values.length > 0 && !option.values.includes(word))) return undefined;
    const before = chosen[option.name];
    chosen[option.name] = before === undefined ? word : `${before} ${word}`;
  }
  return { name: command.name, options: chosen };
}

function optionOf(option: APIApplicationCommandOption): Option {
  const choices = option.type === ApplicationCommandOptionType.String ? option.choices : undefined;
  return { name: option.name, values: choices?.map(({ value }) => value) ?? [] };
}
