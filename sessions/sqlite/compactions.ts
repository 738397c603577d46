import type { Compaction, CompactionStore, NewCompaction, NumberedMessage, SessionContext } from "../compactions.ts";
import { type Lease, LeaseLostError } from "../runs.ts";
import type { Db } from "./database.ts";
import { SPEAKER } from "./overview.ts";
import { type StepRow, stepOf } from "./rows.ts";
import { beginsTurn } from "./turn-starts.ts";

interface CompactionRow {
  id: number;
  session_id: number;
  up_to: number;
  cleared_to: number;
  summary: string | null;
  method: Compaction["method"];
  model: string | null;
  asked_by: string | null;
  tokens_before: number;
  tokens_after: number;
  at: number;
}

type NumberedRow = StepRow & { seq: number };

/** The row of a session that counts. */
export const LATEST = "SELECT * FROM compactions WHERE session_id = ? ORDER BY id DESC LIMIT 1";

/**
 * How sessions are given to the model; writing runs inside a transaction.
 *
 * Each row says all of it, so that only the latest is read: what leaves out more results of tools carries the summary on. A
 * run from whose session something was taken since it began may hold words that are erased by now: it writes nothing. Nor does
 * one whose session was summed up further meanwhile, by a run of it that stands in another lane.
 */
export function compactions(db: Db, now: () => number) {
  const held = db.prepare<[number, number], { session_id: number; outdated: number }>(
    "SELECT session_id, max(outdated, erased) AS outdated FROM runs WHERE id = ? AND fence = ?",
  );
  const latest = db.prepare<[number], CompactionRow>(LATEST);
  const lastSeq = db.prepare<[number], { seq: number | null }>(
    "SELECT max(seq) AS seq FROM transcript WHERE session_id = ?",
  );
  const lastAt = db.prepare<[number], { at: number }>(
    "SELECT at FROM transcript WHERE session_id = ? ORDER BY seq DESC LIMIT 1",
  );
  const one = db.prepare<[number, number], StepRow>("SELECT * FROM transcript WHERE session_id = ? AND seq = ?");
  const add = db.prepare<Omit<CompactionRow, "id">>(
    `INSERT INTO compactions (session_id, up_to, cleared_to, summary, method, model, asked_by, tokens_before, tokens_after, at)
     VALUES (@session_id, @up_to, @cleared_to, @summary, @method, @model, @asked_by, @tokens_before, @tokens_after, @at)`,
  );
  const clearMore = db.prepare<{ id: number; to: number; after: number; now: number }>(
    "UPDATE compactions SET cleared_to = @to, tokens_after = @after, at = @now WHERE id = @id",
  );
  const count = db.prepare<[number, number]>("UPDATE sessions SET context_tokens = ? WHERE id = ?");
  const present = db.prepare<[number], { id: number; context_tokens: number }>(
    "SELECT id, context_tokens FROM sessions WHERE id = (SELECT coalesce(merged_into, id) FROM sessions WHERE id = ?)",
  );
  const said = db.prepare<{ session: number; from: number; to: number }, NumberedRow>(
    `SELECT seq, role, content, coalesce(${SPEAKER}, author_id) AS author_id, author_name FROM transcript t
     WHERE session_id = @session AND seq > @from AND seq <= @to ORDER BY seq`,
  );
  const ofKey = db.prepare<[string], CompactionRow>(
    `SELECT * FROM compactions WHERE session_id = (SELECT id FROM sessions WHERE key = ? AND ended_at IS NULL)
     ORDER BY id DESC`,
  );
  const byId = db.prepare<[number], CompactionRow & { key: string }>(
    "SELECT c.*, s.key FROM compactions c JOIN sessions s ON s.id = c.session_id WHERE c.id = ?",
  );
  const before = db.prepare<[number, number], { up_to: number | null }>(
    "SELECT max(up_to) AS up_to FROM compactions WHERE session_id = ? AND up_to < ?",
  );
  const size = db.prepare<[string], { tokens: number; compactions: number }>(
    `SELECT context_tokens AS tokens, (SELECT count(*) FROM compactions c
       WHERE c.session_id = sessions.id AND c.method <> 'cleared') AS compactions
     FROM sessions WHERE key = ? AND ended_at IS NULL`,
  );

  const messages = (session: number, from: number, to: number): NumberedMessage[] =>
    said.all({ session, from, to }).map((row) => ({ seq: row.seq, ...stepOf(row) }));

  function demandFits(session: number, { upTo, summary, clearedTo }: NewCompaction): void {
    if ((upTo === undefined) !== (summary === undefined)) throw new TypeError("a summary stands for something");
    const said = lastSeq.get(session)?.seq ?? 0;
    if (Math.max(clearedTo, upTo ?? 0) > said) throw new RangeError("a compaction is of more than was said");
    if (upTo === undefined) return;
    if (!Number.isSafeInteger(upTo) || upTo < 1) throw new RangeError("a summary stands for nothing");
    const next = one.get(session, upTo + 1);
    // As it is read, whatever became of it in storage: so is it given.
    if (next !== undefined && !beginsTurn(stepOf(next))) throw new RangeError("a summary ends within a turn");
  }

  return {
    context(sessionId: number): SessionContext {
      const session = present.get(sessionId);
      if (session === undefined) return { messages: [], tokens: 0 };
      const row = latest.get(session.id);
      const last = lastAt.get(session.id);
      return {
        ...(row !== undefined && { compaction: compactionOf(row) }),
        ...(last !== undefined && { lastAt: last.at }),
        messages: messages(session.id, row?.up_to ?? 0, Number.MAX_SAFE_INTEGER),
        tokens: session.context_tokens,
      };
    },

    compact(lease: Lease, compaction: NewCompaction): boolean {
      const run = held.get(lease.runId, lease.fence);
      if (run === undefined) throw new LeaseLostError(lease);
      if (run.outdated === 1) return false;
      const { session_id } = run;
      const last = latest.get(session_id);
      demandFits(session_id, compaction);
      if ((compaction.upTo ?? Number.MAX_SAFE_INTEGER) < (last?.up_to ?? 0)) return false;
      const { method, model, askedBy, tokensBefore, tokensAfter } = compaction;
      const { upTo, summary } = compaction.summary === undefined && last !== undefined ? summaryOf(last) : compaction;
      // What was left out once stays left out.
      const cleared = Math.max(compaction.clearedTo, upTo ?? 0, last?.cleared_to ?? 0);
      const after = Math.ceil(tokensAfter);
      // Of rows that only leave out more each time, one tells as much as all, and each holds the whole summary.
      if (method === "cleared" && last?.method === "cleared") {
        clearMore.run({ id: last.id, to: cleared, after, now: now() });
        count.run(after, session_id);
        return true;
      }
      add.run({
        session_id,
        up_to: upTo ?? 0,
        cleared_to: cleared,
        summary: summary ?? null,
        method,
        model: model ?? null,
        asked_by: askedBy ?? null,
        tokens_before: Math.ceil(tokensBefore),
        tokens_after: Math.ceil(tokensAfter),
        at: now(),
      });
      count.run(Math.ceil(tokensAfter), session_id);
      return true;
    },

    compactions: (key: string): Compaction[] => ofKey.all(key).map(compactionOf),

    compacted(id: number): Awaited<ReturnType<CompactionStore["compacted"]>> {
      const row = byId.get(id);
      if (row === undefined) return null;
      const from = before.get(row.session_id, row.up_to)?.up_to ?? 0;
      return { key: row.key, compaction: compactionOf(row), messages: messages(row.session_id, from, row.up_to) };
    },

    contextSize: (key: string): { tokens: number; compactions: number } | null => size.get(key) ?? null,
  };
}

function summaryOf({ summary, up_to }: CompactionRow): Pick<NewCompaction, "summary" | "upTo"> {
  return summary === null ? {} : { summary, upTo: up_to };
}

function compactionOf(row: CompactionRow): Compaction {
  return {
    id: row.id,
    ...summaryOf(row),
    clearedTo: row.cleared_to,
    method: row.method,
    ...(row.model !== null && { model: row.model }),
    ...(row.asked_by !== null && { askedBy: row.asked_by }),
    tokensBefore: row.tokens_before,
    tokensAfter: row.tokens_after,
    at: row.at,
  };
}
