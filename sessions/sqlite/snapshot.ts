import Database from "better-sqlite3";
import { StoreError } from "../store.ts";
import { asStoreError, type Db } from "./database.ts";

export interface Copy {
  from: string;
  to: string;
}

/** How long the writers of a database may keep it to themselves, in ms. */
const PATIENCE_MS = 10_000;

/**
 * Copy databases as they are at one moment, while others write to them. The copies are whole, checked, and single files.
 *
 * A reader that stands on a database keeps seeing what it saw first, however much is written meanwhile, and the copies are
 * made from what the readers see. They are put up one after the other, and for as long as that takes the write locks of
 * all databases but the last are held: nothing is committed to them, so when the last reader is put up each of the others
 * still sees what is in its database at that moment. So the copies are to each other what the databases would be after a
 * power failure then: of two commits, in whichever databases, the later one is never there without the earlier.
 * Everything is opened before, so that nobody has to wait for longer than it takes to begin some transactions.
 *
 * @param reached told when all readers stand, before anything is copied
 * @returns the schema version of each copy, by its file
 * @throws StoreError `locked`, `unusable`; whatever keeps the copies from being written
 */
export async function copyAtOneMoment(
  copies: readonly Copy[],
  reached: () => void = () => {},
): Promise<Map<string, number>> {
  const readers: Opened[] = [];
  try {
    for (const { from } of copies) readers.push(opened(from));
    putUp(readers, copies.slice(0, -1));
    reached();
    const schemas = new Map<string, number>();
    for (const [index, { from, to }] of copies.entries()) {
      await copied((readers[index] as Opened).db, from, to);
      schemas.set(to, settled(from, to));
    }
    return schemas;
  } finally {
    for (const { db } of readers) db.close();
  }
}

interface Opened {
  file: string;
  db: Db;
  /** Stand where the database is now. */
  stand(): void;
}

function putUp(readers: readonly Opened[], locked: readonly Copy[]): void {
  const writers: Opened[] = [];
  try {
    for (const { from } of locked) writers.push(opened(from));
    for (const { db, file } of writers) trying(file, () => db.exec("BEGIN IMMEDIATE"));
    for (const { stand, file } of readers) trying(file, stand);
  } finally {
    for (const { db } of writers) db.close();
  }
}

/** As it is: a backup brings no schema up to date. */
function opened(file: string): Opened {
  return trying(file, () => {
    const db = new Database(file, { fileMustExist: true, timeout: PATIENCE_MS });
    try {
      const begin = db.prepare("BEGIN");
      const look = db.prepare("SELECT count(*) FROM sqlite_schema");
      return {
        file,
        db,
        stand() {
          begin.run();
          look.get();
        },
      };
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

function trying<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asStoreError(error, file);
  }
}

async function copied(reader: Db, from: string, to: string): Promise<void> {
  try {
    await reader.backup(to);
  } catch (error) {
    // Everything else that can go wrong is the copy's.
    throw /^SQLITE_(CORRUPT|NOTADB|IOERR_READ)/.test(codeOf(error)) ? asStoreError(error, from) : error;
  }
}

/** Make a copy a file that needs no other beside it. @returns its schema version */
function settled(from: string, to: string): number {
  const db = new Database(to);
  try {
    db.pragma("journal_mode = DELETE");
    const faults = db.pragma("quick_check(1)", { simple: true }) as string;
    if (faults !== "ok") throw new StoreError("unusable", damaged(from));
    // A file that lost all that was in it is a database to SQLite, and one without any faults.
    if (db.prepare("SELECT 1 FROM sqlite_schema").get() === undefined) throw new StoreError("unusable", damaged(from));
    return db.pragma("user_version", { simple: true }) as number;
  } catch (error) {
    throw /^SQLITE_(CORRUPT|NOTADB)/.test(codeOf(error))
      ? new StoreError("unusable", damaged(from), { cause: error })
      : error;
  } finally {
    db.close();
  }
}

function damaged(file: string): string {
  return `${file} is damaged, so there is no backup of it: \`parley db check\` says more`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
