-- What was used for which run, which pictures a conversation shows, and what was erased.

-- Null in rows of before.
ALTER TABLE usage ADD COLUMN run_id INTEGER;
-- What its author was called then; null in rows of before.
ALTER TABLE usage ADD COLUMN user_name TEXT;
CREATE INDEX usage_user ON usage (user_id, at);
CREATE INDEX usage_chat ON usage (chat_id, at);
CREATE INDEX usage_run ON usage (run_id) WHERE run_id IS NOT NULL;

-- All of it was erased at its owner's wish: nothing is taken along from it any more.
ALTER TABLE sessions ADD COLUMN erased_at INTEGER;
-- The last message that was erased at its beginning: no number in a transcript is given twice.
ALTER TABLE sessions ADD COLUMN erased_to INTEGER NOT NULL DEFAULT 0;
-- What its messages' numbers were raised by when another session took them over.
ALTER TABLE sessions ADD COLUMN merged_after INTEGER NOT NULL DEFAULT 0;

-- 1 if its turn was erased: whatever it still does, nothing of it is kept.
ALTER TABLE runs ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;

-- Of what a person said: the last arrival number in it; null in rows of before.
ALTER TABLE journal ADD COLUMN arrival INTEGER;
ALTER TABLE transcript ADD COLUMN arrival INTEGER;
CREATE INDEX transcript_author ON transcript (author_id) WHERE author_id IS NOT NULL;

CREATE INDEX inbox_people ON inbox (chat_id, user_id);
CREATE INDEX deliveries_reader ON deliveries (chat_id, for_user);

-- Conversations that show a picture, in their transcript or in the journal of a run that goes on.
CREATE TABLE blob_refs (
  hash       TEXT NOT NULL,
  session_id INTEGER NOT NULL REFERENCES sessions (id),
  PRIMARY KEY (hash, session_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_refs_session ON blob_refs (session_id);

-- Pictures whose turn has not been written down yet, and since when.
CREATE TABLE unshown_blobs (
  hash  TEXT PRIMARY KEY,
  since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO blob_refs (hash, session_id)
SELECT DISTINCT b.value ->> '$.blob', t.session_id FROM transcript t, json_each(t.content) b
WHERE b.value ->> '$.type' = 'image';
INSERT OR IGNORE INTO blob_refs (hash, session_id)
SELECT DISTINCT b.value ->> '$.blob', r.session_id FROM runs r JOIN journal j ON j.run_id = r.id, json_each(j.content) b
WHERE b.value ->> '$.type' = 'image';
INSERT INTO unshown_blobs (hash, since) SELECT hash, 0 FROM blobs WHERE hash NOT IN (SELECT hash FROM blob_refs);
