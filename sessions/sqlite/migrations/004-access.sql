-- Who may be answered, what was offered to whom, and who changed what.

-- Rules that owners made: one for each subject, which is a user, a chat or a guild.
CREATE TABLE access (
  platform   TEXT NOT NULL,
  account    TEXT NOT NULL,
  -- Before the kind: all names of a message's author and place are looked up at once.
  id         TEXT NOT NULL CHECK (id <> ''),
  kind       TEXT NOT NULL CHECK (kind IN ('user', 'chat', 'guild')),
  rule       TEXT NOT NULL CHECK (rule IN ('owner', 'approved', 'blocked')),
  name       TEXT,
  changed_at INTEGER NOT NULL,
  changed_by TEXT NOT NULL,
  PRIMARY KEY (platform, account, id, kind),
  CHECK (kind = 'user' OR rule = 'approved')
) STRICT, WITHOUT ROWID;
CREATE INDEX access_owners ON access (rule) WHERE rule = 'owner';

-- Chats that ask to be let in. The subject is the user in private, else the chat.
CREATE TABLE pairings (
  code       TEXT PRIMARY KEY,
  platform   TEXT NOT NULL,
  account    TEXT NOT NULL,
  kind       TEXT NOT NULL CHECK (kind IN ('user', 'chat')),
  subject    TEXT NOT NULL,
  chat_id    INTEGER NOT NULL REFERENCES chats (id),
  thread_id  TEXT,
  user_id    TEXT NOT NULL,
  user_name  TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  UNIQUE (platform, account, kind, subject)
) STRICT, WITHOUT ROWID;

-- Codes in a row that did not exist, by who named them. From the fifth on the row locks until it expires.
CREATE TABLE code_trials (
  who        TEXT PRIMARY KEY,
  wrong      INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The hash of the code that makes the first owner, while it waits to be used.
CREATE TABLE owner_claim (
  id   INTEGER PRIMARY KEY CHECK (id = 1),
  hash TEXT NOT NULL
) STRICT;

CREATE TABLE audit (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  at         INTEGER NOT NULL,
  by         TEXT NOT NULL,
  what       TEXT NOT NULL,
  place      TEXT NOT NULL,
  from_value TEXT,
  to_value   TEXT
) STRICT;
CREATE INDEX audit_place ON audit (place);
CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit is never changed'); END;
CREATE TRIGGER audit_never_shrinks BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit is never changed'); END;
-- Replacing a row by its number would be a change without a word.
CREATE TRIGGER audit_only_grows BEFORE INSERT ON audit WHEN NEW.id IN (SELECT id FROM audit)
  BEGIN SELECT RAISE(ABORT, 'the audit is never changed'); END;

-- Commands that somebody may pick in a chat, as a JSON array; the latest offer counts.
CREATE TABLE offers (
  chat_id    INTEGER NOT NULL REFERENCES chats (id),
  user_id    TEXT NOT NULL,
  -- Where in the chat it was offered; null outside of threads.
  thread_id  TEXT,
  commands   TEXT NOT NULL,
  numbered   INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (chat_id, user_id)
) STRICT, WITHOUT ROWID;

-- JSON of what is shown to pick from: [{"label", "command"}].
ALTER TABLE chunks ADD COLUMN choices TEXT;

-- Of a command that waits: what its author is told of what it has changed already.
ALTER TABLE inbox ADD COLUMN effect TEXT;

CREATE INDEX chats_guild ON chats (platform, guild) WHERE guild IS NOT NULL;
