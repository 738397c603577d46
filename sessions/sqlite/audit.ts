import { DEFAULT_ACCOUNT } from "../../strategies/key.ts";
import type { AuditEntry } from "../audit.ts";
import type { SettingPlace } from "../chats.ts";
import type { Db } from "./database.ts";

const DEFAULT_LIMIT = 100;

/** A place as the audit names it, and as people type it. */
export function auditPlace(
  platform: string,
  { account = DEFAULT_ACCOUNT, id, threadId }: { account?: string; id?: string; threadId?: string } = {},
): string {
  const where = account === DEFAULT_ACCOUNT ? platform : `${platform}@${account}`;
  if (id === undefined) return where;
  return threadId === undefined ? `${where}:${id}` : `${where}:${id}#${threadId}`;
}

export function auditSettingPlace(place: SettingPlace): string {
  if (place.level === "platform") return auditPlace(place.platform);
  if (place.level === "guild") return auditPlace(place.platform, { id: place.guildId });
  const { platform, account, chatId: id } = place;
  return auditPlace(platform, { account, id, ...(place.level === "thread" && { threadId: place.threadId }) });
}

export type AddAudit = (entry: Omit<AuditEntry, "id" | "at">) => void;

/** Who changed what; adding runs inside the transaction of the change. Triggers refuse every other write. */
export function audit(db: Db, now: () => number) {
  const insert = db.prepare("INSERT INTO audit (at, by, what, place, from_value, to_value) VALUES (?, ?, ?, ?, ?, ?)");
  const COLUMNS = 'id, at, by, what, place AS "where", from_value AS "from", to_value AS "to"';
  const all = db.prepare<[number], AuditEntry>(`SELECT ${COLUMNS} FROM audit ORDER BY id DESC LIMIT ?`);
  const onPlatform = db.prepare<{ where: string; limit: number }, AuditEntry>(
    `SELECT ${COLUMNS} FROM audit
     WHERE place = @where OR (place >= @where || ':' AND place < @where || ';')
       OR (instr(@where, '@') = 0 AND place >= @where || '@' AND place < @where || 'A')
     ORDER BY id DESC LIMIT @limit`,
  );
  // In a chat are its threads, and in a guild its chats.
  const inPlace = db.prepare<
    { where: string; platform: string; account: string | null; id: string; limit: number },
    AuditEntry
  >(
    `WITH places (name) AS (
       SELECT @where UNION SELECT
         platform || iif(account = '${DEFAULT_ACCOUNT}', '', '@' || account) || ':' || chat
       FROM chats WHERE platform = @platform AND guild = @id AND account = coalesce(@account, account)
     )
     SELECT ${COLUMNS} FROM audit WHERE id IN (
       SELECT a.id FROM places JOIN audit a ON a.place = name OR (a.place >= name || '#' AND a.place < name || '$')
     ) ORDER BY id DESC LIMIT @limit`,
  );

  return {
    add({ by, what, where, from, to }: Parameters<AddAudit>[0]): void {
      insert.run(now(), by, what, where, from, to);
    },
    read({ where, limit = DEFAULT_LIMIT }: { where?: string; limit?: number } = {}): AuditEntry[] {
      if (where === undefined) return all.all(limit);
      const colon = where.indexOf(":");
      if (colon < 0) return onPlatform.all({ where, limit });
      const [platform = "", account = null] = where.slice(0, colon).split("@", 2);
      return inPlace.all({ where, platform, account, id: where.slice(colon + 1), limit });
    },
  };
}
