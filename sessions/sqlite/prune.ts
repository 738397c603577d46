import type { Blobs } from "./blobs.ts";
import type { Db } from "./database.ts";
import type { SessionContexts } from "./session-context.ts";
import { BEGINS_TURN } from "./turn-starts.ts";

/** Rows that one batch looks at, or erases. */
const BATCH = 500;
const END = Number.MAX_SAFE_INTEGER;

/** How far it has come: everything of a phase up to a number. */
interface PruneMark {
  phase: "transcripts" | "messages" | "answers" | "sessions" | "ambient" | "pictures";
  from: number;
}

interface Pruned {
  turns: number;
  /** Where to go on; null if nothing is left. */
  next: PruneMark | null;
}

/** Erase batch by batch until nothing is left. @returns erased turns */
export async function pruneAll(erase: (mark: PruneMark) => Promise<Pruned>): Promise<number> {
  let turns = 0;
  for (let mark: PruneMark | null = { phase: "transcripts", from: 0 }; mark !== null; ) {
    const batch: Pruned = await erase(mark);
    turns += batch.turns;
    mark = batch.next;
  }
  return turns;
}

/**
 * Erase one batch of what was said before a time; runs inside a transaction, so that whoever else wants to write waits for
 * one batch at most. Beginning again is harmless.
 *
 * A conversation loses whole turns at its beginning, so that what is left begins with somebody's words and has every
 * result of a tool behind the reply that asked for it. What is not finished is not touched.
 */
