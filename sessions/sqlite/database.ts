import { chmodSync, closeSync, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { StoreError } from "../store.ts";
import { adviceFor } from "./advice.ts";

export type Db = Database.Database;

const MIGRATIONS = join(import.meta.dirname, "migrations");

/**
 * Open a database file with the settings that durability rests on, and bring its schema up to date.
 *
 * `synchronous` is set on every open: a new connection to an existing WAL file would run `NORMAL` without a word.
 *
 * @param file path, or `:memory:`
 * @throws StoreError `unwritable` or `unusable`
 */
export function openDatabase(file: string): Db {
  let db: Db | undefined;
  try {
    if (file !== ":memory:") keepPrivate(file);
    db = new Database(file);
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.pragma("foreign_keys = ON");
    db.pragma("busy_timeout = 5000");
    // 64 MiB: the rows that are open and the tops of the indexes stay in memory however large the file grows.
    db.pragma("cache_size = -65536");
    migrate(db);
    return db;
  } catch (error) {
    db?.close();
    throw asStoreError(error, file);
  }
}

/**
 * It holds credentials: nobody else on this machine may read it. The two files beside it take its mode when they are made.
 *
 * One that is there is never opened by other means than SQLite's: closing it would let go of locks that this process has.
 */
export function keepPrivate(file: string): void {
  try {
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    for (const each of [file, `${file}-wal`, `${file}-shm`]) {
      const mode = statSync(each, { throwIfNoEntry: false })?.mode;
      if (mode !== undefined && (mode & 0o077) !== 0) chmodSync(each, 0o600);
    }
  }
}

function migrate(db: Db): void {
  const files = readdirSync(MIGRATIONS)
    .filter((name) => /^\d{3}-.*\.sql$/.test(name))
    .sort();
  // Nobody who only looks on has to wait for whoever is writing.
  if (schemaVersion(db) === files.length) return;
  db.transaction(() => {
    const present = schemaVersion(db);
    if (present > files.length) {
      throw new StoreError(
        "unusable",
        `the database was written by a newer version (schema ${present}, this one knows ${files.length}): update Parley`,
      );
    }
    for (const file of files.slice(present)) db.exec(readFileSync(join(MIGRATIONS, file), "utf8"));
    db.pragma(`user_version = ${files.length}`);
  }).exclusive();
}

function schemaVersion(db: Db): number {
  return db.pragma("user_version", { simple: true }) as number;
}

/** Say what an operator can do about an SQLite failure; other errors are given back as they are. */
export function asStoreError(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || error instanceof StoreError) return error;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  // In this order: some faults of the disk say that what it holds is damaged.
  if (/^SQLITE_(CORRUPT|NOTADB|IOERR_(CORRUPTFS|DATA))/.test(code)) {
    return new StoreError(
      "unusable",
      `${file} is damaged or no database (${code}): see with \`parley db check\` how bad it is; then stop Parley and bring ` +
        "a backup back with `parley restore`, or move the file away to start with nothing",
      { cause: error },
    );
  }
  if (UNWRITABLE.test(code)) {
    return new StoreError("unwritable", `cannot write ${file} (${code}): ${adviceFor(code, file)}`, { cause: error });
  }
  if (/^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(code)) {
    return new StoreError(
      "locked",
      `${file} is in use by another process, which goes on writing: \`fuser\` or \`lsof\` with the file's name says ` +
        "which one; let it finish, or stop it",
      { cause: error },
    );
  }
  return error;
}

const UNWRITABLE =
  /^(SQLITE_(CANTOPEN|READONLY|PERM|FULL|IOERR)|EACCES|EDQUOT|EEXIST|EFBIG|EIO|ENOENT|ENOSPC|ENOTDIR|EPERM|EROFS)/;
