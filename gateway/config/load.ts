import { dirname, resolve } from "node:path";
import type { Config } from "./config.ts";
import { DEFAULT_DATA_DIR } from "./defaults.ts";
import { applyEnvironment, decidedBy, type Environment, read } from "./environment.ts";
import { deepFreeze } from "./freeze.ts";
import { interpret } from "./interpret.ts";
import { startedIn } from "./mcp.ts";
import { Origins } from "./origins.ts";
import { emptySection, formatPath, isSection, mergeSections, type RawSection } from "./path.ts";
import { ConfigError, orderProblems, type Problem } from "./problems.ts";
import { resolveSettings } from "./resolve.ts";
import { checkRules } from "./rules.ts";
import { type Settings, settingsSchema } from "./schema.ts";
import { readSourceFile, type SourceFile } from "./source-file.ts";
import { validate } from "./validate.ts";
import { readYaml } from "./yaml-source.ts";

export interface LoadOptions {
  readonly env: Environment;
  /** Absolute; relative paths of `env` and `file` start here. */
  readonly cwd: string;
  /** Read this file rather than the one that `PARLEY_CONFIG` names or `parley.yaml`. */
  readonly file?: string | undefined;
  /** Count where neither the file nor the environment says anything. */
  readonly defaults?: Settings | undefined;
}

/**
 * Put the configuration together: the environment wins over the file, the file over the defaults.
 *
 * @throws ConfigError with every problem at once
 */
export function loadConfig({ env, cwd, file, defaults = {} }: LoadOptions): Config {
  const source = readSourceFile(env, cwd, file);
  const { settings, origins } = readSettings(source, env, defaults);
  const resolved = resolveSettings(settings);
  const base = source === undefined ? cwd : dirname(source.file);
  return deepFreeze({
    ...resolved,
    file: source?.file,
    dataDir: resolve(cwd, read(env, "PARLEY_DATA") ?? DEFAULT_DATA_DIR),
    strategies: resolved.strategies.map((path) => resolve(base, path)),
    mcp: resolved.mcp.map((server) => startedIn(server, base)),
    where: (path: string) => origins.place(path),
  });
}

function readSettings(
  source: SourceFile | undefined,
  env: Environment,
  defaults: Settings,
): { settings: Settings; origins: Origins } {
  const yaml = readYaml(source?.text ?? "", source?.shown ?? "");
  const origins = new Origins(source?.shown, yaml.positions);
  const decided = new Set(decidedBy(env).map(formatPath));
  const { value, references, problems } = interpret(yaml.value, settingsSchema, env, origins, decided);
  const found: Problem[] = [...yaml.problems, ...problems];

  if (value !== undefined && !isSection(value)) {
    found.push({ path: "", file: source?.shown, line: 1, column: 1, message: "expected keys with values" });
  }
  const root: RawSection = mergeSections(structuredClone(defaults), isSection(value) ? value : emptySection());
  applyEnvironment(root, env, settingsSchema, origins);

  const validated = validate(root, origins, references);
  found.push(...validated.problems, ...checkRules(root, origins));
  if (validated.settings === undefined || found.length > 0) throw new ConfigError(orderProblems(found));
  return { settings: validated.settings, origins };
}
