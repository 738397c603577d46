import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { loadConfig } from "../../../gateway/config/load.ts";
import { formatConfigError } from "../../../gateway/config/problems.ts";
import { settingsSchema } from "../../../gateway/config/schema.ts";
import { allPaths } from "../../../gateway/config/schema-walk.ts";
import { complaints, failure, reference, scratchFolder } from "./scratch.ts";

const keys = [...new Set(allPaths(settingsSchema).map((path) => String(path.at(-1))))];
const marks = ": - \n , [ ] { } & * ! | > ' \" % @ # ? ~ << --- ... !!set !!binary &a *a".split(" ");
const scraps = [...keys, ...marks, reference("X"), "\n  ", ": ", " ", "\n%YAML 1.1\n---\n"];

const oddText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.constantFrom(...scraps), { maxLength: 60 }).map((parts) => parts.join("")),
);

const oddValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom<unknown>(
      null,
      true,
      0,
      -1,
      0.5,
      1e21,
      "",
      "open",
      "pairing",
      reference("X"),
      reference("GONE"),
      "https://a",
      "telegram:1",
    ),
    fc.string(),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string()), tie("value"), { maxKeys: 6 }),
  ),
}));

test("whatever the file says, it loads or is refused with places and reasons", () => {
  const cwd = scratchFolder();
  const texts = fc.oneof(
    oddText,
    oddValue.value.map((value) => stringify(value)),
  );
  fc.assert(
    fc.property(texts, (text) => {
      writeFileSync(join(cwd, "parley.yaml"), text);
      const error = failure(() => loadConfig({ env: { X: "1" }, cwd }));
      if (error === undefined) return;
      expect(error.problems.length).toBeGreaterThan(0);
      for (const { line = 1, column = 1, message } of error.problems) {
        expect([line > 0, column > 0, message.length > 0, message.length < 400]).toEqual([true, true, true, true]);
      }
      // Nobody's terminal is written to by a configuration file.
      expect(formatConfigError(error)).not.toMatch(/[^\P{C}\n]/u);
    }),
    { numRuns: 500 },
  );
});

test("whatever the environment says, it is taken or refused", () => {
  const cwd = scratchFolder();
  const names = ["PARLEY_HOST", "PARLEY_PORT", "PARLEY_ACCESS", "PARLEY_STRATEGY", "TELEGRAM_API_ROOT", "PARLEY_TOKEN"];
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), fc.string({ unit: "binary" })), (env) => {
      for (const { path } of failure(() => loadConfig({ env, cwd }))?.problems ?? []) expect(names).toContain(path);
    }),
  );
});

test("an alias that multiplies itself is refused at once", () => {
  const rows = Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}, *a${n}]`);
  expect(complaints(["a0: &a0 [x]", ...rows].join("\n")).join("\n")).toContain("too many aliases");
});

test("an alias inside its own anchor is refused", () => {
  expect(complaints("owners: &all [*all]\n").length).toBeGreaterThan(0);
});

test("brackets without end are refused", () => {
  expect(complaints("[".repeat(100_000)).length).toBeGreaterThan(0);
  expect(complaints("a: {".repeat(5_000)).length).toBeGreaterThan(0);
});

test("a list without end is refused in a few words", () => {
  expect(complaints(`owners: [${"telegram:1,".repeat(30_000)}]\n`)).toEqual([
    expect.stringMatching(/^parley\.yaml:1:\d+ {2}too many values, or nested too deeply$/),
  ]);
});
