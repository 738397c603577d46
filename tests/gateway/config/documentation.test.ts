import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { servedPlatforms } from "../../../gateway/config/config.ts";
import { defaults } from "../../../gateway/config/defaults.ts";
import { placeVariables, variables } from "../../../gateway/config/environment.ts";
import { ANY_NAME, formatPath, isSection, type Path, valueAt } from "../../../gateway/config/path.ts";
import { accessMode, settingsSchema } from "../../../gateway/config/schema.ts";
import { allPaths, nameAt, schemaAt } from "../../../gateway/config/schema-walk.ts";
import { load } from "./scratch.ts";

const root = new URL("../../../", import.meta.url);
const reference = readFileSync(new URL("docs/configuration.md", root), "utf8");
const example = readFileSync(new URL("parley.example.yaml", root), "utf8");
/** A key is commented out without a space; with a space it is prose. */
const everythingOn = example.replace(/^( *)#(?=\S)/gm, "$1");
const env = {
  ANTHROPIC_API_KEY: "k",
  DISCORD_TOKEN: "d",
  TELEGRAM_BOT_TOKEN: "t",
  TELEGRAM_WEBHOOK_SECRET: "s",
  PARLEY_JOIN_TOKEN: "j",
  PARLEY_API_TOKEN: "a",
  SOME_KEY: "s",
  TICKETS_AUTHORIZATION: "t",
};

const modes = Object.keys(accessMode.enum);
const paths = allPaths(settingsSchema).map(formatPath);
const variableNames = [...variables.map(({ name }) => name), ...placeVariables];

/** Rows of the tables, with what their first column names. A row for `<platform>` is one for each of them. */
const allRows = reference.split("\n").flatMap((line) => {
  const cells = line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, ""));
  const subject = /^`([^`]+)`$/.exec(cells[0] ?? "")?.[1];
  if (subject === undefined || modes.includes(subject)) return [];
  if (!subject.startsWith("<platform>")) return [[subject, cells] as const];
  return servedPlatforms.map(
    (platform) => [subject.replace("<platform>", platform), cells.map((cell) => meantFor(platform, cell))] as const,
  );
});
const rows = new Map(allRows);

/** A value with an exception, as in "— (`web`: `always`)". */
function meantFor(platform: string, cell: string): string {
  const exception = / \(`(\w+)`: (`\w+`)\)$/.exec(cell);
  if (exception === null) return cell;
  return exception[1] === platform ? `${exception[2]}` : cell.slice(0, exception.index);
}

test("the reference has one row for every key and variable, and for no other", () => {
  expect(allRows.map(([subject]) => subject).sort()).toEqual([...paths, ...variableNames].sort());
});

test("the reference explains every mode of access", () => {
  for (const mode of modes) expect(reference).toMatch(new RegExp(`^\\| \`${mode}\` \\| `, "m"));
});

test("the reference gives the defaults that count", () => {
  for (const path of paths) {
    const value = valueAt(defaults, path.split("."));
    const shown = value === undefined || isSection(value) ? "—" : `\`${value}\``;
    expect(`${path}: ${rows.get(path)?.[2]}`).toBe(`${path}: ${shown}`);
  }
});

test("the reference says what each key of a platform stands in place of", () => {
  for (const [subject, cells] of allRows) {
    const [platform, ...path] = subject.split(".");
    const general = /^In place of `(\S+)`/.exec(cells[3] ?? "")?.[1];
    if (general === undefined) continue;
    expect(servedPlatforms).toContain(platform);
    expect(general.replace("agent.model", "model")).toBe(path.join("."));
    expect(paths).toContain(general);
  }
});

test("the reference says which key each variable decides", () => {
  for (const { name, path } of variables) expect(rows.get(name)?.[1]).toBe(`\`${formatPath(path)}\``);
});

test("every key and variable that the reference mentions exists", () => {
  const perPlatform = reference.replaceAll("`<platform>.", "`web.");
  const mentioned = [...perPlatform.matchAll(/`([a-z]+(?:\.[a-zA-Z]+)+|[A-Z]+_[A-Z_]+)`/g)].map((match) => match[1]);
  const files = ["parley.yaml", "parley.example.yaml", "bin/parley.js"];
  const forTranscribers = ["PARLEY_AUDIO_TYPE"];
  expect(
    mentioned.filter((each) => ![...paths, ...variableNames, ...files, ...forTranscribers].includes(`${each}`)),
  ).toEqual([]);
});

test("the example changes nothing as it is", () => {
  const { where: _, file: __, dataDir: ___, ...config } = load(example);
  const { where: _1, file: _2, dataDir: _3, ...untouched } = load("");
  expect(config).toEqual(untouched);
});

test("the example shows every key, and loads with all of them", () => {
  expect([...new Set(pathsIn(parse(everythingOn)))].sort()).toEqual([...paths].sort());
  expect(load(everythingOn, env).telegram?.token).toBe("t");
});

test("the example shows the defaults", () => {
  const shown = load(everythingOn, env);
  const untouched = load("");
  const sections = ["limits", "runs", "queue", "outbox", "context", "approvals", "shutdown", "log"] as const;
  for (const section of sections) {
    expect(shown[section]).toEqual(untouched[section]);
  }
  expect(shown.settings.general).toMatchObject(untouched.settings.general);
  expect({ ...shown.http, token: undefined }).toEqual(untouched.http);
  expect({ ...shown.attachments, transcriber: undefined }).toEqual(untouched.attachments);
  expect(shown.attachments.transcriber).toMatchObject(defaults.attachments.transcriber);
  expect({ ...shown.agent, prompt: undefined }).toEqual(untouched.agent);
  expect(shown.telegram).toMatchObject(defaults.telegram);
  expect(shown.web).toMatchObject({ enabled: true, botName: "parley" });
  expect(shown.platforms.web.groups.addressing).toBe("always");
});

/** Names that people choose are written as `<name>`; what they choose in the sections of such names is left out. */
function pathsIn(value: unknown, above: Path = []): string[] {
  if (!isSection(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = [...above, nameAt(settingsSchema, above) === undefined ? key : ANY_NAME];
    return schemaAt(settingsSchema, path) instanceof z.ZodString && path.at(-1) === ANY_NAME
      ? []
      : [formatPath(path), ...pathsIn(inner, path)];
  });
}
