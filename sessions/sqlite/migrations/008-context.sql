-- What is said beside the bot, what conversations are summed up to, what asks for consent, and what can be searched.

-- Messages that did not address the bot: background for the next answers, never part of a conversation.
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
CREATE INDEX ambient_place ON ambient (chat_id, thread_id, id);
CREATE INDEX ambient_age ON ambient (received_at);

-- What the model was shown of such messages with a turn; it goes with the journal.
ALTER TABLE journal ADD COLUMN background TEXT;

-- How a conversation was made shorter; the latest row of a session counts. What it stands for stays in the transcript.
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
CREATE INDEX compactions_session ON compactions (session_id, id);

-- 1 if something of its session was erased, or numbered anew, since it began: it sums nothing up any more.
ALTER TABLE runs ADD COLUMN outdated INTEGER NOT NULL DEFAULT 0;

-- What is said before an answer and must not take its place, as a question about it.
ALTER TABLE deliveries ADD COLUMN precedes INTEGER NOT NULL DEFAULT 0;

-- What the model took in and wrote for the latest reply, in tokens; 0 where that is not known.
ALTER TABLE sessions ADD COLUMN context_tokens INTEGER NOT NULL DEFAULT 0;

-- Tools that wait for the consent of the turn's author, and what became of it. Whose and where, their run says.
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

-- Words of transcripts, for searching within one session. The index holds no words but what stands for a word of a session
-- under that session's key, so that what was erased cannot be read out of what the index has not tidied up yet.
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
-- Messages that are to be taken in.
CREATE TABLE recall_due (
  session_id INTEGER NOT NULL REFERENCES sessions (id),
  seq        INTEGER NOT NULL,
  PRIMARY KEY (session_id, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO recall_due (session_id, seq) SELECT session_id, seq FROM transcript;

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
