import type { Command } from "./command.ts";
import { help } from "./help.ts";
import { startAnew } from "./new.ts";
import { status } from "./status.ts";
import { stop } from "./stop.ts";
import { strategy } from "./strategy.ts";

/** In the order in which menus show them. */
export const commands: readonly Command[] = [help, startAnew, stop, status, strategy];

/** Other names of commands: Telegram's clients send `/start` when somebody opens a bot for the first time. */
const ALIASES: ReadonlyMap<string, Command> = new Map([["start", help]]);

export function findCommand(name: string): Command | undefined {
  return commands.find((command) => command.name === name) ?? ALIASES.get(name);
}

export const commandNames: ReadonlySet<string> = new Set([...commands.map(({ name }) => name), ...ALIASES.keys()]);
