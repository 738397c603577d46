import { decodeKey } from "../../strategies/key.ts";
import type { BotAccount } from "../inbox.ts";
import type { PrivacyStore } from "../privacy.ts";
import type { StoppedWork } from "../runs.ts";
import { type AddAudit, auditPlace } from "./audit.ts";
import type { Blobs } from "./blobs.ts";
import type { ChatRefs } from "./chat-refs.ts";
import type { Db } from "./database.ts";
import { CHATS_OF, type People, personAt } from "./people.ts";
import type { SessionContexts } from "./session-context.ts";

interface SessionRow {
  id: number;
  key: string;
  started_at: number;
  ended_at: number | null;
}

type Order = Parameters<PrivacyStore["forget"]>[0];
type Person = BotAccount & { chat: number; user: string; ids: string; before: number };

export interface ForgetterOptions {
  chats: ChatRefs;
  people: People;
  blobs: Blobs;
  contexts: SessionContexts;
  addAudit: AddAudit;
  now: () => number;
}

/** Said in so many words, because SQLite uses a partial index only for a query that repeats its condition. */
const OPEN = "state IN ('held', 'waiting', 'running')";

/** What a run that was stopped still needs of its messages: where an answer of their own goes. */
const EMPTIED = `json_patch('{"text":"","attachments":[]}', json_object('replyToken', payload ->> '$.replyToken'))`;

/**
 * Erase what is a person's own in a chat; runs inside a transaction.
 *
 * Whose a conversation is, its key says, and where that names nobody, those who have written into it. A conversation is
 * ended with what was erased, and a run that goes on in it leaves nothing behind when it ends; one that holds something
 * said after the order goes on with that alone. Rows of messages stay, without what they said: what is delivered again
 * has to be known.
 */
