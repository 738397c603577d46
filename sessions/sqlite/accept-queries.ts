import type { Db } from "./database.ts";

/** A row that a new message may join. */
export interface Waiting {
  seq: number;
  state: string;
  session: string;
  lane: string;
  plan: string;
  burst: number;
}

export interface LastInLane extends Waiting {
  user_id: string;
  thread_id: string | null;
  /** 1 if nobody else has written since its burst began. */
  undisturbed: number;
  /** Of a message that is answered by itself. */
  reply_token: string | null;
}

/** What an author has open in a chat: messages that wait, commands without an answer yet, and the last arrival number. */
export interface Open {
  waiting: number;
  commands: number;
  last: number | null;
}

/** Said in so many words, because SQLite uses a partial index only for a query that repeats its condition. */
const OPEN = "state IN ('held', 'waiting', 'running')";
const QUEUED = "state IN ('waiting', 'running')";
const PART = "seq, state, session, lane, plan, coalesce(burst, seq) AS burst";

/** The statements of accepting a message. */
export function acceptQueries(db: Db) {
  return {
    root: db.prepare<[number, string, string], { root: string; session: string | null }>(
      "SELECT root, session FROM links WHERE chat_id = ? AND kind = ? AND id = ?",
    ),
    sessionOf: db.prepare<[number, string], { session: string | null }>(
      "SELECT session FROM inbox WHERE chat_id = ? AND message_id = ?",
    ),
    open: db.prepare<[number, string], Open>(
      `SELECT count(*) FILTER (WHERE state = 'waiting' AND is_command = 0) AS waiting,
         count(*) FILTER (WHERE is_command = 1) AS commands, max(seq) AS last
       FROM inbox WHERE chat_id = ? AND user_id = ? AND ${OPEN}`,
    ),
    unsentTo: db.prepare<[number, string], { n: number }>(
      "SELECT count(*) AS n FROM deliveries WHERE chat_id = ? AND state = 'pending' AND for_user = ?",
    ),
    albumPart: db.prepare<[number, string, string], Waiting>(
      `SELECT ${PART} FROM inbox
       WHERE chat_id = ? AND user_id = ? AND album = ? AND state IN ('held', 'waiting') AND ${OPEN}
       ORDER BY state DESC, seq LIMIT 1`,
    ),
    longText: db.prepare<[number, string | null, number], Waiting>(
      `SELECT ${PART} FROM inbox
       WHERE seq = ? AND thread_id IS ? AND continues = 1 AND state = 'waiting' AND ready_at > ?`,
    ),
    lastInLane: db.prepare<[string], LastInLane>(
      `SELECT ${PART}, user_id, thread_id, json_extract(payload, '$.replyToken') AS reply_token, NOT EXISTS (
         SELECT 1 FROM inbox o
         WHERE o.lane = i.lane AND o.user_id <> i.user_id AND o.seq > coalesce(i.burst, i.seq) AND o.${QUEUED}
       ) AS undisturbed
       FROM inbox i WHERE lane = ? AND ${QUEUED} ORDER BY seq DESC LIMIT 1`,
    ),
    lastRefused: db.prepare<[number, string], { seq: number }>(
      `SELECT seq FROM inbox WHERE chat_id = ? AND user_id = ? AND state = 'refused' AND failure = 'over-limit'
       ORDER BY seq DESC LIMIT 1`,
    ),
    lastStale: db.prepare<[number, string], { received_at: number }>(
      `SELECT received_at FROM inbox WHERE chat_id = ? AND user_id = ? AND state = 'refused' AND failure = 'stale'
       ORDER BY seq DESC LIMIT 1`,
    ),
    denied: db.prepare<[number]>(
      "SELECT 1 FROM inbox WHERE chat_id = ? AND state = 'refused' AND failure = 'denied' LIMIT 1",
    ),
    toldOfFull: db.prepare<[number]>(
      "INSERT INTO remarks (chat_id, about) VALUES (?, 'pairing-full') ON CONFLICT DO NOTHING",
    ),
    insert: db.prepare(
      `INSERT INTO inbox (chat_id, message_id, thread_id, user_id, user_name, is_command, state, session, lane, plan,
         payload, album, continues, burst, ready_at, sent_at, received_at, failure)
       VALUES (@chat_id, @message_id, @thread_id, @user_id, @user_name, @is_command, @state, @session, @lane, @plan,
         @payload, @album, @continues, @burst, @ready_at, @sent_at, @received_at, @failure)
       ON CONFLICT DO NOTHING`,
    ),
    grow: db.prepare<[number, string, number]>(
      `UPDATE inbox SET ready_at = ?
       WHERE lane = ? AND coalesce(burst, seq) = ? AND state = 'waiting' AND ${QUEUED}`,
    ),
    release: db.prepare<[string, string, string, number, number, number, string, string]>(
      `UPDATE inbox SET state = 'waiting', session = ?, lane = ?, plan = ?, burst = ?, ready_at = ?
       WHERE chat_id = ? AND user_id = ? AND album = ? AND state = 'held' AND ${OPEN}`,
    ),
    linkThread: db.prepare(
      "INSERT INTO links (chat_id, kind, id, root, session) VALUES (?, 'thread', ?, ?, ?) ON CONFLICT DO NOTHING",
    ),
    linkBurst: db.prepare<[string, string, number]>(
      `INSERT INTO links (chat_id, kind, id, root)
       SELECT chat_id, 'message', message_id, ? FROM inbox
       WHERE lane = ? AND coalesce(burst, seq) = ? AND state = 'waiting' AND ${QUEUED}
       ON CONFLICT DO NOTHING`,
    ),
  };
}
