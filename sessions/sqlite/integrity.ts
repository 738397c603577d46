import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { StoreError } from "../store.ts";
import { DATABASES, PARTS, type Part } from "./backup-format.ts";
import { hashOf } from "./blobs.ts";
import { asStoreError, type Db, openDatabase } from "./database.ts";
import { refuseUnfinished } from "./finish-restore.ts";
import { RULES } from "./integrity-rules.ts";

export interface Problem {
  /** A sentence. */
  what: string;
  /** A sentence for an operator. */
  todo: string;
}

export interface Findings {
  /** Number of the last migration of the main database; null if it cannot be read. */
  schema: number | null;
  /** True if the next start brings the schema up to date; until then what is in the rows is not looked at. */
  older: boolean;
  problems: Problem[];
  /** Of a database with the log beside it. */
  files: Array<{ name: Part; bytes: number }>;
  /** Rows of the main database, by what they are. */
  counts: Record<string, number>;
}

/** What is named of each problem: somebody who has to look into it begins with some. */
const MOST_NAMED = 5;
const MOST_FAULTS = 20;

const RESTORE = "Take a copy of the data folder, then restore the latest backup (docs/backup.md).";
const REPORT = "Keep a copy of the data folder and report it: Parley does not do this.";

const COUNTS = {
  chats: "SELECT count(*) FROM chats WHERE moved_to IS NULL",
  messages: "SELECT count(*) FROM inbox",
  waiting: "SELECT count(*) FROM inbox WHERE state = 'waiting'",
  running: "SELECT count(*) FROM runs",
  conversations: "SELECT count(*) FROM sessions WHERE ended_at IS NULL",
  transcript: "SELECT count(*) FROM transcript",
  toSend: "SELECT count(*) FROM deliveries WHERE state = 'pending'",
  parked: "SELECT count(*) FROM deliveries WHERE state = 'failed'",
  pictures: "SELECT count(*) FROM blobs",
};

/**
 * Look for damage in a data folder, whether a gateway runs on it or not: SQLite's own checks, then what has to hold
 * between two transactions. Everything is seen as it is at one moment; nothing is written, and nobody has to wait.
 *
 * @param models gives an empty database, as this version makes it, of what is not the store's own
 * @throws StoreError if there is no data, or it cannot be opened for another reason than damage
 */
export function inspectFolder(folder: string, models: Models = {}): Findings {
  refuseUnfinished(folder);
  if (!existsSync(join(folder, "parley.db"))) throw new StoreError("unusable", `there is no data in ${folder}`);
  const findings: Findings = { schema: null, older: false, problems: [], files: [], counts: {} };
  for (const name of PARTS) {
    const [own, log] = [name, `${name}-wal`].map((file) => statSync(join(folder, file), { throwIfNoEntry: false }));
    if (own !== undefined) findings.files.push({ name, bytes: own.size + (log?.size ?? 0) });
  }
  for (const name of DATABASES) {
    const file = join(folder, name);
    if (!existsSync(file)) continue;
    const damage = reading(file, (db) => {
      const faults = damageIn(db);
      if (faults.length > 0) return faults;
      if (name === "parley.db") inspectRows(db, findings);
      else if (models[name] !== undefined) inspectSchema(db, name, models[name], findings);
      return [];
    });
    findings.problems.push(...damage.map((what) => ({ what: `${name}: ${what}.`, todo: RESTORE })));
  }
  return findings;
}

type Models = Partial<Record<Part, () => Db>>;

/** @returns a sentence for each thing that is wrong in a data folder @throws StoreError as `inspectFolder` */
export async function checkDatabase(folder: string): Promise<string[]> {
  return inspectFolder(folder).problems.map(({ what }) => what);
}

