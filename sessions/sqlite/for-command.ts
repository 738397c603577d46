import { CommandGoneError, type ForCommand } from "../inbox.ts";
import type { Db } from "./database.ts";

export type ChangeFor = <T>(command: ForCommand | undefined, change: () => T, hasEffect: (result: T) => boolean) => T;

/** Change something for a command that still waits, and keep with it what was changed; runs inside a transaction. */
export function changesForCommands(db: Db): ChangeFor {
  const waits = db.prepare<[number]>("SELECT 1 FROM inbox WHERE seq = ? AND is_command = 1 AND state = 'waiting'");
  const keep = db.prepare<[string, number]>(
    "UPDATE inbox SET effect = ? WHERE seq = ? AND is_command = 1 AND state = 'waiting'",
  );
  return (command, change, hasEffect) => {
    if (command === undefined) return change();
    if (waits.get(command.seq) === undefined) throw new CommandGoneError(command.seq);
    const result = change();
    if (hasEffect(result)) keep.run(command.said, command.seq);
    return result;
  };
}
