import type { Prices } from "../simulate/prices.ts";
import { CliError } from "./surroundings.ts";
import { harmless } from "./table.ts";

/** @throws CliError unless the text is such a number: a whole one, or a share */
export function number(
  option: string,
  text: string,
  { from, to, share = false }: { from: number; to: number; share?: boolean },
): number {
  const shape = share ? /^\d{1,3}(\.\d{1,9})?%?$/ : /^\d{1,12}$/;
  const value = Number.parseFloat(text) / (text.endsWith("%") ? 100 : 1);
  if (shape.test(text) && value >= from && value <= to) return value;
  const expected = share ? `a share from ${from} to ${to}, or in percent` : `a whole number from ${from} to ${to}`;
  throw new CliError(`${option}: expected ${expected}, and not "${harmless(text)}".`);
}

/** Words with commas in between. */
export function list(text: string): string[] {
  return text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

/** @throws CliError unless there are four */
export function prices(text: string): Prices {
  const given = text.split(",").map((each) => (/^\d{1,6}(\.\d{1,9})?$/.test(each.trim()) ? Number(each) : Number.NaN));
  const [input = Number.NaN, output = Number.NaN, cacheWrite = Number.NaN, cacheRead = Number.NaN] = given;
  if (given.length !== 4 || given.some(Number.isNaN)) {
    throw new CliError(
      "--prices: expected four prices for a million tokens: input,output,cache write,cache read, like 2,10,2.5,0.2.",
    );
  }
  return { input, output, cacheWrite, cacheRead };
}