/** @returns what is damaged */
function reading(file: string, look: (db: Db) => string[]): string[] {
  let db: Db | undefined;
  try {
    db = new Database(file, { readonly: true, fileMustExist: true });
    db.exec("BEGIN");
    return look(db);
  } catch (error) {
    if (error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code)) {
      return [`it is damaged or no database (${error.code})`];
    }
    throw asStoreError(error, file);
  } finally {
    db?.close();
  }
}

function damageIn(db: Db): string[] {
  // To SQLite a file that lost all that was in it is a database, and one without any faults.
  if (db.prepare("SELECT 1 FROM sqlite_schema").get() === undefined) return ["it is empty"];
  const faults = db.prepare<[], string>(`PRAGMA integrity_check(${MOST_FAULTS})`).pluck().all();
  if (faults.length !== 1 || faults[0] !== "ok") return faults.map((fault) => fault.replace(/\s+/g, " "));
  const orphans = db.prepare<[], { table: string; parent: string; n: number }>(
    `SELECT "table", parent, count(*) AS n FROM pragma_foreign_key_check GROUP BY 1, 2`,
  );
  return orphans.all().map(({ table, parent, n }) => `${n} rows of ${table} refer to ${parent} that are not there`);
}

/** @returns whether it is this version's */
function inspectSchema(db: Db, name: Part, modelOf: () => Db, findings: Findings): boolean {
  const present = db.pragma("user_version", { simple: true }) as number;
  const model = modelOf();
  try {
    const known = model.pragma("user_version", { simple: true }) as number;
    if (present > known) {
      const what = `${name}: a newer version of Parley wrote it (schema ${present}, this one knows ${known}).`;
      findings.problems.push({ what, todo: "Update Parley." });
    }
    findings.older ||= present < known;
    if (present !== known) return false;
    const changed = differencesBetween(schemaOf(model), schemaOf(db));
    if (changed.length === 0) return true;
    findings.problems.push({ what: `${name}: the schema was changed: ${named(changed)}.`, todo: RESTORE });
    return false;
  } finally {
    model.close();
  }
}

function inspectRows(db: Db, findings: Findings): void {
  findings.schema = db.pragma("user_version", { simple: true }) as number;
  if (!inspectSchema(db, "parley.db", () => openDatabase(":memory:"), findings)) return;
  for (const { broken, what, todo = REPORT } of RULES) {
    const at = db.prepare<[], string>(broken).pluck().all();
    if (at.length > 0) findings.problems.push({ what: `parley.db: ${what}: ${named(at)}.`, todo });
  }
  const changed = changedPictures(db);
  if (changed.length > 0)
    findings.problems.push({ what: `parley.db: pictures have changed: ${named(changed)}.`, todo: RESTORE });
  for (const [name, sql] of Object.entries(COUNTS)) {
    findings.counts[name] = db.prepare<[], number>(sql).pluck().get() ?? 0;
  }
}

function schemaOf(db: Db): Map<string, string> {
  const rows = db.prepare<[], { name: string; sql: string | null }>(
    "SELECT type || ' ' || name AS name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite^_%' ESCAPE '^' ORDER BY 1",
  );
  return new Map(rows.all().map(({ name, sql }) => [name, sql ?? ""]));
}

function differencesBetween(model: Map<string, string>, present: Map<string, string>): string[] {
  const names = new Set([...model.keys(), ...present.keys()]);
  return [...names].filter((name) => model.get(name) !== present.get(name));
}

/** A picture is named by what is in it. */
function changedPictures(db: Db): string[] {
  const changed: string[] = [];
  const all = db.prepare<[], { hash: string; bytes: Buffer }>("SELECT hash, bytes FROM blobs");
  for (const { hash, bytes } of all.iterate()) {
    if (hashOf(bytes) !== hash) changed.push(`picture ${hash.slice(0, 12)}`);
  }
  return changed;
}

function named(at: readonly string[]): string {
  const some = at.slice(0, MOST_NAMED).join("; ");
  return at.length > MOST_NAMED ? `${some}; and ${at.length - MOST_NAMED} more` : some;
}
