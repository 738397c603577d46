import type { JsonOption, Surroundings } from "./surroundings.ts";

/**
 * Say what a command has found or done: in lines for people, or as one JSON value for programs.
 *
 * @returns the exit code
 */
export function report(
  { print }: Surroundings,
  { json }: JsonOption,
  { value, lines }: { value: unknown; lines(): Iterable<string> },
): number {
  if (json) print(toJson(value));
  else for (const line of lines()) print(line);
  return 0;
}

/** JSON in which every character that a terminal could obey is escaped. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/gu, (char) =>
    Array.from({ length: char.length }, (_, index) => {
      const code = char.charCodeAt(index).toString(16);
      return `\\u${code.padStart(4, "0")}`;
    }).join(""),
  );
}

/** A moment in ISO 8601, UTC. @param at epoch ms */
export function iso(at: number): string {
  return new Date(at).toISOString();
}
