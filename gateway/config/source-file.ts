import { readFileSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import { DEFAULT_FILE } from "./defaults.ts";
import { type Environment, read } from "./environment.ts";
import { ConfigError } from "./problems.ts";

export interface SourceFile {
  /** Absolute. */
  readonly file: string;
  /** As people know it: relative to the working directory where it lies inside it. */
  readonly shown: string;
  readonly text: string;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EACCES: "the file may not be read",
  EPERM: "the file may not be read",
  EISDIR: "this is a folder, not a file",
};

/**
 * Read the configuration file: the one named by the caller, else by `PARLEY_CONFIG`, else `parley.yaml`.
 *
 * @returns `undefined` if nobody named a file and the usual one does not exist
 * @throws ConfigError if it cannot be read
 */
export function readSourceFile(env: Environment, cwd: string, named?: string): SourceFile | undefined {
  const fromEnvironment = named === undefined ? read(env, "PARLEY_CONFIG") : undefined;
  const file = resolve(cwd, named ?? fromEnvironment ?? DEFAULT_FILE);
  const shown = showFile(file, cwd);
  try {
    return { file, shown, text: readFileSync(file, "utf8") };
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && named === undefined && fromEnvironment === undefined) return undefined;
    const message = reasons[code] ?? `the file cannot be read${code === "" ? "" : ` (${code})`}`;
    const problem =
      fromEnvironment === undefined
        ? { path: "", file: shown, message }
        : { path: "PARLEY_CONFIG", message: `${shown}: ${message}` };
    throw new ConfigError([problem], { cause: error });
  }
}

function showFile(file: string, cwd: string): string {
  const inside = relative(cwd, file);
  return inside === "" || inside.startsWith("..") || isAbsolute(inside) ? file : inside;
}
