import type { Db } from "./database.ts";

/** Everything open whose key may change. */
export interface Keyed {
  sessions: ReadonlyArray<{ id: number; key: string; chat: number }>;
  runs: ReadonlyArray<{ id: number; lane: string }>;
  queued: ReadonlyArray<{ seq: number; session: string; lane: string | null; run_id: number | null }>;
}

interface Open {
  id: number;
  began_with: number;
}

/**
 * Write keys anew, because a part of them is called something else now; runs inside a transaction.
 *
 * Where there is an open session under the new key already, both are the same people's in the same place: the one that
 * began later goes on as the end of the other, with its runs, so that no history is lost. Where a lane of the new name
 * has a run already, the old one's ends under its old name.
 *
 * @returns lanes under their new names that have work
 */
export function keyRenamer(db: Db, now: () => number) {
  const openUnder = db.prepare<[string, number], Open>(
    "SELECT id, began_with FROM sessions WHERE key = ? AND ended_at IS NULL AND id <> ?",
  );
  const byId = db.prepare<[number], Open>("SELECT id, began_with FROM sessions WHERE id = ?");
  const close = db.prepare<[number, number]>("UPDATE sessions SET ended_at = ? WHERE id = ?");
  const lengthOf = db.prepare<[number], { n: number }>(
    "SELECT coalesce(max(seq), 0) AS n FROM transcript WHERE session_id = ?",
  );
  const append = db.prepare<[number, number, number]>(
    "UPDATE transcript SET session_id = ?, seq = seq + ? WHERE session_id = ?",
  );
  const runsGoOn = db.prepare<[number, number]>("UPDATE runs SET session_id = ? WHERE session_id = ?");
  const rename = db.prepare<[string, number, number]>("UPDATE sessions SET key = ?, chat_id = ? WHERE id = ?");
  const moveRow = db.prepare<[string, string | null, number]>("UPDATE inbox SET session = ?, lane = ? WHERE seq = ?");
  const moveServed = db.prepare<[string, string]>("UPDATE OR REPLACE served SET lane = ? WHERE lane = ?");
  const moveRun = db.prepare<[string, number]>("UPDATE OR IGNORE runs SET lane = ? WHERE id = ?");
  const moveThreads = db.prepare<[string, number, string]>(
    "UPDATE links SET session = ? WHERE chat_id = ? AND kind = 'thread' AND session = ?",
  );

  return ({ sessions, runs, queued }: Keyed, renamed: (key: string) => string): Set<string> => {
    for (const { id, key, chat } of sessions) {
      const present = renamed(key);
      moveThreads.run(present, chat, key);
      const other = openUnder.get(present, id);
      const own = byId.get(id);
      if (other === undefined || own === undefined) {
        rename.run(present, chat, id);
        continue;
      }
      const [first, later] = own.began_with <= other.began_with ? [own, other] : [other, own];
      append.run(first.id, lengthOf.get(first.id)?.n ?? 0, later.id);
      runsGoOn.run(first.id, later.id);
      close.run(now(), later.id);
      rename.run(present, chat, first.id);
    }
    const stayed = new Set<number>();
    for (const { id, lane } of runs) {
      if (renamed(lane) !== lane && moveRun.run(renamed(lane), id).changes === 0) stayed.add(id);
    }
    const lanes = new Set<string>();
    for (const { seq, session, lane, run_id } of queued) {
      const movedLane = lane === null || stayed.has(run_id ?? 0) ? lane : renamed(lane);
      moveRow.run(renamed(session), movedLane, seq);
      if (lane !== null && movedLane !== null) {
        if (movedLane !== lane) moveServed.run(movedLane, lane);
        lanes.add(movedLane);
      }
    }
    return lanes;
  };
}
