import { LOCKED_MS, MOST_WRONG_CODES } from "../access.ts";
import type { Db } from "./database.ts";

export type Refusal = { kind: "unknown" } | { kind: "locked"; until: number };

/**
 * Codes that people name; runs inside a transaction. Wrong ones are counted by who names them, in a row, until an hour
 * after the last: as many as are too many lock, and then the right code is refused as well. The one that locks says so.
 */
export function codeTrials(db: Db, now: () => number) {
  const find = db.prepare<[string, number], { wrong: number; expires_at: number }>(
    "SELECT wrong, expires_at FROM code_trials WHERE who = ? AND expires_at > ?",
  );
  const count = db.prepare<[string, number, number]>(
    `INSERT INTO code_trials (who, wrong, expires_at) VALUES (?, ?, ?)
     ON CONFLICT (who) DO UPDATE SET wrong = excluded.wrong, expires_at = excluded.expires_at`,
  );
  const forget = db.prepare<[string]>("DELETE FROM code_trials WHERE who = ?");
  const dropExpired = db.prepare<[number]>("DELETE FROM code_trials WHERE expires_at <= ?");

  return {
    /** @param use what the code does; undefined if there is no such code */
    attempt<T>(who: string, use: () => T | undefined): T | Refusal {
      const before = find.get(who, now());
      if (before !== undefined && before.wrong >= MOST_WRONG_CODES) {
        return { kind: "locked", until: before.expires_at };
      }
      const used = use();
      if (used !== undefined) {
        if (before !== undefined) forget.run(who);
        return used;
      }
      const wrong = (before?.wrong ?? 0) + 1;
      const until = now() + LOCKED_MS;
      count.run(who, wrong, until);
      return wrong >= MOST_WRONG_CODES ? { kind: "locked", until } : { kind: "unknown" };
    },
    dropExpired: () => void dropExpired.run(now()),
  };
}

export type CodeTrials = ReturnType<typeof codeTrials>;
