import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from "discord.js";
import type { CommandOffer } from "../adapter.ts";
import { cutAtWord } from "../cut-at-word.ts";

/** The command that is a turn of the conversation rather than one of the gateway's commands. */
export const ASK = "ask";
export const ASK_QUESTION = "question";
export const ASK_FILE = "file";
export const ASK_PRIVATE = "private";

const MAX_QUESTION = 4_000;
const MAX_COMMANDS = 100;
/** Options of a command, and choices of an option. */
const MAX_ENTRIES = 25;
const MAX_TEXT = 100;

/** @see https://discord.com/developers/docs/interactions/application-commands#application-command-object-application-command-naming */
const NAME = /^[-_'\p{L}\p{N}\p{Script=Devanagari}\p{Script=Thai}]{1,32}$/u;

type CommandBody = RESTPostAPIChatInputApplicationCommandsJSONBody;

/** Servers install the bot, and so does everybody for themselves: that is how it comes into group DMs. */
const everywhere = {
  type: ApplicationCommandType.ChatInput,
  integration_types: [ApplicationIntegrationType.GuildInstall, ApplicationIntegrationType.UserInstall],
  contexts: [InteractionContextType.Guild, InteractionContextType.BotDM, InteractionContextType.PrivateChannel],
} satisfies Partial<CommandBody>;

const ask: CommandBody = {
  ...everywhere,
  name: ASK,
  description: "Ask the assistant.",
  options: [
    {
      type: ApplicationCommandOptionType.String,
      name: ASK_QUESTION,
      description: "What you want to know.",
      required: true,
      max_length: MAX_QUESTION,
    },
    { type: ApplicationCommandOptionType.Attachment, name: ASK_FILE, description: "A file to look at." },
    { type: ApplicationCommandOptionType.Boolean, name: ASK_PRIVATE, description: "Show the answer to you alone." },
  ],
};

/**
 * All commands in the form that Discord registers, `/ask` first. One that Discord would refuse is left out, for it would
 * refuse all with it; so is everything beyond what it takes.
 *
 * @see https://discord.com/developers/docs/interactions/application-commands
 */
export function commandBodies(offers: readonly CommandOffer[]): CommandBody[] {
  const bodies = offers.filter(isOfferable).map(({ name, description, options = [] }): CommandBody => {
    const taken = unlike(options.filter(isOfferable)).slice(0, MAX_ENTRIES).map(optionBody);
    return {
      ...everywhere,
      name,
      description: cutAtWord(description, MAX_TEXT),
      ...(taken.length > 0 && { options: taken }),
    };
  });
  return unlike([ask, ...bodies]).slice(0, MAX_COMMANDS);
}

function optionBody({ name, description, choices }: NonNullable<CommandOffer["options"]>[number]) {
  const values = new Map(choices.filter(({ value }) => value !== "" && value.length <= MAX_TEXT).map(choiceEntry));
  return {
    type: ApplicationCommandOptionType.String as const,
    name,
    description: cutAtWord(description, MAX_TEXT),
    ...(values.size > 0 && { choices: [...values.values()].slice(0, MAX_ENTRIES) }),
  };
}

function choiceEntry({ value, description }: { value: string; description: string }) {
  const name = cutAtWord(description.trim() === "" ? value : `${value}: ${description}`, MAX_TEXT);
  return [value, { name, value }] as const;
}

function isOfferable({ name, description }: { name: string; description: string }): boolean {
  return NAME.test(name) && name === name.toLowerCase() && description.trim() !== "";
}

/** The first of each name. */
function unlike<T extends { name: string }>(entries: readonly T[]): T[] {
  const seen = new Set<string>();
  return entries.filter(({ name }) => !seen.has(name) && seen.add(name));
}
