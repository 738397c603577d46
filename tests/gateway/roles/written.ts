import { join } from "node:path";
import Database from "better-sqlite3";
import { DATABASE_FILE } from "../../../sessions/sqlite/store.ts";

/** What follows from saying anything at all: the message and its answer, who and where that was, a platform's own state. */
const TRAFFIC = ["chats", "links", "served", "aliases", "bookmarks", "vault", "sqlite_sequence"];
/** An answer is being sent while this is looked at: what counts is that it is there. */
const ANSWERS = ["deliveries", "chunks"];

/** Everything that is written, row by row. */
export interface Written {
  readonly tables: ReadonlyMap<string, readonly string[]>;
  readonly audit: readonly Audited[];
  /** How many messages had come, and the last of them. */
  readonly messages: number;
  readonly lastSeq: number;
}

export interface Audited {
  id: number;
  by: string;
  what: string;
}

type Row = Record<string, unknown>;

interface InboxRow {
  seq: number;
  user_id: string;
  is_command: number;
  state: string;
  failure: string | null;
}

/** Read the database file beside whoever writes it; nothing is changed. */
export function written(dataDir: string): Written {
  const db = new Database(join(dataDir, DATABASE_FILE), { readonly: true });
  try {
    const names = db.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
    const rowsOf = (table: string) => db.prepare<[], Row>(`SELECT * FROM "${table}"`).all();
    const inbox = rowsOf("inbox") as unknown as InboxRow[];
    const tables = names
      .filter((name) => name !== "inbox" && !TRAFFIC.includes(name))
      .map((name) => {
        const shown = ANSWERS.includes(name)
          ? ({ id, delivery_id, n }: Row) => [id, delivery_id, n]
          : (row: Row) => row;
        return [name, rowsOf(name).map((row) => JSON.stringify(shown(row)))] as const;
      });
    const messages = inbox.map(({ seq, user_id, is_command, state, failure }) =>
      JSON.stringify([seq, user_id, is_command, state, failure]),
    );
    return {
      tables: new Map([...tables, ["inbox", messages]]),
      audit: rowsOf("audit") as unknown as Audited[],
      messages: inbox.length,
      lastSeq: inbox.at(-1)?.seq ?? 0,
    };
  } finally {
    db.close();
  }
}

/**
 * The tables in which something is otherwise than before, in the order of the alphabet. The answer is not counted, and
 * neither is the one message of this user that was answered.
 */
export function changesSince(before: Written, now: Written, answeredTo: string): string[] {
  const own = JSON.stringify([before.lastSeq + 1, answeredTo, 1, "done", null]);
  return changed(before, now, (row, table) => table === "inbox" && row === own).filter(
    (table) => !ANSWERS.includes(table),
  );
}

/** The same where there is to be no answer and no message. */
export function anythingSince(before: Written, now: Written): string[] {
  return changed(before, now, () => false);
}

function changed(before: Written, now: Written, isExpected: (row: string, table: string) => boolean): string[] {
  const differs = (table: string) => {
    const old = before.tables.get(table) ?? [];
    const rows = (now.tables.get(table) ?? []).filter((row) => !isExpected(row, table));
    return rows.length !== old.length || rows.some((row, index) => row !== old[index]);
  };
  return [...now.tables.keys()].filter(differs).toSorted();
}
