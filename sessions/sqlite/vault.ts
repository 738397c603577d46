import type { BotAccount } from "../inbox.ts";
import type { VaultEntry } from "../vault.ts";
import type { Db } from "./database.ts";

/** What accounts keep; writing runs inside a transaction. */
export function vault(db: Db, now: () => number) {
  const kept = "(expires_at IS NULL OR expires_at > ?)";
  const one = db.prepare<[string, string, string, string, number], { value: string }>(
    `SELECT value FROM vault WHERE platform = ? AND account = ? AND kind = ? AND id = ? AND ${kept}`,
  );
  const all = db.prepare<[string, string, string, number], { id: string; value: string }>(
    `SELECT id, value FROM vault WHERE platform = ? AND account = ? AND kind = ? AND ${kept}`,
  );
  const set = db.prepare(
    `INSERT INTO vault (platform, account, kind, id, value, expires_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (platform, account, kind, id) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`,
  );
  const remove = db.prepare("DELETE FROM vault WHERE platform = ? AND account = ? AND kind = ? AND id = ?");
  const dropExpired = db.prepare<[number]>("DELETE FROM vault WHERE expires_at <= ?");

  return {
    read({ platform, account }: BotAccount, kind: string, ids?: readonly string[]): Map<string, string> {
      if (ids === undefined) {
        return new Map(all.all(platform, account, kind, now()).map(({ id, value }) => [id, value]));
      }
      const found = new Map<string, string>();
      for (const id of ids) {
        const row = one.get(platform, account, kind, id, now());
        if (row !== undefined) found.set(id, row.value);
      }
      return found;
    },
    write({ platform, account }: BotAccount, entries: readonly VaultEntry[]): void {
      for (const { kind, id, value, expiresAt } of entries) {
        if (value === null) remove.run(platform, account, kind, id);
        else set.run(platform, account, kind, id, value, expiresAt ?? null);
      }
    },
    dropExpired: (): number => dropExpired.run(now()).changes,
  };
}
