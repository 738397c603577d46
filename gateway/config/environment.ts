import type { z } from "zod";
import { servedPlatforms } from "./config.ts";
import type { Origins } from "./origins.ts";
import { emptySection, isSection, type Path, type RawSection } from "./path.ts";
import { readText, schemaAt } from "./schema-walk.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Variable {
  readonly name: string;
  /** The setting that it decides. */
  readonly path: Path;
  /** Settings that step back as well, so that it counts for every platform. */
  readonly alsoDecides?: readonly Path[];
  /** It counts only where this section exists: by itself it configures nothing. */
  readonly within?: string;
}

/** In this order, so that a token has made its platform's section before the platform's other variables are read. */
export const variables: readonly Variable[] = [
  { name: "PARLEY_HOST", path: ["http", "host"] },
  { name: "PARLEY_PORT", path: ["http", "port"] },
  { name: "PARLEY_TOKEN", path: ["http", "token"] },
  { name: "ANTHROPIC_API_KEY", path: ["anthropic", "apiKey"] },
  { name: "ANTHROPIC_BASE_URL", path: ["anthropic", "baseUrl"] },
  { name: "DISCORD_TOKEN", path: ["discord", "token"] },
  { name: "DISCORD_API_ROOT", path: ["discord", "apiRoot"], within: "discord" },
  { name: "TELEGRAM_BOT_TOKEN", path: ["telegram", "token"] },
  { name: "TELEGRAM_API_ROOT", path: ["telegram", "apiRoot"], within: "telegram" },
  { name: "WHATSAPP_ENABLED", path: ["whatsapp", "enabled"] },
  { name: "WHATSAPP_WS_URL", path: ["whatsapp", "wsUrl"], within: "whatsapp" },
  { name: "PARLEY_STRATEGY", path: ["strategy"], alsoDecides: onEveryPlatform("strategy") },
  { name: "PARLEY_ACCESS", path: ["access"], alsoDecides: onEveryPlatform("access") },
  { name: "PARLEY_LOG_LEVEL", path: ["log", "level"] },
];

/** Variables that say where things are; they stand in no file. */
export const placeVariables = ["PARLEY_CONFIG", "PARLEY_DATA"] as const;

function onEveryPlatform(key: string): Path[] {
  return servedPlatforms.map((platform) => [platform, key]);
}

/** @returns the value, or `undefined` if it is not set; an empty one is not set */
export function read(env: Environment, name: string): string | undefined {
  return env[name] === "" ? undefined : env[name];
}

/** The settings that the environment decides. */
export function decidedBy(env: Environment): Path[] {
  return variables
    .filter(({ name }) => read(env, name) !== undefined)
    .flatMap(({ path, alsoDecides = [] }) => [path, ...alsoDecides]);
}

/** Write the environment's values over those of the file, in place. */
export function applyEnvironment(root: RawSection, env: Environment, schema: z.core.$ZodType, origins: Origins): void {
  for (const { name, path, alsoDecides = [], within } of variables) {
    const text = read(env, name);
    if (text === undefined || (within !== undefined && !Object.hasOwn(root, within))) continue;
    put(root, path, readText(text, schemaAt(schema, path)));
    for (const each of alsoDecides) remove(root, each);
    for (const each of [path, ...alsoDecides]) origins.setVariable(each, name);
  }
}

/** What stands where a section should be stays there, for the schema to complain about. */
function put(root: RawSection, [step, ...rest]: Path, value: unknown): void {
  if (step === undefined) return;
  if (rest.length === 0) root[step] = value;
  else {
    root[step] ??= emptySection();
    const inner = root[step];
    if (isSection(inner)) put(inner, rest, value);
  }
}

function remove(root: RawSection, [step, ...rest]: Path): void {
  if (step === undefined) return;
  const inner = root[step];
  if (rest.length === 0) delete root[step];
  else if (isSection(inner)) remove(inner, rest);
}
