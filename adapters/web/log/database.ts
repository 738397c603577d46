import { readdirSync, readFileSync } from "node:fs";
import Database from "better-sqlite3";

const MIGRATIONS = new URL("./migrations/", import.meta.url);

/**
 * Open the platform's database and bring its schema up to date. What is committed survives the death of the process
 * and of the machine.
 *
 * @throws if the file cannot be opened, is no database, or was written by a newer version
 */
export function openDatabase(file: string): Database.Database {
  const db = new Database(file);
  try {
    db.pragma("journal_mode = WAL");
    // Not a property of the file: a new connection to a WAL database runs NORMAL until it is told otherwise.
    db.pragma("synchronous = FULL");
    // What is erased is overwritten, not left in free pages.
    db.pragma("secure_delete = ON");
    db.pragma("foreign_keys = ON");
    migrate(db);
    // Nobody else writes into it as a rule; for somebody who does, not everything else has to stand still.
    db.pragma("busy_timeout = 100");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function migrate(db: Database.Database): void {
  const files = readdirSync(MIGRATIONS)
    .filter((name) => name.endsWith(".sql"))
    .sort();
  const version = db.pragma("user_version", { simple: true }) as number;
  if (version > files.length) throw new Error("the web platform's database was written by a newer version");
  for (const [index, name] of files.entries()) {
    if (index < version) continue;
    const sql = readFileSync(new URL(name, MIGRATIONS), "utf8");
    db.transaction(() => {
      db.exec(sql);
      db.pragma(`user_version = ${index + 1}`);
    })();
  }
}
