import { z } from "zod";
import { servedPlatforms } from "./config.ts";
import type { Origins } from "./origins.ts";
import { formatPath, type Path, type RawSection, valueAt } from "./path.ts";
import type { Problem } from "./problems.ts";
import { platformSettings, type Settings, settingsSchema } from "./schema.ts";
import { allPaths, expectationOf, keysOf, nameAt, schemaAt } from "./schema-walk.ts";
import { showKey, showKind, showValue } from "./show.ts";
import { suggest } from "./suggest.ts";

export interface Validated {
  /** `undefined` if there are problems. */
  readonly settings: Settings | undefined;
  readonly problems: readonly Problem[];
}

/** @param references by formatted path, the variable that a value came from: such a value is never quoted */
export function validate(root: RawSection, origins: Origins, references: ReadonlyMap<string, string>): Validated {
  const result = settingsSchema.safeParse(root);
  if (result.success) return { settings: result.data, problems: [] };

  function problemsOf(issue: z.core.$ZodIssue, around: Path): Problem[] {
    const path = [...around, ...issue.path] as Path;
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(key, path, origins));
    if (issue.code === "invalid_key") return [badName(path, origins)];
    if (issue.code === "invalid_union") {
      const meant = issue.errors.find(isMeantBranch);
      if (meant !== undefined) return meant.flatMap((inner) => problemsOf(inner, path));
    }
    return [mismatch(path, valueAt(root, path), origins, references)];
  }

  return { settings: undefined, problems: result.error.issues.flatMap((issue) => problemsOf(issue, [])) };
}

/** The alternative of a union whose kind of value was written: its complaints are about what is inside. */
function isMeantBranch(issues: readonly z.core.$ZodIssue[]): boolean {
  return issues.some((issue) => issue.path.length > 0 || issue.code === "unrecognized_keys");
}

function unknownKey(key: string, section: Path, origins: Origins): Problem {
  const meant = suggest(key, keysOf(schemaAt(settingsSchema, section))) ?? elsewhere(key);
  const hint = meant === undefined ? "" : `; did you mean \`${meant}\`?`;
  return {
    ...origins.place(formatPath([...section, key])),
    path: formatPath(section),
    message: `unknown key ${showKey(key)}${hint}`,
  };
}

/** A name that people may choose, but not like this. */
function badName(path: Path, origins: Origins): Problem {
  const { expected } = expectationOf(nameAt(settingsSchema, path.slice(0, -1)));
  const key = String(path.at(-1));
  const place = { ...origins.place(formatPath(path)), path: formatPath(path.slice(0, -1)) };
  return { ...place, message: `expected ${expected}, found ${showKey(key)}`, expected };
}

/** A key of that name in another section, where there is just one beside those that every platform has. */
function elsewhere(key: string): string | undefined {
  const found = allPaths(settingsSchema).filter((path) => path.at(-1) === key && !isOfEveryPlatform(path));
  return found.length === 1 && found[0] !== undefined ? formatPath(found[0]) : undefined;
}

function isOfEveryPlatform([section, setting = ""]: Path): boolean {
  return servedPlatforms.some((platform) => platform === section) && Object.hasOwn(platformSettings, setting);
}

function mismatch(path: Path, value: unknown, origins: Origins, references: ReadonlyMap<string, string>): Problem {
  const wanted = schemaAt(settingsSchema, path);
  const { expected, quotable = false } = expectationOf(wanted);
  const place = origins.place(formatPath(path));
  const variable = references.get(formatPath(path));
  const found = variable !== undefined ? `the value of ${variable}` : quotable ? showValue(value) : showKind(value);
  const hint = wanted instanceof z.ZodString && isUnquoted(value) ? "; put it in quotes" : "";
  return { ...place, message: `expected ${expected}, found ${found}${hint}`, expected };
}

/** Text that YAML took for something else. */
function isUnquoted(value: unknown): boolean {
  return typeof value === "number" || typeof value === "boolean";
}
