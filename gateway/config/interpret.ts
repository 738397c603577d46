import { z } from "zod";
import type { Origins } from "./origins.ts";
import { emptySection, formatPath, isSection, type Path } from "./path.ts";
import type { Problem } from "./problems.ts";
import { readText, schemaAt } from "./schema-walk.ts";

export interface Interpreted {
  readonly value: unknown;
  /** By formatted path, the environment variable that a value refers to. */
  readonly references: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

/**
 * Give what the file says its meaning: `${NAME}` becomes the variable's value, a section or list whose lines are all
 * commented out is an empty one.
 *
 * @param decided formatted paths that the environment decides: what the file says there does not matter
 */
export function interpret(
  raw: unknown,
  schema: z.core.$ZodType,
  env: Readonly<Record<string, string | undefined>>,
  origins: Origins,
  decided: ReadonlySet<string>,
): Interpreted {
  const references = new Map<string, string>();
  const problems: Problem[] = [];

  function read(value: unknown, path: Path): unknown {
    const wanted = schemaAt(schema, path);
    if (wanted === undefined) return value;
    if (value === null && (wanted instanceof z.ZodObject || wanted instanceof z.ZodRecord)) return emptySection();
    if (value === null && wanted instanceof z.ZodArray) return [];
    if (Array.isArray(value)) return value.map((item, index) => read(item, [...path, index]));
    // In the place of all settings no variable can stand.
    if (typeof value === "string") return path.length === 0 ? value : readScalar(value, wanted, path);
    if (!isSection(value)) return value;
    const section = emptySection();
    for (const [key, inner] of Object.entries(value)) section[key] = read(inner, [...path, key]);
    return section;
  }

  function readScalar(text: string, wanted: z.core.$ZodType, path: Path): unknown {
    const variable = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(text)?.[1];
    const where = formatPath(path);
    if (variable === undefined || decided.has(where)) return text;
    const given = env[variable];
    if (given === undefined || given === "") {
      problems.push({ ...origins.place(where), message: `the environment variable ${variable} is not set` });
      return text;
    }
    references.set(where, variable);
    return readText(given, wanted);
  }

  return { value: read(raw, []), references, problems };
}
