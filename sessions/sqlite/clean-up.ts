import type { Blobs } from "./blobs.ts";
import type { Db } from "./database.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** A week for whoever has to find out what went wrong. */
const SENT_MS = 7 * DAY_MS;
const TEXTS_MS = 7 * DAY_MS;
/** Longer than the day that is counted, and than any clock is put back. */
const REMARKS_MS = 2 * DAY_MS;
/** Longer than any run takes from fetching a picture to writing its turn down. */
const UNSHOWN_MS = 2 * DAY_MS;
/** The longest that an answer may be shown what was said beside the bot. */
const AMBIENT_MS = DAY_MS;

/** Rows that one batch takes. */
const BATCH = 500;

/**
 * What tells of another delivery is kept as long as that one: who was told is not told again. Both as their index says it: SQLite uses a partial index only for a query that repeats its condition.
 */
export const DONE_DELIVERIES = `SELECT id FROM deliveries d WHERE state IN ('sent', 'dropped') AND created_at < ?
    AND NOT EXISTS (SELECT 1 FROM deliveries p WHERE p.id = d.about AND p.state IN ('failed', 'pending'))
  ORDER BY created_at, id LIMIT ${BATCH}`;
export const DONE_TEXTS = `SELECT seq FROM inbox
  WHERE state IN ('done', 'failed', 'dropped', 'refused') AND payload <> '{}' AND substr(payload, 1, 10) <> '{"aliases"'
    AND received_at < ? ORDER BY received_at, seq LIMIT ${BATCH}`;

type Part = (now: number, ambientMs: number) => number;

/** Take batch by batch until nothing is left. @returns rows that went or were emptied */
export async function cleanUpAll(
  parts: readonly Part[],
  commit: (batch: () => number) => Promise<number>,
  now: number,
  ambientMs: number = AMBIENT_MS,
) {
  let rows = 0;
  for (const part of parts) {
    for (let taken = BATCH; taken >= BATCH; rows += taken) taken = await commit(() => part(now, ambientMs));
  }
  return rows;
}

/**
 * What there is to clean up, part by part; each takes a batch and runs inside a transaction.
 *
 * What is found is found by what it is and not by how far an earlier look has come: nothing is remembered in between, so
 * that a crash, a clock that was put back or a message that waited for weeks leaves nothing lying about.
 *
 * A message's row stays for ever, so that it is known when it is delivered again, and keeps the other ids that its author
 * went by: whoever was blocked is recognised by them.
 */
export function cleaning(db: Db, blobs: Blobs): Part[] {
  const dropChunks = db.prepare<[number]>(`DELETE FROM chunks WHERE delivery_id IN (${DONE_DELIVERIES})`);
  const dropDeliveries = db.prepare<[number]>(`DELETE FROM deliveries WHERE id IN (${DONE_DELIVERIES})`);
  // Its words were erased: there is nothing left to send, or to look at.
  const dropEmpty = db.prepare<[number]>(
    `DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries d WHERE state = 'failed' AND created_at < ?
       AND NOT EXISTS (SELECT 1 FROM chunks WHERE delivery_id = d.id) LIMIT ${BATCH})`,
  );
  const emptyTexts = db.prepare<[number]>(
    `UPDATE inbox SET payload = json_object('aliases', json(iif(json_valid(payload), coalesce(payload -> '$.aliases', '[]'), '[]')))
     WHERE seq IN (${DONE_TEXTS})`,
  );
  const dropDays = db.prepare<[number]>(
    `DELETE FROM remarks WHERE (chat_id, about) IN (SELECT chat_id, about FROM remarks
       WHERE about GLOB 'limit:[0-9]*' AND CAST(substr(about, 7) AS INTEGER) < ? LIMIT ${BATCH})`,
  );
  const dropEnded = db.prepare(
    `DELETE FROM remarks WHERE (chat_id, about) IN (SELECT chat_id, about FROM remarks r
       WHERE about GLOB 'limit:context:*' AND NOT EXISTS (SELECT 1 FROM sessions s
         WHERE s.id = CAST(substr(r.about, 15) AS INTEGER) AND s.ended_at IS NULL) LIMIT ${BATCH})`,
  );
  const dropAmbient = db.prepare<[number]>(
    `DELETE FROM ambient WHERE id IN (SELECT id FROM ambient WHERE received_at < ? ORDER BY received_at LIMIT ${BATCH})`,
  );

  const emptyAmbient = db.prepare<[number]>(
    `UPDATE ambient SET text = '', forwarded = NULL WHERE id IN
       (SELECT id FROM ambient WHERE received_at < ? AND text <> '' ORDER BY received_at LIMIT ${BATCH})`,
  );

  return [
    (now) => {
      dropChunks.run(now - SENT_MS);
      return dropDeliveries.run(now - SENT_MS).changes;
    },
    (now) => dropEmpty.run(now - SENT_MS).changes,
    (now) => emptyTexts.run(now - TEXTS_MS).changes,
    (now) => dropDays.run(now - REMARKS_MS).changes,
    () => dropEnded.run().changes,
    (now) => dropAmbient.run(now - AMBIENT_MS).changes,
    (now, ambientMs) => emptyAmbient.run(now - ambientMs).changes,
    (now) => blobs.dropUnshown(now - UNSHOWN_MS, BATCH),
  ];
}
