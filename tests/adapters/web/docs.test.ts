import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { STATUS } from "../../../adapters/web/errors.ts";

test("the documented codes are those that there are, with their status", () => {
  const docs = readFileSync(new URL("../../../docs/web-api.md", import.meta.url), "utf8");
  const section = docs.slice(docs.indexOf("## Codes"));
  const documented: Record<string, number> = {};
  for (const [, statuses, codes] of section.matchAll(/^\| (\d[\d, ]*) \| (`.*) \|$/gm)) {
    const numbers = (statuses ?? "").split(", ").map(Number);
    const names = (codes ?? "").split(", ").map((code) => code.slice(1, -1));
    for (const [index, name] of names.entries()) documented[name] = numbers[index] ?? numbers[0] ?? 0;
  }
  expect(documented).toEqual(STATUS);
});
