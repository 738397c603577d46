import { decodeKey } from "../../strategies/key.ts";
import type { BotAccount } from "../inbox.ts";
import type { ExportedSession } from "../privacy.ts";
import type { Db } from "./database.ts";
import { CHATS_OF, type People, personAt } from "./people.ts";
import { type StepRow, stepOf } from "./rows.ts";
import { beginsTurn } from "./turn-starts.ts";

interface SessionRow {
  id: number;
  key: string;
  started_at: number;
}

type Said = ExportedSession["messages"][number];

/**
 * What somebody may take along: every conversation that holds a turn of theirs, unless its key says that it is somebody
 * else's (it may have begun with a copy of what was said for all to hear). Where it holds anybody else's turns, the
 * person's own and the answers to them are all that leaves it, and no summary, for that is of what all have said. Reads only.
 */
export function exporter(db: Db, people: People) {
  const written = (where: string) =>
    db.prepare<BotAccount & { ids: string; chat: number | null }, SessionRow>(
      `SELECT s.id, s.key, s.started_at FROM sessions s JOIN chats c ON c.id = s.chat_id
       WHERE s.id IN (SELECT session_id FROM transcript WHERE author_id IN (SELECT value FROM json_each(@ids)))
         AND c.platform = @platform AND c.account = @account AND ${where} ORDER BY s.started_at, s.id`,
    );
  const writtenAnywhere = written("@chat IS NULL");
  const writtenInChat = written(`s.chat_id IN ${CHATS_OF}`);
  const said = db.prepare<BotAccount & { session: number }, StepRow & { at: number }>(
    `SELECT role, content, ${personAt("author_id", "at")} AS author_id, author_name, at FROM transcript
     WHERE session_id = @session ORDER BY seq`,
  );
  // What carries a summary on says nothing new.
  const summaries = db.prepare<[number], { at: number; text: string }>(
    `SELECT at, summary AS text FROM compactions
     WHERE session_id = ? AND summary IS NOT NULL AND method <> 'cleared' ORDER BY id`,
  );
  const present = db.prepare<[number], { id: number }>("SELECT coalesce(moved_to, id) AS id FROM chats WHERE id = ?");

  return (query: { account: BotAccount; userId: string; chatRef?: number }): ExportedSession[] => {
    const { userId, chatRef } = query;
    // Where the platform names nobody, nothing is anybody's.
    if (userId === "") return [];
    const account = { platform: query.account.platform, account: query.account.account };
    const ids = people.idsOf(account, userId);
    const sessions =
      chatRef === undefined
        ? writtenAnywhere.all({ ...account, ids, chat: null })
        : writtenInChat.all({ ...account, ids, chat: present.get(chatRef)?.id ?? chatRef });
    return sessions.flatMap(({ id, key, started_at }) => {
      const owner = decodeKey(key)?.user;
      if (owner !== undefined && people.at(account, owner, started_at) !== userId) return [];
      const all = said.all({ ...account, session: id }).map((row): Said => ({ ...stepOf(row), at: row.at }));
      const mixed = all.some((each) => beginsTurn(each) && each.author?.id !== userId);
      const messages = mixed ? turnsOf(all, userId) : all;
      // One of the person's own that began as a copy is still nobody else's.
      const shared = mixed && owner === undefined;
      if (messages.length === 0) return [];
      return [{ key, startedAt: started_at, shared, messages, summaries: mixed ? [] : summaries.all(id) }];
    });
  };
}

/** A person's turns with the answers to them. */
function turnsOf(messages: readonly Said[], userId: string): Said[] {
  let own = false;
  return messages.filter((message) => {
    if (beginsTurn(message)) own = message.author?.id === userId;
    return own;
  });
}
