import type { Db } from "../../sessions/sqlite/database.ts";

/** How many rows each table has, and of some of them those that are not kept for ever. */
export function countRows(db: Db): Record<string, number> {
  const tables = db
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .pluck()
    .all() as string[];
  const count = (what: string) => db.prepare<[], number>(`SELECT count(*) FROM ${what}`).pluck().get() as number;
  return {
    ...Object.fromEntries(tables.map((table) => [table, count(`"${table}"`)])),
    "inbox, with words": count("inbox WHERE payload LIKE '%what of%'"),
    "deliveries, not failed": count("deliveries WHERE state <> 'failed'"),
    "sessions, open, of no thread": count("sessions WHERE ended_at IS NULL AND key NOT LIKE '%:thread:%'"),
  };
}

/** When the oldest was written that still holds what somebody said, in epoch ms. */
export function oldestWords(db: Db): Record<string, number> {
  const first = (what: string) => db.prepare<[], number>(`SELECT ${what}`).pluck().get() as number;
  return {
    transcripts: first("min(at) FROM transcript"),
    messages: first("min(received_at) FROM inbox WHERE payload LIKE '%what of%'"),
    answers: first("min(created_at) FROM deliveries WHERE id IN (SELECT delivery_id FROM chunks)"),
  };
}
