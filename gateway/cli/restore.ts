import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import type { Part } from "../../sessions/sqlite/backup-format.ts";
import { restore as restoreFolder } from "../../sessions/sqlite/restore.ts";
import { loadConfig } from "../config/load.ts";
import { CliError, type Surroundings } from "./surroundings.ts";

/** The newest schemas that this program knows. */
const SCHEMAS: Partial<Record<Part, number>> = {
  "parley.db": migrationsIn(new URL("../../sessions/sqlite/migrations/", import.meta.url)),
  "web.db": migrationsIn(new URL("../../adapters/web/log/migrations/", import.meta.url)),
};

/** Put a backup in the place of what the data folder holds, which is kept. */
export async function restore(around: Surroundings, file: string, { yes = false }: { yes?: boolean }): Promise<number> {
  const { print } = around;
  const { dataDir: folder } = loadConfig(around);
  const from = resolve(around.cwd, file);
  const { manifest, replaced } = await restoreFolder({
    file: from,
    folder,
    schemas: SCHEMAS,
    agree(moved, into) {
      if (yes) return;
      throw new CliError(
        `There is data in ${folder}: ${moved.join(", ")} would be moved to ${into}, and the backup would take its place. Say --yes to do it.`,
      );
    },
    ...(around.now && { now: around.now }),
  });
  print(`${folder} is as it was at ${manifest.createdAt}: ${manifest.parts.map(({ name }) => name).join(", ")}`);
  if (replaced !== null) print(`What was there is in ${replaced}: remove it when you do not need it any more.`);
  print("Look at it with `parley db check`, then start the gateway.");
  print("docs/backup.md says what happens on each platform with what was said since then.");
  return 0;
}

function migrationsIn(folder: URL): number {
  return readdirSync(folder).filter((name) => name.endsWith(".sql")).length;
}
