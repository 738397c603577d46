import { readFileSync } from "node:fs";
import type { Surroundings } from "./surroundings.ts";

export const shells = ["bash", "zsh", "fish"] as const;

/** Print the script with which a shell completes this program's commands. The script asks `parley complete`. */
export async function completion({ print }: Surroundings, shell: (typeof shells)[number]): Promise<number> {
  print(readFileSync(new URL(`completion/parley.${shell}`, import.meta.url), "utf8").trimEnd());
  return 0;
}
