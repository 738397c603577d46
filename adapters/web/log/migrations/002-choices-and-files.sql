-- What can be picked below a message of the bot: a JSON list of `{label, command}`.
ALTER TABLE messages ADD COLUMN choices TEXT;

-- What came with a message of the bot, in the order of `n`, which counts from 0.
CREATE TABLE files (
  message_id TEXT NOT NULL REFERENCES messages (id),
  n INTEGER NOT NULL,
  name TEXT NOT NULL,
  mime_type TEXT NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (message_id, n)
) STRICT;
