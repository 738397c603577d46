-- Everything that one gateway remembers. Times are epoch milliseconds.

CREATE TABLE chats (
  id         INTEGER PRIMARY KEY,
  platform   TEXT NOT NULL,
  account    TEXT NOT NULL,
  chat       TEXT NOT NULL,
  kind       TEXT NOT NULL,
  name       TEXT,
  guild      TEXT,
  guild_name TEXT,
  -- The chat that this one became. Its rows stay: message numbers begin anew there, and what is redelivered is known here.
  moved_to   INTEGER REFERENCES chats (id),
  UNIQUE (platform, account, chat)
) STRICT;
CREATE INDEX chats_moved ON chats (moved_to) WHERE moved_to IS NOT NULL;

CREATE TABLE settings (
  place      TEXT NOT NULL,
  name       TEXT NOT NULL,
  value      TEXT NOT NULL,
  changed_at INTEGER NOT NULL,
  changed_by TEXT NOT NULL,
  PRIMARY KEY (place, name)
) STRICT, WITHOUT ROWID;

-- One row per conversation; a key has one open conversation at most.
CREATE TABLE sessions (
  id         INTEGER PRIMARY KEY,
  key        TEXT NOT NULL,
  chat_id    INTEGER NOT NULL REFERENCES chats (id),
  strategy   TEXT NOT NULL,
  -- The arrival number of its first message: a command that came before it does not end it, however late it runs.
  began_with INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at   INTEGER
) STRICT;
CREATE UNIQUE INDEX sessions_open ON sessions (key) WHERE ended_at IS NULL;
CREATE INDEX sessions_chat ON sessions (chat_id);

CREATE TABLE transcript (
  session_id  INTEGER NOT NULL REFERENCES sessions (id),
  seq         INTEGER NOT NULL,
  role        TEXT NOT NULL,
  content     TEXT NOT NULL,
  author_id   TEXT,
  author_name TEXT,
  at          INTEGER NOT NULL,
  PRIMARY KEY (session_id, seq)
) STRICT, WITHOUT ROWID;

-- AUTOINCREMENT: an arrival number is never given twice, so it orders for ever.
CREATE TABLE inbox (
  seq         INTEGER PRIMARY KEY AUTOINCREMENT,
  chat_id     INTEGER NOT NULL REFERENCES chats (id),
  message_id  TEXT NOT NULL,
  thread_id   TEXT,
  user_id     TEXT NOT NULL,
  user_name   TEXT NOT NULL,
  is_command  INTEGER NOT NULL,
  state       TEXT NOT NULL,
  session     TEXT,
  lane        TEXT,
  plan        TEXT,
  payload     TEXT NOT NULL,
  album       TEXT,
  continues   INTEGER NOT NULL,
  burst       INTEGER,
  ready_at    INTEGER NOT NULL,
  sent_at     INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  run_id      INTEGER,
  failure     TEXT,
  UNIQUE (chat_id, message_id)
) STRICT;
-- Small: only what is not finished is in them, and recovery reads keys and ids alone.
CREATE INDEX inbox_lane ON inbox (lane, seq) WHERE state IN ('waiting', 'running');
CREATE INDEX inbox_author ON inbox (chat_id, user_id, seq) WHERE state IN ('held', 'waiting', 'running');
CREATE INDEX inbox_refused ON inbox (chat_id, user_id, seq) WHERE state = 'refused';
CREATE INDEX inbox_commands ON inbox (seq) WHERE is_command = 1 AND state = 'waiting';
CREATE INDEX inbox_held ON inbox (received_at) WHERE state = 'held';
CREATE INDEX inbox_run ON inbox (run_id) WHERE run_id IS NOT NULL AND state = 'running';

-- Users of a busy lane that were answered already, and the point in the order of arrival behind which they are now.
CREATE TABLE served (
  lane     TEXT NOT NULL,
  user_id  TEXT NOT NULL,
  position INTEGER NOT NULL,
  run_id   INTEGER NOT NULL,
  PRIMARY KEY (lane, user_id)
) STRICT, WITHOUT ROWID;

-- Runs that are going on; a row goes when its run ends.
CREATE TABLE runs (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  lane       TEXT NOT NULL UNIQUE,
  session_id INTEGER NOT NULL REFERENCES sessions (id),
  chat_id    INTEGER NOT NULL REFERENCES chats (id),
  user_id    TEXT NOT NULL,
  user_name  TEXT NOT NULL,
  holder     TEXT,
  fence      INTEGER NOT NULL,
  attempt    INTEGER NOT NULL,
  stopped    INTEGER NOT NULL,
  started_at INTEGER NOT NULL
) STRICT;
CREATE INDEX runs_chat ON runs (chat_id);

CREATE TABLE journal (
  run_id      INTEGER NOT NULL,
  step        INTEGER NOT NULL,
  role        TEXT NOT NULL,
  content     TEXT NOT NULL,
  author_id   TEXT,
  author_name TEXT,
  at          INTEGER NOT NULL,
  PRIMARY KEY (run_id, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  chat_id    INTEGER NOT NULL REFERENCES chats (id),
  thread_id  TEXT,
  reply_to   TEXT,
  for_user   TEXT,
  chain_root TEXT,
  state      TEXT NOT NULL,
  failure    TEXT,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX deliveries_open ON deliveries (chat_id, id) WHERE state = 'pending';
CREATE INDEX deliveries_failed ON deliveries (chat_id) WHERE state = 'failed';

CREATE TABLE chunks (
  delivery_id INTEGER NOT NULL REFERENCES deliveries (id),
  n           INTEGER NOT NULL,
  text        TEXT NOT NULL,
  plain       TEXT NOT NULL,
  state       TEXT NOT NULL,
  message_id  TEXT,
  PRIMARY KEY (delivery_id, n)
) STRICT, WITHOUT ROWID;

-- Messages and native threads that belong to an interaction, which is named by the message that opened it.
CREATE TABLE links (
  chat_id INTEGER NOT NULL REFERENCES chats (id),
  kind    TEXT NOT NULL,
  id      TEXT NOT NULL,
  root    TEXT NOT NULL,
  -- Of a thread: the session that it was opened for.
  session TEXT,
  PRIMARY KEY (chat_id, kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX links_root ON links (chat_id, root) WHERE kind = 'thread';

CREATE TABLE usage (
  id                 INTEGER PRIMARY KEY,
  at                 INTEGER NOT NULL,
  session_id         INTEGER NOT NULL REFERENCES sessions (id),
  chat_id            INTEGER NOT NULL REFERENCES chats (id),
  user_id            TEXT NOT NULL,
  model              TEXT NOT NULL,
  input_tokens       INTEGER NOT NULL,
  output_tokens      INTEGER NOT NULL,
  cache_read_tokens  INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL
) STRICT;
CREATE INDEX usage_session ON usage (session_id);

CREATE TABLE blobs (
  hash      TEXT PRIMARY KEY,
  mime_type TEXT NOT NULL,
  bytes     BLOB NOT NULL
) STRICT;
