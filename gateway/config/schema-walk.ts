import { z } from "zod";
import { ANY_NAME, type Path } from "./path.ts";
import { type Expectation, expectations } from "./values.ts";

/** What the schema says about the setting at a path; `undefined` where no such setting exists. */
export function schemaAt(schema: z.core.$ZodType, path: Path): z.core.$ZodType | undefined {
  const [step, ...rest] = path;
  if (schema instanceof z.ZodOptional) return schemaAt(schema.unwrap(), path);
  if (step === undefined) return schema;
  const inner = childOf(schema, step);
  return inner === undefined ? undefined : schemaAt(inner, rest);
}

function childOf(schema: z.core.$ZodType, step: string | number): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodUnion) {
    for (const option of schema.options) {
      const found = childOf(option, step);
      if (found !== undefined) return found;
    }
  }
  if (schema instanceof z.ZodArray && typeof step === "number") return schema.element;
  if (schema instanceof z.ZodRecord && typeof step === "string") return schema.valueType;
  if (schema instanceof z.ZodObject && Object.hasOwn(schema.shape, step)) return schema.shape[step];
  return undefined;
}

/** What the schema says about the names in a section where people choose them; `undefined` in any other one. */
export function nameAt(schema: z.core.$ZodType, path: Path): z.core.$ZodType | undefined {
  const section = schemaAt(schema, path);
  return section instanceof z.ZodRecord ? section.keyType : undefined;
}

/** The keys that a section may hold; none where the setting is no section. */
export function keysOf(schema: z.core.$ZodType | undefined): string[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(keysOf);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/**
 * Every setting that exists, sections included, as paths: `telegram`, `telegram.mode`, …, and for sections whose names people
 * choose `mcp.<name>`, `mcp.<name>.command`, ….
 */
export function allPaths(schema: z.core.$ZodType, above: Path = []): Path[] {
  if (schema instanceof z.ZodOptional) return allPaths(schema.unwrap(), above);
  const keys = schema instanceof z.ZodRecord && schema.valueType instanceof z.ZodObject ? [ANY_NAME] : keysOf(schema);
  return keys.flatMap((key) => {
    const path = [...above, key];
    const inner = schemaAt(schema, [key]);
    return inner === undefined ? [path] : [path, ...allPaths(inner, path)];
  });
}

export function expectationOf(schema: z.core.$ZodType | undefined): Expectation {
  return (schema && expectations.get(schema)) ?? { expected: "another value" };
}

/** Text of the environment as the value that the setting takes: a number or a truth value where it wants one. */
export function readText(text: string, schema: z.core.$ZodType | undefined): unknown {
  if (schema instanceof z.ZodUnion) {
    return schema.options.map((option) => readText(text, option)).find((value) => value !== text) ?? text;
  }
  if (schema instanceof z.ZodNumber && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (schema instanceof z.ZodBoolean && /^(true|false|1|0)$/.test(text)) return text === "true" || text === "1";
  return text;
}