export function pruner(
  db: Db,
  blobs: Blobs,
  contexts: SessionContexts,
): (before: number, mark: PruneMark, summedUpBefore?: number) => Pruned {
  const last = db.prepare<[], { sessions: number; messages: number; answers: number }>(
    `SELECT coalesce((SELECT max(id) FROM sessions), 0) AS sessions, coalesce((SELECT max(seq) FROM inbox), 0) AS messages,
       coalesce((SELECT max(id) FROM deliveries), 0) AS answers`,
  );
  const old = db.prepare<{ from: number; to: number; before: number; summedUpBefore: number }, { id: number }>(
    `SELECT id FROM sessions WHERE id > @from AND id <= @to
       AND (SELECT at FROM transcript WHERE session_id = sessions.id ORDER BY seq LIMIT 1) < iif(EXISTS
         (SELECT 1 FROM compactions WHERE session_id = sessions.id AND summary IS NOT NULL), @summedUpBefore, @before)
     ORDER BY id`,
  );
  const extent = db.prepare<{ session: number }, { first: number | null; far: number | null }>(
    `SELECT (SELECT min(seq) FROM transcript WHERE session_id = @session) AS first,
       (SELECT seq FROM transcript WHERE session_id = @session ORDER BY seq LIMIT 1 OFFSET ${BATCH}) AS far`,
  );
  const recent = db.prepare<[number, number, number], { seq: number }>(
    "SELECT seq FROM transcript WHERE session_id = ? AND seq <= ? AND at >= ? ORDER BY seq LIMIT 1",
  );
  const turnUpTo = db.prepare<[number, number], { seq: number }>(
    `SELECT seq FROM transcript WHERE session_id = ? AND seq <= ? AND ${BEGINS_TURN} ORDER BY seq DESC LIMIT 1`,
  );
  const turnAfter = db.prepare<[number, number], { seq: number }>(
    `SELECT seq FROM transcript WHERE session_id = ? AND seq > ? AND ${BEGINS_TURN} ORDER BY seq LIMIT 1`,
  );
  const count = db.prepare<[number, number], { turns: number; rows: number; last: number | null }>(
    `SELECT count(*) FILTER (WHERE ${BEGINS_TURN}) AS turns, count(*) AS rows, max(seq) AS last
     FROM transcript WHERE session_id = ? AND seq < ?`,
  );
  const note = db.prepare<[number, number]>("UPDATE sessions SET erased_to = max(erased_to, ?) WHERE id = ?");
  const erase = db.prepare<[number, number]>("DELETE FROM transcript WHERE session_id = ? AND seq < ?");
  const eraseTexts = db.prepare<[number, number, number]>(
    `UPDATE inbox SET payload = '{}' WHERE seq > ? AND seq <= ? AND received_at < ? AND payload <> '{}'
       AND state IN ('done', 'failed', 'dropped', 'refused')`,
  );
  const eraseAnswers = db.prepare<[number, number, number]>(
    `DELETE FROM chunks WHERE delivery_id > ? AND delivery_id <= ? AND EXISTS
       (SELECT 1 FROM deliveries d WHERE d.id = delivery_id AND d.created_at < ? AND d.state IN ('sent', 'failed', 'dropped'))`,
  );
  // One that failed is left for operators to see, without its words, until it is cleaned up.
  const dropAnswers = db.prepare<[number, number, number]>(
    `DELETE FROM deliveries WHERE id > ? AND id <= ? AND created_at < ? AND state IN ('sent', 'dropped')`,
  );
  // The highest number is never taken away, so that it is never given again: plans that wait may name it.
  const dropSessions = db.prepare<[number, number, number]>(
    `DELETE FROM sessions WHERE id > ? AND id <= ? AND ended_at < ? AND id < (SELECT max(id) FROM sessions)
       AND NOT EXISTS (SELECT 1 FROM transcript WHERE session_id = sessions.id)
       AND NOT EXISTS (SELECT 1 FROM usage WHERE session_id = sessions.id)
       AND NOT EXISTS (SELECT 1 FROM runs WHERE session_id = sessions.id)
       AND NOT EXISTS (SELECT 1 FROM blob_refs WHERE session_id = sessions.id)
       AND NOT EXISTS (SELECT 1 FROM compactions WHERE session_id = sessions.id)
       AND NOT EXISTS (SELECT 1 FROM sessions m WHERE m.merged_into = sessions.id)`,
  );
  const eraseAmbient = db.prepare<[number]>(
    `DELETE FROM ambient WHERE id IN (SELECT id FROM ambient WHERE received_at < ? ORDER BY received_at LIMIT ${BATCH})`,
  );

  /** Where the first turn begins that stays, or that a later batch erases. */
  function cut(session: number, before: number): number {
    const { first, far } = extent.get({ session }) ?? { first: null, far: null };
    const kept = recent.get(session, far ?? END, before);
    if (kept !== undefined) return turnUpTo.get(session, kept.seq)?.seq ?? 0;
    if (far === null) return END;
    const begins = turnUpTo.get(session, far)?.seq ?? 0;
    if (begins > (first ?? 0)) return begins;
    // One turn is longer than a batch: it goes as a whole, or not at all.
    const next = turnAfter.get(session, far)?.seq ?? END;
    return recent.get(session, next - 1, before) === undefined ? next : 0;
  }

  function eraseBeginning(session: number, before: number): { turns: number; rows: number } {
    const end = cut(session, before);
    const gone = count.get(session, end);
    if (gone === undefined || gone.last === null) return { turns: 0, rows: 0 };
    note.run(gone.last, session);
    erase.run(session, end);
    contexts.erased(session);
    blobs.release(session);
    return gone;
  }

  function transcripts(before: number, summedUpBefore: number, mark: PruneMark, ends: number): Pruned {
    let [turns, rows] = [0, 0];
    const { from } = mark;
    for (const { id } of old.all({ from, to: from + BATCH, before, summedUpBefore })) {
      for (let gone = eraseBeginning(id, before); gone.rows > 0; gone = eraseBeginning(id, before)) {
        turns += gone.turns;
        rows += gone.rows;
        if (rows >= BATCH) return { turns, next: mark };
      }
    }
    return { turns, next: after(mark, ends, "messages") };
  }

  return (before, mark, summedUpBefore = before) => {
    const { phase, from } = mark;
    const ends = last.get() ?? { sessions: 0, messages: 0, answers: 0 };
    if (phase === "transcripts") return transcripts(before, summedUpBefore, mark, ends.sessions);
    if (phase === "messages") {
      eraseTexts.run(from, from + BATCH, before);
      return { turns: 0, next: after(mark, ends.messages, "answers") };
    }
    if (phase === "answers") {
      eraseAnswers.run(from, from + BATCH, before);
      dropAnswers.run(from, from + BATCH, before);
      return { turns: 0, next: after(mark, ends.answers, "sessions") };
    }
    if (phase === "sessions") {
      dropSessions.run(from, from + BATCH, before);
      return { turns: 0, next: after(mark, ends.sessions, "ambient") };
    }
    if (phase === "ambient") {
      const gone = eraseAmbient.run(before).changes;
      return { turns: 0, next: gone === BATCH ? mark : { phase: "pictures", from: 0 } };
    }
    return { turns: 0, next: blobs.dropUnshown(before, BATCH) === BATCH ? mark : null };
  };
}

function after({ phase, from }: PruneMark, end: number, next: PruneMark["phase"]): PruneMark {
  return from + BATCH < end ? { phase, from: from + BATCH } : { phase: next, from: 0 };
}
