import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";

/**
 * Databases of every schema that was released, filled by hand with everything that can be in them and with work in every
 * state: what runs and has stored steps, what waits, is held, was refused, has to be sent, is on its way, has failed.
 *
 * They are what upgrades are tested on, so they are never changed. When a schema is released, one is added.
 */
export interface FrozenDatabase {
  schema: number;
  /** As the last of its migrations is called. */
  name: string;
  sql: string;
}

export const frozenDatabases: readonly FrozenDatabase[] = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".sql"))
  .toSorted()
  .map((file, index) => ({
    schema: index + 1,
    name: file.replace(".sql", ""),
    sql: readFileSync(join(import.meta.dirname, file), "utf8"),
  }));

/** Make it a database in a data folder, as a gateway of that time left it. */
export function thaw({ sql }: FrozenDatabase, folder: string): void {
  const db = new Database(join(folder, "parley.db"));
  db.pragma("journal_mode = WAL");
  db.pragma("foreign_keys = OFF");
  db.exec(`BEGIN; ${sql} COMMIT;`);
  db.close();
}

/** The one that was released last. */
export const latestFrozen = frozenDatabases.at(-1) as FrozenDatabase;

/** Everything that is in a database. */
export function contentOf(folder: string): Record<string, unknown[]> {
  const db = new Database(join(folder, "parley.db"), { readonly: true });
  try {
    const tables = db
      .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .pluck()
      .all();
    const content = Object.fromEntries(tables.map((table) => [table, db.prepare(`SELECT * FROM ${table}`).all()]));
    return { ...content, schema: db.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name").all() };
  } finally {
    db.close();
  }
}
