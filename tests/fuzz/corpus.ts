import { readFileSync } from "node:fs";

/** Inputs that broke something once, each with what they are. */
export function corpus<T>(name: string): ReadonlyArray<{ is: string; input: T }> {
  return JSON.parse(readFileSync(new URL(`corpus/${name}.json`, import.meta.url), "utf8"));
}
