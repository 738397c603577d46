import type { BotAccount } from "../inbox.ts";
import type { Db } from "./database.ts";
import type { People } from "./people.ts";

/**
 * Every id that is known to mean a person: those of earlier times, and those that came along with the latest message. Older
 * ones may have passed to somebody else.
 */
export function personIds(db: Db, people: People): (account: BotAccount, userId: string) => string[] {
  const alongside = db.prepare<BotAccount & { ids: string }, string>(
    `WITH latest AS (SELECT i.user_id, i.payload, max(i.seq) FROM inbox i
       JOIN chats c ON c.id = i.chat_id AND c.platform = @platform AND c.account = @account
       WHERE i.payload <> '{}' GROUP BY i.user_id)
     SELECT user_id FROM latest
       WHERE EXISTS (SELECT 1 FROM json_each(payload, '$.aliases') WHERE value IN (SELECT value FROM json_each(@ids)))
     UNION SELECT a.value FROM latest, json_each(latest.payload, '$.aliases') a
       WHERE user_id IN (SELECT value FROM json_each(@ids))`,
  );
  alongside.pluck();

  return ({ platform, account }, userId) => {
    const bot = { platform, account };
    const ids = new Set([userId, ...(JSON.parse(people.idsOf(bot, people.present(bot, userId))) as string[])]);
    // First whoever wrote under one of them, then what came along with what they wrote.
    for (let round = 0; round < 2; round++) {
      for (const id of alongside.all({ ...bot, ids: JSON.stringify([...ids]) })) ids.add(id);
    }
    return [...ids];
  };
}
