import type { RoutedPlan } from "../../sessions/inbox.ts";
import { approve, deny } from "./approve.ts";
import { block, unblock } from "./block.ts";
import { claim } from "./claim.ts";
import type { Command } from "./command.ts";
import { compact } from "./compact.ts";
import { cancel, confirm } from "./confirm.ts";
import { exportOwn } from "./export.ts";
import { forget } from "./forget.ts";
import { help } from "./help.ts";
import { startAnew } from "./new.ts";
import { pair } from "./pair.ts";
import { queue } from "./queue.ts";
import { settings } from "./settings.ts";
import { status } from "./status.ts";
import { stop } from "./stop.ts";
import { strategy } from "./strategy.ts";
import { usage } from "./usage.ts";
import { why } from "./why.ts";

/** In the order in which menus show them. */
export const commands: readonly Command[] = [
  help,
  startAnew,
  compact,
  stop,
  approve,
  deny,
  status,
  queue,
  why,
  strategy,
  settings,
  usage,
  forget,
  exportOwn,
  confirm,
  cancel,
  pair,
  block,
  unblock,
  claim,
];

/** Other names of commands: Telegram's clients send `/start` when somebody opens a bot for the first time. */
const ALIASES: ReadonlyMap<string, Command> = new Map([["start", help]]);

export function findCommand(name: string): Command | undefined {
  return commands.find((command) => command.name === name) ?? ALIASES.get(name);
}

export const commandNames: ReadonlySet<string> = new Set([...commands.map(({ name }) => name), ...ALIASES.keys()]);

/** Commands that wait in their lane, with what their turn is about. */
export const laneTasks: ReadonlyMap<string, RoutedPlan["task"]> = new Map(
  commands.flatMap(({ name, task }) => (task === undefined ? [] : [[name, task]])),
);
