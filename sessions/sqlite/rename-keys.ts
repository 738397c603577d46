import type { Db } from "./database.ts";
import { sessionContexts } from "./session-context.ts";

/** Everything open whose key may change. */
export interface Keyed {
  sessions: ReadonlyArray<{ id: number; key: string; chat: number }>;
  runs: ReadonlyArray<{ id: number; lane: string }>;
  queued: readonly Queued[];
}

export interface Queued {
  seq: number;
  session: string;
  /** Null for a command, which stands in none. */
  lane: string | null;
  /** Of a command, where it differs from the session. */
  plan_lane: string | null;
  run_id: number | null;
  /** Where it is to be found from now on. */
  chat: number;
}

/** What a query on the inbox has to say of a row. */
export const QUEUED = "seq, session, lane, json_extract(plan, '$.lane') AS plan_lane, run_id, chat_id AS chat";

interface Open {
  id: number;
  began_with: number;
}

/**
 * Write keys anew, because a part of them is called something else now; runs inside a transaction.
 *
 * Where there is an open session under the new key already, both are the same people's in the same place: the one that
 * began later goes on as the end of the other, with its runs, so that no history is lost; whoever holds its number is led
 * to the other. Where a lane of the new name has a run already, the old one's ends under its old name.
 *
 * @returns lanes that have work, with their chats
 */
export function keyRenamer(db: Db, now: () => number) {
  const contexts = sessionContexts(db, now);
  const openUnder = db.prepare<[string, number], Open>(
    "SELECT id, began_with FROM sessions WHERE key = ? AND ended_at IS NULL AND id <> ?",
  );
  const byId = db.prepare<[number], Open>("SELECT id, began_with FROM sessions WHERE id = ?");
  const lengthOf = db.prepare<[number], { n: number }>(
    `SELECT max(erased_to, coalesce((SELECT max(seq) FROM transcript WHERE session_id = sessions.id), 0)) AS n
     FROM sessions WHERE id = ?`,
  );
  const append = db.prepare<[number, number, number]>(
    "UPDATE transcript SET session_id = ?, seq = seq + ? WHERE session_id = ?",
  );
  const usageGoesOn = db.prepare<[number, number]>("UPDATE usage SET session_id = ? WHERE session_id = ?");
  const runsGoOn = db.prepare<[number, number]>("UPDATE runs SET session_id = ? WHERE session_id = ?");
  const picturesGoOn = db.prepare<[number, number]>(
    "UPDATE OR REPLACE blob_refs SET session_id = ? WHERE session_id = ?",
  );
  const leadOn = db.prepare<[number, number, number]>(
    "UPDATE sessions SET merged_into = ?, merged_after = merged_after + ? WHERE merged_into = ?",
  );
  const close = db.prepare<[number, number, number, number]>(
    "UPDATE sessions SET ended_at = ?, merged_into = ?, merged_after = ? WHERE id = ?",
  );
  const rename = db.prepare<[string, number, number]>("UPDATE sessions SET key = ?, chat_id = ? WHERE id = ?");
  const moveRow = db.prepare<[string, string | null, number]>("UPDATE inbox SET session = ?, lane = ? WHERE seq = ?");
  const movePlan = db.prepare<[string, number]>("UPDATE inbox SET plan = json_set(plan, '$.lane', ?) WHERE seq = ?");
  const moveServed = db.prepare<[string, string]>("UPDATE OR REPLACE served SET lane = ? WHERE lane = ?");
  const moveRun = db.prepare<[string, number]>("UPDATE OR IGNORE runs SET lane = ? WHERE id = ?");
  const moveThreads = db.prepare<[string, number, string]>(
    "UPDATE links SET session = ? WHERE chat_id = ? AND kind = 'thread' AND session = ?",
  );

  function merge(first: Open, later: Open): void {
    const length = lengthOf.get(first.id)?.n ?? 0;
    contexts.merged(first.id, later.id);
    append.run(first.id, length, later.id);
    usageGoesOn.run(first.id, later.id);
    runsGoOn.run(first.id, later.id);
    picturesGoOn.run(first.id, later.id);
    leadOn.run(first.id, length, later.id);
    close.run(now(), first.id, length, later.id);
  }

  return ({ sessions, runs, queued }: Keyed, renamed: (key: string) => string): Map<string, number> => {
    for (const { id, key, chat } of sessions) {
      const present = renamed(key);
      moveThreads.run(present, chat, key);
      const other = openUnder.get(present, id);
      const own = byId.get(id);
      const [first, later] =
        own !== undefined && other !== undefined && other.began_with < own.began_with ? [other, own] : [own, other];
      if (first !== undefined && later !== undefined) merge(first, later);
      rename.run(present, chat, first?.id ?? id);
    }
    const stayed = new Set<number>();
    for (const { id, lane } of runs) {
      if (renamed(lane) !== lane && moveRun.run(renamed(lane), id).changes === 0) stayed.add(id);
    }
    const lanes = new Map<string, number>();
    for (const { seq, session, lane, plan_lane, run_id, chat } of queued) {
      const present = lane === null || stayed.has(run_id ?? 0) ? lane : renamed(lane);
      moveRow.run(renamed(session), present, seq);
      if (lane === null && plan_lane !== null) movePlan.run(renamed(plan_lane), seq);
      if (lane === null || present === null) continue;
      if (present !== lane) moveServed.run(present, lane);
      lanes.set(present, chat);
    }
    return lanes;
  };
}
