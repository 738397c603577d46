import { CliError } from "./surroundings.ts";

/** @param what it is the id of. @throws CliError if it is given, but empty: that names nobody, and must not mean everybody */
export function demandId(id: string | undefined, what: "a thread" | "a person"): void {
  if (id === "") throw new CliError(`An empty id is not that of ${what}. Nothing was done.`);
}
