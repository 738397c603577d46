import type { Db } from "./database.ts";

/**
 * From now on whatever is deleted is overwritten, not just given free: what a finished run leaves behind as well, so that
 * what is erased later has no copies anywhere in the file.
 */
export function overwriteDeleted(db: Db): void {
  db.pragma("secure_delete = ON");
}

/**
 * Write everything into the database itself and empty the log beside it, which still holds what was erased; outside of
 * transactions. Where somebody else is reading, nothing is waited for: the log is overwritten as time goes by. Nor does it
 * matter here that there is no room: what was erased is committed, and whoever writes next hears of the disk.
 */
export function emptyLog(db: Db): void {
  if (!db.open || db.memory) return;
  const timeout = db.pragma("busy_timeout", { simple: true }) as number;
  db.pragma("busy_timeout = 0");
  try {
    db.pragma("wal_checkpoint(TRUNCATE)");
  } catch {
  } finally {
    db.pragma(`busy_timeout = ${timeout}`);
  }
}
