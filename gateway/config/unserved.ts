import { type Environment, read } from "./environment.ts";

/** Variables that programs like this one often have, and what becomes of what they ask for. */
const UNSERVED = [
  ["DATABASE_URL", "this version keeps its data in SQLite, in the folder that PARLEY_DATA names"],
] as const;

/** A warning for each variable that is set and changes nothing. */
export function unservedVariables(env: Environment): string[] {
  return UNSERVED.filter(([name]) => read(env, name) !== undefined).map(
    ([name, fact]) => `${name} is set, but ${fact}`,
  );
}
