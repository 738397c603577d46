import { decodeKey, type KeyParts } from "../../strategies/key.ts";
import type { BotAccount } from "../inbox.ts";
import type { Db } from "./database.ts";

/**
 * SQL for whom an id meant at a time: somebody who goes by another id since then is that person. What is written in
 * parentheses are SQL expressions, never values.
 */
export function personAt(id: string, at: string, platform = "@platform", account = "@account"): string {
  return `coalesce((SELECT a.user_id FROM aliases a WHERE a.platform = ${platform} AND a.account = ${account}
    AND a.alias = ${id} AND a.until >= ${at} ORDER BY a.until LIMIT 1), ${id})`;
}

/** SQL for the numbers of a chat and of those that became it. */
export const CHATS_OF = "(SELECT id FROM chats WHERE id = @chat OR moved_to = @chat)";

export interface People {
  /** All ids that have meant the person at some time, as JSON for `json_each`. */
  idsOf(account: BotAccount, userId: string): string;
  at(account: BotAccount, id: string, time: number): string;
  /** The id that whoever had this one last goes by now. */
  present(account: BotAccount, id: string): string;
  /** Whether the person has ever written. */
  hasWritten(account: BotAccount, id: string): boolean;
  /** Those who wrote into a chat, latest first. */
  recentAuthors(chatRef: number, limit: number): Array<{ id: string; name: string }>;
}

/** Who is who: everything that was written down keeps the id it was written under. */
export function people(db: Db): People {
  const aliases = db.prepare<BotAccount & { user: string }, { id: string }>(
    "SELECT alias AS id FROM aliases WHERE platform = @platform AND account = @account AND user_id = @user",
  );
  const person = db.prepare<BotAccount & { id: string; time: number }, { id: string }>(
    `SELECT ${personAt("@id", "@time")} AS id`,
  );
  // On every message's way: by position, for names cost more than the look-up.
  const latest = db.prepare<[string, string, string], string>(
    "SELECT user_id FROM aliases WHERE platform = ? AND account = ? AND alias = ? ORDER BY until DESC LIMIT 1",
  );
  latest.pluck();
  // Whoever was answered is found without a look at every chat.
  const written = db.prepare<BotAccount & { ids: string }>(
    `SELECT 1 FROM usage u JOIN chats c ON c.id = u.chat_id AND c.platform = @platform AND c.account = @account
     WHERE u.user_id IN (SELECT value FROM json_each(@ids))
     UNION ALL SELECT 1 FROM chats c WHERE c.platform = @platform AND c.account = @account AND EXISTS
       (SELECT 1 FROM inbox i WHERE i.chat_id = c.id AND i.user_id IN (SELECT value FROM json_each(@ids)))
     LIMIT 1`,
  );
  // From one name to the next in the index: nobody's many messages are read.
  const authors = db.prepare<{ chat: number }, { id: string; name: string; last: number }>(
    `WITH RECURSIVE authors (chat_id, user_id) AS (
       SELECT id, (SELECT min(user_id) FROM inbox WHERE chat_id = c.id) FROM chats c WHERE id IN ${CHATS_OF}
       UNION ALL
       SELECT chat_id, (SELECT min(user_id) FROM inbox i WHERE i.chat_id = authors.chat_id AND i.user_id > authors.user_id)
       FROM authors WHERE user_id IS NOT NULL
     )
     SELECT ${personAt("i.user_id", "i.received_at", "c.platform", "c.account")} AS id, i.user_name AS name, i.seq AS last
     FROM authors w JOIN chats c ON c.id = w.chat_id JOIN inbox i ON i.seq =
       (SELECT max(seq) FROM inbox m WHERE m.chat_id = w.chat_id AND m.user_id = w.user_id)
     WHERE w.user_id <> '' ORDER BY last DESC`,
  );
  const present = db.prepare<[number], { id: number }>("SELECT coalesce(moved_to, id) AS id FROM chats WHERE id = ?");

  const presentId = ({ platform, account }: BotAccount, id: string) => latest.get(platform, account, id) ?? id;
  const idsOf = ({ platform, account }: BotAccount, user: string) =>
    JSON.stringify([user, ...aliases.all({ platform, account, user }).map(({ id }) => id)]);

  return {
    idsOf,
    present: presentId,
    hasWritten({ platform, account }, id) {
      const ids = idsOf({ platform, account }, presentId({ platform, account }, id));
      return id !== "" && written.get({ platform, account, ids }) !== undefined;
    },
    at: ({ platform, account }, id, time) => person.get({ platform, account, id, time })?.id ?? id,
    recentAuthors(chatRef, limit) {
      const latest = new Map<string, string>();
      for (const { id, name } of authors.all({ chat: present.get(chatRef)?.id ?? chatRef })) {
        if (latest.size >= limit) break;
        if (!latest.has(id)) latest.set(id, name);
      }
      return Array.from(latest, ([id, name]) => ({ id, name }));
    },
  };
}

/** Whether others than one person can write under the key; a key that cannot be read is taken to be somebody's own. */
export function isShared(key: string): boolean {
  const parts: KeyParts | null = decodeKey(key);
  return parts !== null && parts.kind !== "dm" && parts.user === undefined;
}
