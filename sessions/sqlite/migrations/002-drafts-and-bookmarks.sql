-- Answers that are shown while they are written, answers with a way of their own, and how far platforms have been read.

-- JSON of the draft that shows the run's answer: {"threadId"?, "replyToken"?, "messageId"?}; null while there is none.
ALTER TABLE runs ADD COLUMN draft TEXT;

-- The idempotency key of the draft that the first chunk replaces, and the message that shows it, where it is known.
ALTER TABLE deliveries ADD COLUMN draft_key TEXT;
ALTER TABLE deliveries ADD COLUMN draft_id TEXT;
ALTER TABLE deliveries ADD COLUMN reply_token TEXT;
-- 1 if the thread was opened for the question, which stands outside; 2 once the delivery has gone there.
ALTER TABLE deliveries ADD COLUMN opened INTEGER NOT NULL DEFAULT 0;
-- 1 for the answer to a question, which makes less sense as time goes by.
ALTER TABLE deliveries ADD COLUMN is_answer INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chunks ADD COLUMN files TEXT;

CREATE INDEX inbox_stale ON inbox (chat_id, user_id, seq) WHERE failure = 'stale';

CREATE TABLE bookmarks (
  platform TEXT NOT NULL,
  account  TEXT NOT NULL,
  place    TEXT NOT NULL,
  mark     TEXT NOT NULL,
  PRIMARY KEY (platform, account, place)
) STRICT, WITHOUT ROWID;

-- What a chat has been told already and need not hear again.
CREATE TABLE remarks (
  chat_id INTEGER NOT NULL REFERENCES chats (id),
  about   TEXT NOT NULL,
  PRIMARY KEY (chat_id, about)
) STRICT, WITHOUT ROWID;
