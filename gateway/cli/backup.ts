import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { backUp } from "../../sessions/sqlite/backup.ts";
import { DATABASE_FILE } from "../../sessions/sqlite/store.ts";
import { loadConfig } from "../config/load.ts";

import { report } from "./report.ts";
import { size } from "./size.ts";
import { CliError, type JsonOption, type Surroundings } from "./surroundings.ts";
import { version } from "./version.ts";

/** Put everything that the data folder holds into one file, beside a gateway that goes on with it. */
export async function backup(
  around: Surroundings,
  file: string,
  options: JsonOption & { force?: boolean },
): Promise<number> {
  const { dataDir } = loadConfig(around);
  if (!existsSync(join(dataDir, DATABASE_FILE))) {
    throw new CliError(`There is no data in ${dataDir} yet: there is nothing to back up.`);
  }
  const to = resolve(around.cwd, file);
  const { bytes, manifest } = await backUp({
    folder: dataDir,
    file: to,
    force: options.force ?? false,
    version: version(),
    ...(around.now && { now: around.now }),
  });
  return report(around, options, {
    value: { file: to, bytes, createdAt: manifest.createdAt, parts: manifest.parts.map(({ name }) => name) },
    *lines() {
      yield `${to}: ${size(bytes)}, as of ${manifest.createdAt}`;
      for (const { name, bytes: own, schema } of manifest.parts) {
        yield `  ${name}, ${size(own)}${schema === null ? "" : `, schema ${schema}`}`;
      }
      yield "Credentials are in it, and everything that is kept of what people said: keep it where nobody else can read it.";
    },
  });
}
