import { AjvJsonSchemaValidator } from "@modelcontextprotocol/client/validators/ajv";
import type { Tool } from "../agent.ts";

type InputSchema = Tool["inputSchema"];

const MAX_CHARS = 10_000;
const MAX_DEPTH = 30;

/** What a provider refuses at the top of a schema, together with the whole request; the server checks its input itself. */
const NOT_AT_THE_TOP: ReadonlySet<string> = new Set(["$schema", "$id", "anyOf", "oneOf", "allOf"]);

const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/**
 * The schema of a tool's input as a provider takes it: one bad schema would make it refuse every request that has the tool.
 *
 * @returns a sentence without its beginning if the schema cannot be given: "its schema …"
 */
export function inputSchemaOf(given: unknown): InputSchema | string {
  const text = textOf(given);
  if (text === undefined) return "has no schema that can be read";
  if (text.length > MAX_CHARS) return `has a schema of more than ${MAX_CHARS} characters`;
  const schema: unknown = JSON.parse(text);
  if (!isObject(schema) || schema.type !== "object") return "has a schema that is not one of an object";
  const kept = Object.fromEntries(Object.entries(schema).filter(([key]) => !NOT_AT_THE_TOP.has(key)));
  const fault = faultOf(kept);
  return fault === undefined ? { ...kept, type: "object" } : `has a schema ${fault}`;
}

function faultOf(schema: Record<string, unknown>): string | undefined {
  const { properties = {} } = schema;
  if (!isObject(properties)) return "whose properties are no section";
  if (!Object.keys(properties).every((key) => /^[\w.-]{1,64}$/.test(key))) return "with names that no model takes";
  const inside = innerFault(schema, 0);
  if (inside !== undefined) return inside;
  return isSchema(schema) ? undefined : "that is not valid";
}

function innerFault(value: unknown, depth: number): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (depth > MAX_DEPTH) return "that is nested too deeply";
  for (const [key, inner] of Object.entries(value)) {
    if (!key.isWellFormed()) return "with names that no model takes";
    if (key === "$ref" && typeof inner === "string" && !inner.startsWith("#")) return "that refers to another one";
    const fault = innerFault(inner, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

let validate: ((schema: unknown) => { valid: boolean }) | undefined;

function isSchema(schema: unknown): boolean {
  validate ??= new AjvJsonSchemaValidator().getValidator({ $ref: DIALECT });
  return validate(schema).valid;
}

/** Without halves of characters: one anywhere makes a provider refuse the request. */
function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, (_, inner: unknown) => (typeof inner === "string" ? inner.toWellFormed() : inner));
  } catch {
    // Nested so deeply that even this fails.
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
