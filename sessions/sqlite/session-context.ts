import type { ModelUsage } from "../runs.ts";
import { LATEST } from "./compactions.ts";
import type { Db } from "./database.ts";

interface Row {
  id: number;
  cleared_to: number;
  method: string;
}

/** What happens to a session beside compaction, and what it gives the model after that; each runs inside a transaction. */
export interface SessionContexts {
  /** The model has taken this in and written a reply. */
  used(sessionId: number, usage: ModelUsage): void;
  /** Nobody knows how long it is now. */
  unknown(sessionId: number): void;
  /** Results of tools up to a message are left out from now on. */
  clear(sessionId: number, clearedTo: number): void;
  /** Messages at its beginning were erased, maybe all. */
  erased(sessionId: number): void;
  /** The second went on as the end of the first, which was so long until then. */
  merged(first: number, later: number): void;
  /** It began as a copy of another one's messages behind `offset`, up to `upTo` of its own numbers. */
  copied(into: number, from: { session: number; offset: number; upTo: number }): void;
}

/**
 * A summary stands for everything from the beginning on, so whatever is erased is in it: it goes with the first message that
 * does. A run that goes on meanwhile may be summing up what it read before, which it must not write any more.
 */
export function sessionContexts(db: Db, now: () => number): SessionContexts {
  const count = db.prepare<[number, number]>("UPDATE sessions SET context_tokens = ? WHERE id = ?");
  const latest = db.prepare<[number], Row>(LATEST);
  const clearMore = db.prepare<[number, number, number]>("UPDATE compactions SET cleared_to = ?, at = ? WHERE id = ?");
  const clear = db.prepare<{ session: number; to: number; now: number }>(
    `INSERT INTO compactions (session_id, up_to, cleared_to, summary, method, tokens_before, tokens_after, at)
     SELECT s.id, coalesce(c.up_to, 0), @to, c.summary, 'cleared', s.context_tokens, s.context_tokens, @now
     FROM sessions s LEFT JOIN compactions c ON c.id = (SELECT max(id) FROM compactions WHERE session_id = @session)
     WHERE s.id = @session`,
  );
  const dropSummaries = db.prepare<{ session: number }>(
    `DELETE FROM compactions WHERE session_id = @session AND (summary IS NOT NULL
       OR NOT EXISTS (SELECT 1 FROM transcript WHERE session_id = @session))`,
  );
  const dropAll = db.prepare<[number]>("DELETE FROM compactions WHERE session_id = ?");
  const outdate = db.prepare<[number]>("UPDATE runs SET outdated = 1 WHERE session_id = ?");
  const copy = db.prepare<{ into: number; session: number; offset: number; upTo: number }>(
    `INSERT INTO compactions (session_id, up_to, cleared_to, summary, method, model, asked_by, tokens_before, tokens_after, at)
     SELECT @into, up_to, min(cleared_to - @offset, @upTo), summary, method, model, asked_by, tokens_before, tokens_after, at
     FROM compactions WHERE session_id = @session AND cleared_to > @offset AND up_to <= iif(@offset = 0, @upTo, 0)
       AND EXISTS (SELECT 1 FROM transcript WHERE session_id = @into)
     ORDER BY id DESC LIMIT 1`,
  );

  return {
    used(sessionId, { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens }) {
      const read = inputTokens + cacheReadTokens + cacheWriteTokens;
      count.run(read > 0 ? read + outputTokens : 0, sessionId);
    },
    unknown: (sessionId) => void count.run(0, sessionId),
    clear(sessionId, to) {
      const last = latest.get(sessionId);
      if (last !== undefined && last.cleared_to >= to) return;
      // Of rows that only leave out more each time, one tells as much as all.
      if (last?.method === "cleared") clearMore.run(to, now(), last.id);
      else clear.run({ session: sessionId, to, now: now() });
    },
    erased(session) {
      dropSummaries.run({ session });
      outdate.run(session);
      count.run(0, session);
    },
    merged(first, later) {
      dropAll.run(later);
      outdate.run(later);
      count.run(0, first);
      count.run(0, later);
    },
    // What the numbers before were is nobody's here: a summary of them is not copied either.
    copied: (into, from) => void copy.run({ into, ...from }),
  };
}
