import type { AuditOrigin } from "../audit.ts";
import { FORK_SETTING } from "../forks.ts";
import type { AddAudit } from "./audit.ts";
import type { Db } from "./database.ts";

/**
 * End the open session of a key, if it began before the order; runs inside a transaction.
 *
 * Where there is none to end, an empty one is left, ended: whoever wanted to begin with nothing does not begin with a copy
 * of a conversation that was shared.
 */
export function sessionEnder(db: Db, addAudit: AddAudit, now: () => number) {
  const end = db.prepare<[number, string, number]>(
    "UPDATE sessions SET ended_at = ? WHERE key = ? AND ended_at IS NULL AND began_with < ?",
  );
  const leaveNothing = db.prepare<{ key: string; order: number; now: number; fork: string }>(
    `INSERT INTO sessions (key, chat_id, strategy, began_with, started_at, ended_at)
     SELECT @key, chat_id, plan ->> '$.strategy', seq, @now, @now FROM inbox
     WHERE seq = @order AND is_command = 1 AND EXISTS (SELECT 1 FROM settings WHERE name = @fork)
       AND NOT EXISTS (SELECT 1 FROM sessions WHERE key = @key AND ended_at IS NULL)`,
  );
  return (key: string, before: number, audit?: AuditOrigin): boolean => {
    if (end.run(now(), key, before).changes === 0) {
      leaveNothing.run({ key, order: before, now: now(), fork: FORK_SETTING });
      return false;
    }
    if (audit !== undefined) addAudit({ ...audit, what: "shared conversation", from: key, to: "begun anew" });
    return true;
  };
}
