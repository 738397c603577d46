import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { StoreError } from "../store.ts";
import { asStoreError } from "./database.ts";
import { makeFolder } from "./folder.ts";

export const LOCK_FILE = "parley.lock";
export const HOLDER_FILE = "parley.pid";

/**
 * Take the data folder for this process, until `release` is called or the process is gone.
 *
 * The lock is a transaction on a database of its own: the operating system lets go of it however the process dies, so
 * there is never a stale lock to clear away. Who holds it is written beside it, for the error alone.
 *
 * @throws StoreError `locked` if another process has it, `unwritable` if the folder cannot be used
 */
export function lockFolder(folder: string): { release(): void } {
  const holder = join(folder, HOLDER_FILE);
  let db: Database.Database | undefined;
  try {
    makeFolder(folder);
    db = new Database(join(folder, LOCK_FILE), { timeout: 0 });
    db.exec("BEGIN EXCLUSIVE");
    writeFileSync(holder, `${process.pid}\n`);
  } catch (error) {
    db?.close();
    if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")) {
      throw new StoreError(
        "locked",
        `the data folder ${folder} is in use by another Parley process${named(holder)}: stop that one, ` +
          "or give this one a folder of its own with PARLEY_DATA",
        { cause: error },
      );
    }
    throw asStoreError(error, folder);
  }
  const held = db;
  return { release: () => held.close() };
}

function named(file: string): string {
  try {
    return ` (process ${Number.parseInt(readFileSync(file, "utf8"), 10)})`;
  } catch {
    return "";
  }
}
