import { LogError, type LogSource } from "../log.ts";

/** Nobody writes a longer one: a file without line ends is not read into memory for ever. */
export const LONGEST_LINE = 4_000_000;

/** The lines of a log with their numbers, from 1. */
export async function* lines({ file, pieces }: LogSource): AsyncGenerator<{ line: number; text: string }> {
  let line = 1;
  let rest = "";
  for await (const piece of pieces) {
    const parts = (rest + piece).split("\n");
    rest = parts.pop() ?? "";
    for (const text of parts) yield { line: line++, text: text.endsWith("\r") ? text.slice(0, -1) : text };
    if (rest.length > LONGEST_LINE)
      throw new LogError(file, line, `the line is longer than ${LONGEST_LINE} characters`);
  }
  if (rest !== "") yield { line, text: rest };
}