export function forgetter(db: Db, { chats, people, blobs, contexts, addAudit, now }: ForgetterOptions) {
  const HERE = `chat_id IN ${CHATS_OF}`;
  const drop = db.prepare<Person>(
    `UPDATE inbox SET state = 'dropped', failure = 'forgotten', payload = '{}'
     WHERE ${HERE} AND is_command = 0 AND state IN ('held', 'waiting') AND ${OPEN} AND user_id = @user AND seq < @before`,
  );
  const stop = db.prepare<Person, { id: number }>(
    `UPDATE runs SET stopped = 1 WHERE ${HERE} AND user_id = @user AND EXISTS
       (SELECT 1 FROM inbox i WHERE i.run_id = runs.id AND i.state = 'running' AND i.seq < @before)
     RETURNING id`,
  );
  const sessions = db.prepare<Person, SessionRow>(
    `SELECT id, key, started_at, ended_at FROM sessions
     WHERE ${HERE} AND began_with < @before AND merged_into IS NULL AND erased_at IS NULL`,
  );
  const othersIn = db.prepare<BotAccount & { session: number; user: string }>(
    `SELECT 1 FROM transcript t WHERE session_id = @session AND author_id IS NOT NULL
       AND ${personAt("t.author_id", "t.at")} <> @user
     UNION ALL SELECT 1 FROM runs WHERE session_id = @session AND user_id <> @user LIMIT 1`,
  );
  const writtenIn = db.prepare<{ session: number; ids: string; user: string }>(
    `SELECT 1 FROM transcript
     WHERE session_id = @session AND author_id IN (SELECT value FROM json_each(@ids))
     UNION ALL SELECT 1 FROM runs WHERE session_id = @session AND user_id = @user LIMIT 1`,
  );
  const eraseRuns = db.prepare<{ session: number }, { id: number }>(
    "UPDATE runs SET erased = 1 WHERE session_id = @session AND stopped = 1 RETURNING id",
  );
  const eraseJournal = db.prepare<[number]>("DELETE FROM journal WHERE run_id = ?");
  const goesOn = db.prepare<[number]>("SELECT 1 FROM runs WHERE session_id = ? AND erased = 0 LIMIT 1");
  const firstKept = db.prepare<[number, number], { seq: number | null }>(
    "SELECT min(seq) AS seq FROM transcript WHERE session_id = ? AND arrival > ?",
  );
  const erase = db.prepare<{ session: number; cut: number }>(
    "DELETE FROM transcript WHERE session_id = @session AND seq < @cut",
  );
  const end = db.prepare<{ session: number; now: number }>(
    "UPDATE sessions SET ended_at = coalesce(ended_at, @now), erased_at = @now WHERE id = @session",
  );
  const eraseTexts = db.prepare<Person>(
    `UPDATE inbox SET payload = iif(state = 'running', ${EMPTIED}, '{}')
     WHERE ${HERE} AND user_id IN (SELECT value FROM json_each(@ids)) AND seq < @before AND payload <> '{}'
       AND NOT (is_command = 1 AND state = 'waiting') AND ${personAt("inbox.user_id", "inbox.received_at")} = @user`,
  );
  // All of it, whenever it was said: it is the background of others, and nothing of the person's own depends on it.
  const eraseAmbient = db.prepare<Person>(
    `UPDATE ambient SET text = '', user_name = '', aliases = NULL, forwarded = NULL
     WHERE ${HERE} AND user_id IN (SELECT value FROM json_each(@ids)) AND (text <> '' OR user_name <> '')
       AND ${personAt("ambient.user_id", "ambient.received_at")} = @user`,
  );
  // What an answer that goes on was shown of it, among what others said.
  const eraseBackground = db.prepare<Person>(
    `UPDATE journal SET background = NULL
     WHERE background IS NOT NULL AND run_id IN (SELECT id FROM runs WHERE ${HERE})`,
  );
  const FINISHED = "d.state IN ('sent', 'failed')";
  const eraseAnswers = db.prepare<Person>(
    `DELETE FROM chunks WHERE delivery_id IN (
       SELECT id FROM deliveries d WHERE ${HERE} AND d.for_user IN (SELECT value FROM json_each(@ids)) AND ${FINISHED}
         AND ${personAt("d.for_user", "d.created_at")} = @user)`,
  );
  const eraseRemarks = db.prepare<Person>(
    `DELETE FROM chunks WHERE delivery_id IN (
       SELECT id FROM deliveries d WHERE ${HERE} AND d.for_user IS NULL AND ${FINISHED})`,
  );
  const othersHere = db.prepare<Person>(
    `SELECT 1 FROM inbox WHERE ${HERE} AND user_id NOT IN (SELECT value FROM json_each(@ids)) LIMIT 1`,
  );

  function isOwn({ id, key, started_at }: SessionRow, { platform, account, user, ids }: Person): boolean {
    const parts = decodeKey(key);
    if (parts?.user !== undefined) {
      const isHere = parts.platform === platform && parts.account === account;
      return isHere && people.at({ platform, account }, parts.user, started_at) === user;
    }
    return (
      writtenIn.get({ session: id, ids, user }) !== undefined &&
      othersIn.get({ session: id, platform, account, user }) === undefined
    );
  }

  /** @returns whether there was anything */
  function eraseSession({ id, ended_at }: SessionRow, before: number): boolean {
    const runs = eraseRuns.all({ session: id });
    for (const run of runs) eraseJournal.run(run.id);
    const kept = firstKept.get(id, before)?.seq ?? null;
    const { changes } = erase.run({ session: id, cut: kept ?? Number.MAX_SAFE_INTEGER });
    if (changes + runs.length > 0) contexts.erased(id);
    if (kept === null && goesOn.get(id) === undefined) end.run({ session: id, now: now() });
    blobs.release(id);
    return changes > 0 || runs.length > 0 || (kept === null && ended_at === null);
  }

  return ({ chatRef, userId, before, by }: Order): StoppedWork & { sessions: number; texts: number } => {
    // Where the platform names nobody, nothing is anybody's own.
    if (userId === "") return { dropped: 0, runIds: [], sessions: 0, texts: 0 };
    const { ref, platform, account, id, kind } = chats.info(chatRef);
    const ids = people.idsOf({ platform, account }, userId);
    const person = { platform, account, chat: ref, user: userId, ids, before };
    const dropped = drop.run(person).changes;
    const runIds = stop.all(person).map((run) => run.id);
    const own = sessions.all(person).filter((session) => isOwn(session, person));
    const erased = own.filter((session) => eraseSession(session, before)).length;
    const beside = eraseAmbient.run(person).changes;
    // Also where the person took it back before, or so much was said since that it is not kept any more.
    eraseBackground.run(person);
    const texts = eraseTexts.run(person).changes + eraseAnswers.run(person).changes + beside;
    if (kind === "dm" && othersHere.get(person) === undefined) eraseRemarks.run(person);
    if (erased + texts + dropped > 0) {
      const where = auditPlace(platform, { account, id });
      addAudit({ by, what: "sessions forgotten", where, from: null, to: String(erased) });
    }
    return { dropped, runIds, sessions: erased, texts };
  };
}
