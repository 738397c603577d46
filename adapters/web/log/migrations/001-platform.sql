CREATE TABLE people (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  token_hash BLOB NOT NULL UNIQUE,
  joined_at INTEGER NOT NULL
) STRICT;

CREATE TABLE rooms (
  id TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL
) STRICT;

-- A deleted message keeps its row, without text, so that replies and threads have something to hang on.
CREATE TABLE messages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  chat TEXT NOT NULL,
  thread TEXT REFERENCES messages (id),
  starts_thread INTEGER NOT NULL DEFAULT 0,
  user_id TEXT NOT NULL,
  user_name TEXT NOT NULL,
  is_bot INTEGER NOT NULL,
  text TEXT NOT NULL,
  html TEXT,
  reply_to TEXT REFERENCES messages (id),
  for_user_id TEXT,
  idempotency_key TEXT,
  sent_at INTEGER NOT NULL,
  edited_at INTEGER,
  deleted_at INTEGER,
  owed TEXT CHECK (owed IN ('message', 'retry', 'edit', 'delete')),
  UNIQUE (user_id, idempotency_key)
) STRICT;

CREATE INDEX messages_by_place ON messages (chat, thread, seq);
CREATE INDEX messages_by_thread ON messages (thread) WHERE thread IS NOT NULL;
CREATE INDEX messages_owed ON messages (seq) WHERE owed IS NOT NULL;

-- What event streams replay. `owner` is set where one person alone may know of it.
CREATE TABLE changes (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('room', 'message', 'edit', 'delete', 'thread')),
  chat TEXT NOT NULL,
  message_id TEXT,
  owner TEXT
) STRICT;
