import { type APIApplicationCommand, ApplicationCommandType } from "discord.js";
import { badLength, invalidField } from "./refusal.ts";
import type { World } from "./world.ts";

type Fields = Record<string, unknown>;

const NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;
const MAX_DESCRIPTION = 100;
const MAX_OPTIONS = 25;
const MAX_COMMANDS = 100;

/** The commands of a body. @throws Refusal */
export function commandsIn(body: object): Fields[] {
  const commands: Fields[] = Object.values(body);
  if (commands.length > MAX_COMMANDS) throw badLength("commands", 0, MAX_COMMANDS);
  if (new Set(commands.map(({ name }) => name)).size < commands.length) {
    throw invalidField("name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique");
  }
  for (const command of commands) {
    demandNamed(command);
    const options = listIn(command.options, "options");
    for (const option of options) {
      demandNamed(option);
      for (const { name, value } of listIn(option.choices, "choices")) {
        demandLength("choices", name);
        if (typeof value === "string") demandLength("choices", value);
      }
    }
    const firstOptional = options.findIndex(({ required }) => required !== true);
    if (firstOptional >= 0 && options.slice(firstOptional).some(({ required }) => required === true)) {
      const why = "Required options must be placed before non-required options";
      throw invalidField("options", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", why);
    }
  }
  return commands;
}

function demandNamed({ name, description }: Fields): void {
  if (typeof name !== "string" || !NAME.test(name) || name !== name.toLowerCase()) {
    throw invalidField("name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid");
  }
  demandLength("description", description);
}

function demandLength(field: string, text: unknown): void {
  if (typeof text !== "string" || text.length < 1 || text.length > MAX_DESCRIPTION) {
    throw badLength(field, 1, MAX_DESCRIPTION);
  }
}

function listIn(list: unknown, field: string): Fields[] {
  if (list === undefined) return [];
  if (!Array.isArray(list) || list.length > MAX_OPTIONS) throw badLength(field, 0, MAX_OPTIONS);
  return list;
}

/** The command as Discord keeps it: with its defaults, and with the id of a former one of that name. */
export function registered(world: World, wanted: Fields): APIApplicationCommand {
  const former = [...world.commands.values()].find(({ name }) => name === wanted.name);
  return {
    application_id: world.bot.id,
    version: world.ids.next(),
    type: ApplicationCommandType.ChatInput,
    default_member_permissions: null,
    nsfw: false,
    integration_types: [0],
    contexts: null,
    ...wanted,
    id: former?.id ?? world.ids.next(),
  } as unknown as APIApplicationCommand;
}
