-- A database of schema 8, frozen: it is never changed. Everything that can be in it is in it, and work in every state.

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
CREATE TABLE settings (
  place      TEXT NOT NULL,
  name       TEXT NOT NULL,
  value      TEXT NOT NULL,
  changed_at INTEGER NOT NULL,
  changed_by TEXT NOT NULL,
  PRIMARY KEY (place, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE sessions (
  id         INTEGER PRIMARY KEY,
  key        TEXT NOT NULL,
  chat_id    INTEGER NOT NULL REFERENCES chats (id),
  strategy   TEXT NOT NULL,
  -- The arrival number of its first message: a command that came before it does not end it, however late it runs.
  began_with INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at   INTEGER
, merged_into INTEGER REFERENCES sessions (id), erased_at INTEGER, erased_to INTEGER NOT NULL DEFAULT 0, merged_after INTEGER NOT NULL DEFAULT 0, context_tokens INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE transcript (
  session_id  INTEGER NOT NULL REFERENCES sessions (id),
  seq         INTEGER NOT NULL,
  role        TEXT NOT NULL,
  content     TEXT NOT NULL,
  author_id   TEXT,
  author_name TEXT,
  at          INTEGER NOT NULL, arrival INTEGER,
  PRIMARY KEY (session_id, seq)
) STRICT, WITHOUT ROWID;
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
  failure     TEXT, effect TEXT,
  UNIQUE (chat_id, message_id)
) STRICT;
CREATE TABLE served (
  lane     TEXT NOT NULL,
  user_id  TEXT NOT NULL,
  position INTEGER NOT NULL,
  run_id   INTEGER NOT NULL,
  PRIMARY KEY (lane, user_id)
) STRICT, WITHOUT ROWID;
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
, draft TEXT, erased INTEGER NOT NULL DEFAULT 0, outdated INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE journal (
  run_id      INTEGER NOT NULL,
  step        INTEGER NOT NULL,
  role        TEXT NOT NULL,
  content     TEXT NOT NULL,
  author_id   TEXT,
  author_name TEXT,
  at          INTEGER NOT NULL, arrival INTEGER, background TEXT,
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
, draft_key TEXT, draft_id TEXT, reply_token TEXT, opened INTEGER NOT NULL DEFAULT 0, is_answer INTEGER NOT NULL DEFAULT 0, retried_at INTEGER, behind INTEGER, about INTEGER, precedes INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE chunks (
  delivery_id INTEGER NOT NULL REFERENCES deliveries (id),
  n           INTEGER NOT NULL,
  text        TEXT NOT NULL,
  plain       TEXT NOT NULL,
  state       TEXT NOT NULL,
  message_id  TEXT, files TEXT, choices TEXT, tries INTEGER NOT NULL DEFAULT 0, doubts INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, faults INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (delivery_id, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE links (
  chat_id INTEGER NOT NULL REFERENCES chats (id),
  kind    TEXT NOT NULL,
  id      TEXT NOT NULL,
  root    TEXT NOT NULL,
  -- Of a thread: the session that it was opened for.
  session TEXT,
  PRIMARY KEY (chat_id, kind, id)
) STRICT, WITHOUT ROWID;
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
, run_id INTEGER, user_name TEXT) STRICT;
CREATE TABLE blobs (
  hash      TEXT PRIMARY KEY,
  mime_type TEXT NOT NULL,
  bytes     BLOB NOT NULL
) STRICT;
CREATE TABLE bookmarks (
  platform TEXT NOT NULL,
  account  TEXT NOT NULL,
  place    TEXT NOT NULL,
  mark     TEXT NOT NULL,
  PRIMARY KEY (platform, account, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE remarks (
  chat_id INTEGER NOT NULL REFERENCES chats (id),
  about   TEXT NOT NULL,
  PRIMARY KEY (chat_id, about)
) STRICT, WITHOUT ROWID;
CREATE TABLE aliases (
  platform TEXT NOT NULL,
  account  TEXT NOT NULL,
  alias    TEXT NOT NULL,
  until    INTEGER NOT NULL,
  user_id  TEXT NOT NULL,
  PRIMARY KEY (platform, account, alias, until)
) STRICT, WITHOUT ROWID;
CREATE TABLE vault (
  platform   TEXT NOT NULL,
  account    TEXT NOT NULL,
  kind       TEXT NOT NULL,
  id         TEXT NOT NULL,
  value      TEXT NOT NULL,
  expires_at INTEGER,
  PRIMARY KEY (platform, account, kind, id)
) STRICT, WITHOUT ROWID;
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
CREATE TABLE code_trials (
  who        TEXT PRIMARY KEY,
  wrong      INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
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
CREATE TABLE blob_refs (
  hash       TEXT NOT NULL,
  session_id INTEGER NOT NULL REFERENCES sessions (id),
  PRIMARY KEY (hash, session_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE unshown_blobs (
  hash  TEXT PRIMARY KEY,
  since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE ambient (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  chat_id     INTEGER NOT NULL REFERENCES chats (id),
  thread_id   TEXT,
  message_id  TEXT NOT NULL,
  user_id     TEXT NOT NULL,
  user_name   TEXT NOT NULL,
  -- Other ids of the user, as JSON.
  aliases     TEXT,
  text        TEXT NOT NULL,
  -- Who wrote it, as JSON, if the user only passes it on.
  forwarded   TEXT,
  sent_at     INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  UNIQUE (chat_id, message_id)
) STRICT;
CREATE TABLE compactions (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  session_id    INTEGER NOT NULL REFERENCES sessions (id),
  -- The last message that the summary stands for; 0 if there is no summary.
  up_to         INTEGER NOT NULL,
  -- The last message whose results of tools are left out; never below up_to.
  cleared_to    INTEGER NOT NULL,
  summary       TEXT,
  method        TEXT NOT NULL CHECK (method IN ('cleared', 'provider', 'model', 'excerpt')),
  model         TEXT,
  -- Who asked for it; null if it was the conversation's length.
  asked_by      TEXT,
  tokens_before INTEGER NOT NULL,
  tokens_after  INTEGER NOT NULL,
  at            INTEGER NOT NULL,
  CHECK ((summary IS NULL) = (up_to = 0)),
  CHECK (cleared_to >= up_to)
) STRICT;
CREATE TABLE approvals (
  run_id      INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  -- Which question of its run it is, from 1.
  n           INTEGER NOT NULL,
  tool_use_id TEXT NOT NULL,
  -- A hash of the tool's name and of what it would be given: consent is to that, whatever else has the same id.
  call        TEXT NOT NULL,
  code        TEXT NOT NULL COLLATE NOCASE,
  tool        TEXT NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('asked', 'approved', 'denied', 'begun')),
  -- The last message that had arrived by then: what had is not about it.
  asked_after INTEGER NOT NULL,
  asked_at    INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL,
  PRIMARY KEY (run_id, n),
  UNIQUE (run_id, tool_use_id, call)
) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE recall USING fts5(terms, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');
CREATE TABLE recall_rows (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  session_id INTEGER NOT NULL REFERENCES sessions (id),
  seq        INTEGER NOT NULL,
  UNIQUE (session_id, seq)
) STRICT;
CREATE TABLE recall_keys (
  session_id INTEGER PRIMARY KEY REFERENCES sessions (id),
  key        TEXT NOT NULL
) STRICT;
CREATE TABLE recall_due (
  session_id INTEGER NOT NULL REFERENCES sessions (id),
  seq        INTEGER NOT NULL,
  PRIMARY KEY (session_id, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO chats (id, platform, account, chat, kind, name, guild, guild_name, moved_to) VALUES
  (1, 'telegram', 'default', '-1000000002001', 'group', 'Team', NULL, NULL, NULL),
  (2, 'telegram', 'default', '1001', 'dm', 'Alice', NULL, NULL, NULL),
  (3, 'telegram', 'default', '-2001', 'group', 'Team', NULL, NULL, 1);
INSERT INTO settings (place, name, value, changed_at, changed_by) VALUES
  ('chat:telegram:default:-1000000002001', 'strategy', 'shared', 1780000000000, 'telegram:1001'),
  ('platform:telegram', 'addressing', 'mention', 1780000000000, 'cli:op');
INSERT INTO sessions (id, key, chat_id, strategy, began_with, started_at, ended_at, merged_into, erased_at, erased_to, merged_after, context_tokens) VALUES
  (1, 'agent:main:telegram:group:-1000000002001', 1, 'shared', 1, 1780000000000, NULL, NULL, NULL, 0, 0, 900),
  (2, 'agent:main:telegram:dm:1001', 2, 'shared', 3, 1780000000000, NULL, NULL, NULL, 0, 0, 0),
  (3, 'agent:main:telegram:group:-2001:user:1002', 3, 'per-user', 1, 1780000000000, 1780000000500, NULL, NULL, 0, 0, 0),
  (4, 'agent:main:telegram:group:-1000000002001', 1, 'shared', 2, 1780000000000, 1780000000400, 1, NULL, 0, 4, 0),
  (5, 'agent:main:telegram:dm:1002', 1, 'shared', 2, 1780000000000, 1780000000300, NULL, 1780000000300, 0, 0, 0);
INSERT INTO transcript (session_id, seq, role, content, author_id, author_name, at, arrival) VALUES
  (1, 1, 'user', '[{"type":"text","text":"What is on this picture, and what time is it?"},{"type":"image","blob":"02a3e298f1533f62558c58e4c70edcab9af5a50d62d925fd5390942020fb0fb8","mimeType":"image/png"}]', '1001', 'Alice', 1780000000001, 1),
  (1, 2, 'assistant', '[{"type":"text","text":"I look at the clock."},{"type":"tool-use","id":"toolu_1","name":"current_time","input":{}}]', NULL, NULL, 1780000000002, NULL),
  (1, 3, 'user', '[{"type":"tool-result","toolUseId":"toolu_1","text":"It is 12:00 in UTC.","isError":false}]', NULL, NULL, 1780000000003, NULL),
  (1, 4, 'assistant', '[{"type":"text","text":"A chart, at noon."}]', NULL, NULL, 1780000000004, NULL),
  (1, 5, 'user', '[{"type":"text","text":"Thanks, it''s ‘Bob’ here 🎉"}]', '1002', 'Bob', 1780000000005, 2),
  (1, 6, 'assistant', '[{"type":"text","text":"You are welcome, Bob."}]', NULL, NULL, 1780000000006, NULL),
  (2, 1, 'user', '[{"type":"text","text":"A private question"}]', '1001', 'Alice', 1780000000001, 3),
  (2, 2, 'assistant', '[{"type":"text","text":"A private answer"}]', NULL, NULL, 1780000000002, NULL),
  (3, 1, 'user', '[{"type":"text","text":"Said before the group moved"},{"type":"document","blob":"ab5aa97074c454a0632057e704220d9a6678fbf773a0a5806fc09b8173b07309","mimeType":"text/plain","name":"notes.txt"}]', '1002', 'Bob', 1780000000001, 1),
  (3, 2, 'assistant', '[{"type":"text","text":"Answered before the group moved"}]', NULL, NULL, 1780000000002, NULL);
INSERT INTO inbox (seq, chat_id, message_id, thread_id, user_id, user_name, is_command, state, session, lane, plan, payload, album, continues, burst, ready_at, sent_at, received_at, run_id, failure, effect) VALUES
  (1, 1, '11', NULL, '1001', 'Alice', 0, 'done', 'agent:main:telegram:group:-1000000002001', 'agent:main:telegram:group:-1000000002001', '{"strategy":"shared","agent":"main","attribution":"tagged","thread":"stay"}', '{"text":"What is on this picture, and what time is it?","attachments":[]}', NULL, 0, NULL, 1780000000000, 1780000000000, 1780000000000, NULL, NULL, NULL),
  (2, 1, '12', NULL, '1002', 'Bob', 0, 'done', 'agent:main:telegram:group:-1000000002001', 'agent:main:telegram:group:-1000000002001', '{"strategy":"shared","agent":"main","attribution":"tagged","thread":"stay"}', '{"text":"Thanks","attachments":[]}', NULL, 0, NULL, 1780000000000, 1780000000000, 1780000000000, NULL, NULL, NULL),
  (3, 2, '13', NULL, '1001', 'Alice', 0, 'done', 'agent:main:telegram:dm:1001', 'agent:main:telegram:dm:1001', '{"strategy":"shared","agent":"main","attribution":"none","thread":"stay"}', '{"text":"A private question","attachments":[]}', NULL, 0, NULL, 1780000000000, 1780000000000, 1780000000000, NULL, NULL, NULL),
  (4, 1, '14', NULL, '1001', 'Alice', 0, 'running', 'agent:main:telegram:group:-1000000002001', 'agent:main:telegram:group:-1000000002001', '{"strategy":"shared","agent":"main","attribution":"tagged","thread":"stay","replyTo":"14"}', '{"text":"running: what was cut off","attachments":[]}', NULL, 0, NULL, 1780000000000, 1780000000000, 1780000000000, 5, NULL, NULL),
  (5, 1, '15', NULL, '1002', 'Bob', 0, 'waiting', 'agent:main:telegram:group:-1000000002001', 'agent:main:telegram:group:-1000000002001', '{"strategy":"shared","agent":"main","attribution":"tagged","thread":"stay","replyTo":"15"}', '{"text":"waiting: from Bob, first part","attachments":[]}', NULL, 0, NULL, 1780000000000, 1780000000000, 1780000000000, NULL, NULL, NULL),
  (6, 1, '16', NULL, '1002', 'Bob', 0, 'waiting', 'agent:main:telegram:group:-1000000002001', 'agent:main:telegram:group:-1000000002001', '{"strategy":"shared","agent":"main","attribution":"tagged","thread":"stay","replyTo":"16"}', '{"text":"and the second part","attachments":[]}', NULL, 0, 5, 1780000000000, 1780000000000, 1780000000000, NULL, NULL, NULL),
  (7, 1, '17', NULL, '1003', 'Carol', 0, 'waiting', 'agent:main:telegram:group:-1000000002001', 'agent:main:telegram:group:-1000000002001', '{"strategy":"shared","agent":"main","attribution":"tagged","thread":"stay","replyTo":"17"}', '{"text":"waiting: from Carol","attachments":[],"replyTo":{"messageId":"12","userId":"1002","text":"Thanks","fromSelf":false}}', NULL, 0, NULL, 1780000000000, 1780000000000, 1780000000000, NULL, NULL, NULL),
  (8, 2, '18', NULL, '1001', 'Alice', 0, 'waiting', 'agent:main:telegram:dm:1001', 'agent:main:telegram:dm:1001', '{"strategy":"shared","agent":"main","attribution":"none","thread":"stay"}', '{"text":"waiting: in private","attachments":[]}', NULL, 0, NULL, 1780000000000, 1780000000000, 1780000000000, NULL, NULL, NULL),
  (9, 2, '19', NULL, '1001', 'Alice', 1, 'waiting', 'agent:main:telegram:dm:1001', NULL, '{"strategy":"shared","agent":"main","attribution":"none","thread":"stay"}', '{"text":"/status","attachments":[],"command":{"name":"status","args":""}}', NULL, 0, NULL, 1780000000000, 1780000000000, 1780000000000, NULL, NULL, NULL),
  (10, 1, '20', NULL, '1003', 'Carol', 0, 'held', 'agent:main:telegram:group:-1000000002001', 'agent:main:telegram:group:-1000000002001', '{"strategy":"shared","agent":"main","attribution":"tagged","thread":"stay"}', '{"text":"","attachments":[]}', 'album-1', 0, NULL, 1780000000000, 1780000000000, 1780000000000, NULL, NULL, NULL),
  (11, 1, '21', NULL, '1003', 'Carol', 0, 'refused', NULL, NULL, NULL, '{}', NULL, 0, NULL, 1780000000000, 1780000000000, 1780000000000, NULL, 'over-limit', NULL),
  (12, 3, '9', NULL, '1002', 'Bob', 0, 'done', 'agent:main:telegram:group:-2001:user:1002', 'agent:main:telegram:group:-2001:user:1002', '{"strategy":"per-user","agent":"main","attribution":"none","thread":"stay"}', '{"text":"Said before the group moved","attachments":[]}', NULL, 0, NULL, 1780000000000, 1780000000000, 1780000000000, NULL, NULL, NULL),
  (13, 1, '22', NULL, '1002', 'Bob', 0, 'dropped', 'agent:main:telegram:group:-1000000002001', 'agent:main:telegram:group:-1000000002001', '{"strategy":"shared","agent":"main","attribution":"tagged","thread":"stay"}', '{}', NULL, 0, NULL, 1780000000000, 1780000000000, 1780000000000, NULL, 'deleted', NULL);
INSERT INTO served (lane, user_id, position, run_id) VALUES
  ('agent:main:telegram:group:-1000000002001', '1002', 5, 4);
INSERT INTO runs (id, lane, session_id, chat_id, user_id, user_name, holder, fence, attempt, stopped, started_at, draft, erased, outdated) VALUES
  (5, 'agent:main:telegram:group:-1000000002001', 1, 1, '1001', 'Alice', 'a process that is gone', 2, 1, 0, 1780000000000, NULL, 0, 0);
INSERT INTO journal (run_id, step, role, content, author_id, author_name, at, arrival, background) VALUES
  (5, 0, 'user', '[{"type":"text","text":"running: what was cut off"}]', '1001', 'Alice', 1780000000000, 4, '<background>
<message from="1002" name="Bob" at="2026-05-28T20:26:40Z">
Has anybody seen the chart?
</message>
</background>'),
  (5, 1, 'assistant', '[{"type":"text","text":"Let me see."},{"type":"tool-use","id":"toolu_2","name":"current_time","input":{}}]', NULL, NULL, 1780000000000, NULL, NULL),
  (5, 2, 'user', '[{"type":"tool-result","toolUseId":"toolu_2","text":"It is 13:00 in UTC.","isError":false}]', NULL, NULL, 1780000000000, NULL, NULL);
INSERT INTO deliveries (id, chat_id, thread_id, reply_to, for_user, chain_root, state, failure, created_at, draft_key, draft_id, reply_token, opened, is_answer, retried_at, behind, about, precedes) VALUES
  (1, 1, NULL, '11', '1001', NULL, 'sent', NULL, 1780000000000, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, 0),
  (2, 1, NULL, '12', '1002', NULL, 'pending', NULL, 1780000000000, NULL, NULL, NULL, 0, 0, 1780000000900, 5, NULL, 0),
  (3, 1, NULL, NULL, '1003', NULL, 'failed', 'forbidden', 1780000000000, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, 0),
  (4, 2, NULL, '13', '1001', NULL, 'pending', NULL, 1780000000000, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, 0),
  (5, 1, NULL, NULL, '1002', NULL, 'sent', NULL, 1780000000000, 'mr0h1a-r3', '33', NULL, 0, 1, NULL, NULL, NULL, 0);
INSERT INTO chunks (delivery_id, n, text, plain, state, message_id, files, choices, tries, doubts, failures, faults) VALUES
  (1, 0, 'A chart, at noon.', 'A chart, at noon.', 'sent', '31', NULL, '[{"label":"shared","command":"strategy shared"}]', 0, 0, 0, 0),
  (2, 0, 'pending: this part was sent', 'pending: this part was sent', 'sent', '32', NULL, NULL, 0, 0, 0, 0),
  (2, 1, 'pending: this part was not', 'pending: this part was not', 'pending', NULL, NULL, NULL, 0, 0, 0, 0),
  (3, 0, 'Nobody could read this', 'Nobody could read this', 'pending', NULL, NULL, NULL, 0, 1, 3, 0),
  (4, 0, 'pending: this was on its way', 'pending: this was on its way', 'sending', NULL, NULL, NULL, 1, 0, 0, 0),
  (5, 0, 'Shown while it was written', 'Shown while it was written', 'sent', '33', NULL, NULL, 0, 0, 0, 0);
INSERT INTO links (chat_id, kind, id, root, session) VALUES
  (1, 'message', '31', '11', NULL),
  (1, 'thread', '77', '11', 'agent:main:telegram:group:-1000000002001:thread:77');
INSERT INTO usage (id, at, session_id, chat_id, user_id, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, run_id, user_name) VALUES
  (1, 1780000000000, 1, 1, '1001', 'claude', 100, 20, 3, 4, 1, 'Alice'),
  (2, 1780000000000, 1, 1, '1002', 'claude', 100, 20, 3, 4, 2, 'Bob'),
  (3, 1780000000000, 2, 2, '1001', 'claude', 100, 20, 3, 4, 3, 'Alice');
INSERT INTO blobs (hash, mime_type, bytes) VALUES
  ('02a3e298f1533f62558c58e4c70edcab9af5a50d62d925fd5390942020fb0fb8', 'image/png', X'89504E470D0A1A0A0000000D49484452'),
  ('36ab3028927edf6d472efb549bca6b54aa63ff9b2ce989f33179bda33be32686', 'image/png', X'612070696374757265206F662061207475726E2074686174206973206E6F74207772697474656E20646F776E20796574'),
  ('ab5aa97074c454a0632057e704220d9a6678fbf773a0a5806fc09b8173b07309', 'text/plain', X'6E6F746573');
INSERT INTO bookmarks (platform, account, place, mark) VALUES
  ('discord', 'default', 'channel 900', '1234567890123456789');
INSERT INTO remarks (chat_id, about) VALUES
  (1, 'no-thread');
INSERT INTO aliases (platform, account, alias, until, user_id) VALUES
  ('whatsapp', 'default', '4917012345@s.whatsapp.net', 1780000000000, '184467440737@lid');
INSERT INTO vault (platform, account, kind, id, value, expires_at) VALUES
  ('whatsapp', 'default', 'creds', 'creds', '{"registered":true}', NULL);
INSERT INTO access (platform, account, id, kind, rule, name, changed_at, changed_by) VALUES
  ('telegram', 'default', '-1000000002001', 'chat', 'approved', 'Team', 1780000000000, 'telegram:1001'),
  ('telegram', 'default', '1001', 'user', 'owner', 'Alice', 1780000000000, 'claim');
INSERT INTO pairings (code, platform, account, kind, subject, chat_id, thread_id, user_id, user_name, created_at, expires_at) VALUES
  ('ABCD2345', 'telegram', 'default', 'user', '1003', 1, NULL, '1003', 'Carol', 1780000000000, 4000000000000);
INSERT INTO code_trials (who, wrong, expires_at) VALUES
  ('telegram:1003', 2, 1780000001000);
INSERT INTO audit (id, at, by, what, place, from_value, to_value) VALUES
  (1, 1780000000000, 'telegram:1001', 'setting strategy', 'telegram:-1000000002001', NULL, 'shared');
INSERT INTO offers (chat_id, user_id, thread_id, commands, numbered, expires_at) VALUES
  (1, '1002', NULL, '["strategy shared","strategy per-user"]', 1, 4000000000000);
INSERT INTO blob_refs (hash, session_id) VALUES
  ('02a3e298f1533f62558c58e4c70edcab9af5a50d62d925fd5390942020fb0fb8', 1),
  ('ab5aa97074c454a0632057e704220d9a6678fbf773a0a5806fc09b8173b07309', 3);
INSERT INTO unshown_blobs (hash, since) VALUES
  ('36ab3028927edf6d472efb549bca6b54aa63ff9b2ce989f33179bda33be32686', 1780000000000);
INSERT INTO ambient (id, chat_id, thread_id, message_id, user_id, user_name, aliases, text, forwarded, sent_at, received_at) VALUES
  (1, 1, NULL, '23', '1002', 'Bob', NULL, 'Has anybody seen the chart?', NULL, 1780000000000, 1780000000000),
  (2, 1, '77', '24', '1003', 'Carol', '["carol@example"]', 'In a thread', '{"userId":"1004","name":"Dave"}', 1780000000000, 1780000000000),
  (3, 1, NULL, '25', '1003', 'Carol', NULL, '', NULL, 1780000000000, 1780000000000);
INSERT INTO compactions (id, session_id, up_to, cleared_to, summary, method, model, asked_by, tokens_before, tokens_after, at) VALUES
  (1, 1, 0, 4, NULL, 'cleared', NULL, NULL, 90000, 60000, 1780000000100),
  (2, 1, 4, 4, 'Alice (1001) showed a chart and asked for the time, which was noon.', 'model', 'claude', '1001', 70000, 900, 1780000000200);
INSERT INTO approvals (run_id, n, tool_use_id, call, code, tool, state, asked_after, asked_at, expires_at) VALUES
  (5, 1, 'toolu_2', '69f57b0154bfee117fe675ba897da5896a583bd540d0e96aa421ec65fa7f8435', 'K3F7', 'current_time', 'begun', 0, 1780000000000, 1780000060000),
  (5, 2, 'toolu_3', '930fc4fc556febac0b704acef6d3599dca21e428d69036ad63c28db8aeb947d4', 'M8Q2', 'send_mail', 'asked', 0, 1780000000000, 1780000060000);
INSERT INTO recall (rowid, terms) VALUES (1, '02ca0cbecb3e 138c24182a0a 2bf25c8a0fc9 4efcb818be3e 54ef18b64fdb 6f255e741be0 91f8bee6c1ed a6606482b0e7');
INSERT INTO recall (rowid, terms) VALUES (2, '142ca6f5bc01 228988267f3d 3e3ed475ff51 470f84326f14 cb499f75d125');
INSERT INTO recall (rowid, terms) VALUES (3, '11934d85d3a9 2ff69af94a53 36adbca40e08 6f255e741be0 91f8bee6c1ed a788bef92366');
INSERT INTO recall (rowid, terms) VALUES (4, '470f84326f14 913e775c8f25 9768d914a8f5 ced188a5dbc1');
INSERT INTO recall_rows (id, session_id, seq) VALUES
  (1, 1, 1),
  (2, 1, 2),
  (3, 1, 3),
  (4, 1, 4);
INSERT INTO recall_keys (session_id, key) VALUES
  (1, '07070707070707070707070707070707');
INSERT INTO recall_due (session_id, seq) VALUES
  (1, 5),
  (1, 6),
  (2, 1),
  (2, 2),
  (3, 1),
  (3, 2);
CREATE INDEX chats_moved ON chats (moved_to) WHERE moved_to IS NOT NULL;
CREATE UNIQUE INDEX sessions_open ON sessions (key) WHERE ended_at IS NULL;
CREATE INDEX sessions_chat ON sessions (chat_id);
CREATE INDEX inbox_lane ON inbox (lane, seq) WHERE state IN ('waiting', 'running');
CREATE INDEX inbox_author ON inbox (chat_id, user_id, seq) WHERE state IN ('held', 'waiting', 'running');
CREATE INDEX inbox_refused ON inbox (chat_id, user_id, seq) WHERE state = 'refused';
CREATE INDEX inbox_commands ON inbox (seq) WHERE is_command = 1 AND state = 'waiting';
CREATE INDEX inbox_held ON inbox (received_at) WHERE state = 'held';
CREATE INDEX inbox_run ON inbox (run_id) WHERE run_id IS NOT NULL AND state = 'running';
CREATE INDEX runs_chat ON runs (chat_id);
CREATE INDEX deliveries_failed ON deliveries (chat_id) WHERE state = 'failed';
CREATE INDEX links_root ON links (chat_id, root) WHERE kind = 'thread';
CREATE INDEX usage_session ON usage (session_id);
CREATE INDEX inbox_stale ON inbox (chat_id, user_id, seq) WHERE failure = 'stale';
CREATE INDEX aliases_person ON aliases (platform, account, user_id);
CREATE INDEX sessions_merged ON sessions (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX sessions_person ON sessions (substr(key, length(rtrim(key, replace(key, ':', ''))) + 1))
  WHERE ended_at IS NULL;
CREATE INDEX vault_expiry ON vault (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX access_owners ON access (rule) WHERE rule = 'owner';
CREATE INDEX audit_place ON audit (place);
CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit is never changed'); END;
CREATE TRIGGER audit_never_shrinks BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit is never changed'); END;
CREATE TRIGGER audit_only_grows BEFORE INSERT ON audit WHEN NEW.id IN (SELECT id FROM audit)
  BEGIN SELECT RAISE(ABORT, 'the audit is never changed'); END;
CREATE INDEX chats_guild ON chats (platform, guild) WHERE guild IS NOT NULL;
CREATE INDEX usage_user ON usage (user_id, at);
CREATE INDEX usage_chat ON usage (chat_id, at);
CREATE INDEX usage_run ON usage (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX transcript_author ON transcript (author_id) WHERE author_id IS NOT NULL;
CREATE INDEX inbox_people ON inbox (chat_id, user_id);
CREATE INDEX deliveries_reader ON deliveries (chat_id, for_user);
CREATE INDEX blob_refs_session ON blob_refs (session_id);
CREATE INDEX deliveries_about ON deliveries (about) WHERE about IS NOT NULL;
CREATE INDEX deliveries_open ON deliveries (chat_id, coalesce(behind, id), behind IS NOT NULL, id) WHERE state = 'pending';
CREATE INDEX deliveries_done ON deliveries (created_at) WHERE state IN ('sent', 'dropped');
CREATE INDEX inbox_texts ON inbox (received_at)
  WHERE state IN ('done', 'failed', 'dropped', 'refused') AND payload <> '{}' AND substr(payload, 1, 10) <> '{"aliases"';
CREATE INDEX ambient_place ON ambient (chat_id, thread_id, id);
CREATE INDEX ambient_age ON ambient (received_at);
CREATE INDEX compactions_session ON compactions (session_id, id);
CREATE TRIGGER recall_said AFTER INSERT ON transcript BEGIN
  INSERT INTO recall_due (session_id, seq) VALUES (NEW.session_id, NEW.seq);
END;
CREATE TRIGGER recall_erased AFTER DELETE ON transcript BEGIN
  DELETE FROM recall WHERE rowid = (SELECT id FROM recall_rows WHERE session_id = OLD.session_id AND seq = OLD.seq);
  DELETE FROM recall_rows WHERE session_id = OLD.session_id AND seq = OLD.seq;
  DELETE FROM recall_due WHERE session_id = OLD.session_id AND seq = OLD.seq;
  DELETE FROM recall_keys WHERE session_id = OLD.session_id
    AND NOT EXISTS (SELECT 1 FROM transcript WHERE session_id = OLD.session_id);
END;
CREATE TRIGGER recall_changed AFTER UPDATE ON transcript BEGIN
  DELETE FROM recall WHERE rowid = (SELECT id FROM recall_rows WHERE session_id = OLD.session_id AND seq = OLD.seq);
  DELETE FROM recall_rows WHERE session_id = OLD.session_id AND seq = OLD.seq;
  DELETE FROM recall_due WHERE session_id = OLD.session_id AND seq = OLD.seq;
  DELETE FROM recall_keys WHERE session_id = OLD.session_id
    AND NOT EXISTS (SELECT 1 FROM transcript WHERE session_id = OLD.session_id);
  INSERT INTO recall_due (session_id, seq) VALUES (NEW.session_id, NEW.seq);
END;
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence (name, seq) VALUES
  ('inbox', 13),
  ('runs', 5),
  ('deliveries', 5),
  ('audit', 1),
  ('ambient', 3),
  ('compactions', 2),
  ('recall_rows', 4);
PRAGMA user_version = 8;
