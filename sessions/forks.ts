import type { Fork, SettingLevel } from "./inbox.ts";

/**
 * What a change of strategy with `--fork` leaves behind: beside the strategy, in the same place, how the conversation that
 * was shared until then can be taken along. It holds as long as that choice does: whoever chooses again there, with or
 * without a fork, replaces or removes it.
 *
 * As `<strategy>:<session>:<upTo>:<after>`.
 */
export const FORK_SETTING = "fork";

export function forkText(strategy: string, { session, upTo, after }: Fork): string {
  return [strategy, session, upTo, after].join(":");
}

/**
 * @param levels widest first
 * @returns the fork that belongs to the strategy that holds, from the place where it was chosen
 */
export function forkIn(levels: readonly SettingLevel[], strategy: string): Fork | undefined {
  const chosenAt = levels.findLast(({ values }) => values.strategy !== undefined);
  const [, name, session, upTo, after] =
    /^([a-z0-9-]+):(\d{1,15}):(\d{1,15}):(\d{1,15})$/.exec(chosenAt?.values[FORK_SETTING] ?? "") ?? [];
  return name === strategy ? { session: Number(session), upTo: Number(upTo), after: Number(after) } : undefined;
}
