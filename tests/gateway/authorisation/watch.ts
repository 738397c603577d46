import type { Db } from "../../../sessions/sqlite/database.ts";

/** One row that was written, as the database itself tells it. */
export interface Change {
  table: string;
  /** What names the row. */
  key: readonly string[];
  from: string | null;
  to: string | null;
}

/** What is watched: the columns that name a row, and the one whose value matters. */
const WATCHED: Readonly<Record<string, { key: readonly string[]; value: string }>> = {
  settings: { key: ["place", "name"], value: "value" },
  access: { key: ["platform", "account", "kind", "id"], value: "rule" },
  pairings: { key: ["platform", "account", "kind", "subject"], value: "code" },
  owner_claim: { key: ["id"], value: "hash" },
  sessions: { key: ["key", "id"], value: "coalesce(ended_at, 'open')" },
  transcript: { key: ["session_id", "coalesce(author_id, '')", "seq"], value: "role" },
  runs: { key: ["user_id", "chat_id", "id"], value: "stopped" },
  approvals: {
    key: [
      "(SELECT user_id FROM runs WHERE id = ROW.run_id)",
      "(SELECT chat_id FROM runs WHERE id = ROW.run_id)",
      "expires_at",
    ],
    value: "state",
  },
  inbox: { key: ["user_id", "chat_id", "seq", "is_command"], value: "state" },
};

/**
 * Tells of every row that is written into what must not be written without right, by triggers of the test's own: nothing
 * that the gateway says about itself is believed.
 */
export class DatabaseWatch {
  readonly #db: Db;
  readonly #changes;
  readonly #forget;

  constructor(db: Db) {
    this.#db = db;
    db.exec("CREATE TEMP TABLE changes (n INTEGER PRIMARY KEY, about TEXT, row_key TEXT, old TEXT, new TEXT)");
    for (const [table, { key, value }] of Object.entries(WATCHED)) {
      const of = (row: string, column: string) =>
        column.includes("ROW.") ? column.replaceAll("ROW.", `${row}.`) : column.replace(/^(coalesce\()?/, `$1${row}.`);
      const named = (row: string) => `json_array(${key.map((column) => of(row, column)).join(", ")})`;
      const valued = (row: string) => of(row, value);
      const note = (row: string, old: string, present: string) =>
        `INSERT INTO changes (about, row_key, old, new) VALUES ('${table}', ${named(row)}, ${old}, ${present});`;
      db.exec(`
        CREATE TEMP TRIGGER seen_insert_${table} AFTER INSERT ON main.${table}
          BEGIN ${note("NEW", "NULL", valued("NEW"))} END;
        CREATE TEMP TRIGGER seen_delete_${table} AFTER DELETE ON main.${table}
          BEGIN ${note("OLD", valued("OLD"), "NULL")} END;
        CREATE TEMP TRIGGER seen_update_${table} AFTER UPDATE ON main.${table} WHEN ${valued("OLD")} IS NOT ${valued("NEW")}
          BEGIN ${note("NEW", valued("OLD"), valued("NEW"))} END;`);
    }
    this.#changes = db.prepare<[], { about: string; row_key: string; old: string | null; new: string | null }>(
      "SELECT about, row_key, old, new FROM changes ORDER BY n",
    );
    this.#forget = db.prepare("DELETE FROM changes");
  }

  /** What was written since this was asked last. */
  take(): Change[] {
    const rows = this.#changes.all();
    if (rows.length > 0) this.#forget.run();
    return rows.map((row) => ({
      table: row.about,
      key: (JSON.parse(row.row_key) as unknown[]).map(String),
      from: row.old === null ? null : String(row.old),
      to: row.new === null ? null : String(row.new),
    }));
  }

  /** Everything that stands in a table, named like a change. */
  all(table: "settings" | "access"): Map<string, string> {
    const { key, value } = WATCHED[table] as { key: readonly string[]; value: string };
    const rows = this.#db
      .prepare<[], { row_key: string; value: string }>(
        `SELECT json_array(${key.join(", ")}) AS row_key, ${value} AS value FROM ${table}`,
      )
      .all();
    return new Map(rows.map((row) => [row.row_key, row.value]));
  }
}
