import type { BotCommand } from "telegraf/types";

const MAX_COMMANDS = 100;

/**
 * Commands in the form that Telegram lists. One that it would refuse is left out, for it would refuse all with it.
 *
 * @see https://core.telegram.org/bots/api#botcommand
 */
export function offeredCommands(commands: ReadonlyArray<{ name: string; description: string }>): BotCommand[] {
  return commands
    .filter(({ name, description }) => /^[a-z0-9_]{1,32}$/.test(name) && description !== "")
    .slice(0, MAX_COMMANDS)
    .map(({ name, description }) => ({ command: name, description: description.slice(0, 256) }));
}
