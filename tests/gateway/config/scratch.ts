import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Config } from "../../../gateway/config/config.ts";
import type { Environment } from "../../../gateway/config/environment.ts";
import { loadConfig } from "../../../gateway/config/load.ts";
import { ConfigError, formatConfigError } from "../../../gateway/config/problems.ts";

/** A folder that is gone after the test. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "parley-config-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A working directory whose `parley.yaml` says this. */
export function folderWith(yaml: string): string {
  const folder = scratchFolder();
  writeFileSync(join(folder, "parley.yaml"), yaml);
  return folder;
}

export function load(yaml: string, env: Environment = {}): Config {
  return loadConfig({ env, cwd: folderWith(yaml) });
}

/** The lines that an operator sees; none if the configuration loads. */
export function complaints(yaml: string, env: Environment = {}): string[] {
  const error = failure(() => load(yaml, env));
  return error === undefined ? [] : formatConfigError(error).split("\n");
}

/** @throws whatever is not a `ConfigError` */
export function failure(action: () => unknown): ConfigError | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

/** A value that is taken from the environment. */
export function reference(name: string): string {
  return `\${${name}}`;
}
