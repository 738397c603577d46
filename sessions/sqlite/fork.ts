import { decodeKey, encodeKey } from "../../strategies/key.ts";
import type { BotAccount, Fork } from "../inbox.ts";
import type { Blobs } from "./blobs.ts";
import type { ChatRefs } from "./chat-refs.ts";
import type { Db } from "./database.ts";
import { CHATS_OF, isShared, type People } from "./people.ts";
import type { SessionContexts } from "./session-context.ts";

interface BegunSession {
  id: number;
  key: string;
  chatRef: number;
}

interface Source {
  id: number;
  key: string;
  chat_id: number;
  merged_into: number | null;
  merged_after: number;
  erased_at: number | null;
}

export interface ForksOptions {
  chats: ChatRefs;
  people: People;
  blobs: Blobs;
  contexts: SessionContexts;
}

/**
 * Conversations that begin with a copy of another one, as that was at a moment; copying runs inside a transaction.
 *
 * Only what everybody in a chat could read is ever copied, and only to sessions of the same chat: a plan that names
 * anything else begins with nothing. A session that goes on as the end of another is found there, with its own messages
 * alone. A conversation that was summed up is given by the copy as it was then.
 */
export function forks(db: Db, { chats, people, blobs, contexts }: ForksOptions) {
  const open = db.prepare<[string], { id: number; up_to: number | null; after: number | null }>(
    `SELECT id, (SELECT max(seq) FROM transcript WHERE session_id = sessions.id) AS up_to,
       (SELECT max(seq) FROM inbox) AS after
     FROM sessions WHERE key = ? AND ended_at IS NULL`,
  );
  const source = db.prepare<[number], Source>(
    "SELECT id, key, chat_id, merged_into, merged_after, erased_at FROM sessions WHERE id = ?",
  );
  const begunSince = db.prepare<{ chat: number; after: number; id: number }, { key: string; started_at: number }>(
    `SELECT key, started_at FROM sessions WHERE chat_id IN ${CHATS_OF} AND id <> @id
       AND (began_with > @after OR ended_at >= (SELECT received_at FROM inbox WHERE seq = @after))`,
  );
  const copy = db.prepare<{ into: number; from: number; offset: number; upTo: number }>(
    `INSERT INTO transcript (session_id, seq, role, content, author_id, author_name, at, arrival)
     SELECT @into, seq - @offset, role, content, author_id, author_name, at, arrival FROM transcript
     WHERE session_id = @from AND seq > @offset AND seq <= @offset + @upTo`,
  );

  /** The key as it would be written now: a session that was ended keeps the one it had. */
  function presentKey(key: string, account: BotAccount, chat: string, at: number): string {
    const parts = decodeKey(key);
    if (parts === null) return key;
    const { user } = parts;
    return encodeKey({ ...parts, chat, ...(user === undefined ? {} : { user: people.at(account, user, at) }) });
  }

  return {
    of(key: string): Fork | null {
      const session = isShared(key) ? open.get(key) : undefined;
      if (session === undefined || session.up_to === null) return null;
      return { session: session.id, upTo: session.up_to, after: session.after ?? 0 };
    },

    /** A session has just begun: copy what it begins with, unless one with its key has begun or was ended since then. */
    copy({ session, upTo, after }: Fork, begun: BegunSession): void {
      const from = source.get(session);
      if (from === undefined || from.erased_at !== null || !isShared(from.key)) return;
      const chat = chats.info(begun.chatRef);
      if (chats.info(from.chat_id).ref !== chat.ref) return;
      const since = begunSince.all({ chat: chat.ref, after, id: begun.id });
      const own = presentKey(begun.key, chat, chat.id, Number.MAX_SAFE_INTEGER);
      if (since.some(({ key, started_at }) => presentKey(key, chat, chat.id, started_at) === own)) return;
      const [original, offset] = [from.merged_into ?? from.id, from.merged_after];
      copy.run({ into: begun.id, from: original, offset, upTo });
      contexts.copied(begun.id, { session: original, offset, upTo });
      blobs.showAll(begun.id);
    },
  };
}
