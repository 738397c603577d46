import { existsSync } from "node:fs";
import { join } from "node:path";
import { DATABASE_FILE, visitSqliteStore } from "../../sessions/sqlite/store.ts";
import type { Store } from "../../sessions/store.ts";
import { CliError } from "./surroundings.ts";

/** Look into a data folder, whether a gateway runs on it or not. */
export async function visit<T>(dataDir: string, look: (store: Store) => Promise<T>): Promise<T> {
  if (!existsSync(join(dataDir, DATABASE_FILE))) {
    throw new CliError(
      `There is no data in ${dataDir} yet: start the gateway once, or name its folder in PARLEY_DATA.`,
    );
  }
  const store = visitSqliteStore(dataDir);
  try {
    return await look(store);
  } finally {
    await store.close();
  }
}
