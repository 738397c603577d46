/**
 * Write down a database of the present schema as SQL, for `frozen.ts`: the one that was frozen last, brought up to date, with
 * what standard input adds to it. With nothing to add, what was frozen last comes out as it is.
 *
 *     node tests/sessions/released/freeze.ts < rows.sql > tests/sessions/released/009-name.sql
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Db, openDatabase } from "../../../sessions/sqlite/database.ts";
import { recaller } from "../../../sessions/sqlite/recall.ts";
import { latestFrozen, thaw } from "./frozen.ts";

interface Entry {
  type: string;
  name: string;
  sql: string;
}

const folder = mkdtempSync(join(tmpdir(), "parley-freeze-"));
thaw(latestFrozen, folder);
const db = openDatabase(join(folder, "parley.db"));
db.exec(readFileSync(0, "utf8"));
// Of what was said, some is in the index, and some is still to be taken in.
if (db.prepare("SELECT 1 FROM recall_rows").get() === undefined) {
  recaller(db, (bytes) => Buffer.alloc(bytes, 7)).index(4);
}
process.stdout.write(dumped(db));
db.close();
rmSync(folder, { recursive: true });

function dumped(db: Db): string {
  const entries = db
    .prepare<[], Entry>("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid")
    .all()
    .filter(({ name }) => !/^sqlite_|^recall_(data|idx|content|docsize|config)$/.test(name));
  const tables = entries.filter(({ type }) => type === "table");
  const version = db.pragma("user_version", { simple: true });
  return [
    `-- A database of schema ${version}, frozen: it is never changed. Everything that can be in it is in it, and work in every state.\n`,
    ...tables.map(({ sql }) => `${sql};`),
    ...tables.flatMap(({ name }) => (name === "recall" ? indexed(db) : rowsOf(db, name))),
    ...entries.filter(({ type }) => type !== "table").map(({ sql }) => `${sql};`),
    "DELETE FROM sqlite_sequence;",
    ...rowsOf(db, "sqlite_sequence"),
    `PRAGMA user_version = ${version};\n`,
  ].join("\n");
}

function rowsOf(db: Db, table: string): string[] {
  const columns = db.prepare<[string], string>("SELECT name FROM pragma_table_info(?)").pluck().all(table);
  const values = columns.map((column) => `quote("${column}")`).join(" || ', ' || ");
  const rows = db.prepare<[], string>(`SELECT '  (' || ${values} || ')' FROM "${table}"`).pluck().all();
  return rows.length === 0 ? [] : [`INSERT INTO ${table} (${columns.join(", ")}) VALUES\n${rows.join(",\n")};`];
}

/** An index without its texts can be asked for what is in it, and be filled by nobody else than itself. */
function indexed(db: Db): string[] {
  db.exec("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, recall, instance)");
  const terms = db.prepare<[], { doc: number; terms: string }>(
    "SELECT doc, group_concat(term, ' ') AS terms FROM (SELECT doc, term FROM vocabulary ORDER BY doc, term) GROUP BY doc",
  );
  return terms.all().map(({ doc, terms }) => `INSERT INTO recall (rowid, terms) VALUES (${doc}, '${terms}');`);
}
