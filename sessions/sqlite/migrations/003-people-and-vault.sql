-- People who turned out to be one, and what platforms must not lose.

-- Another id of a person, who goes by `user_id`. What was written down under the other id up to `until` keeps it and is
-- read as theirs; later it may be somebody else's, as numbers pass from one to another.
CREATE TABLE aliases (
  platform TEXT NOT NULL,
  account  TEXT NOT NULL,
  alias    TEXT NOT NULL,
  until    INTEGER NOT NULL,
  user_id  TEXT NOT NULL,
  PRIMARY KEY (platform, account, alias, until)
) STRICT, WITHOUT ROWID;
CREATE INDEX aliases_person ON aliases (platform, account, user_id);

-- The session that goes on with what was said here.
ALTER TABLE sessions ADD COLUMN merged_into INTEGER REFERENCES sessions (id);
CREATE INDEX sessions_merged ON sessions (merged_into) WHERE merged_into IS NOT NULL;

-- Open conversations by the last part of their key, which names the person where it names one. No part holds a colon.
CREATE INDEX sessions_person ON sessions (substr(key, length(rtrim(key, replace(key, ':', ''))) + 1))
  WHERE ended_at IS NULL;

-- Secrets among them: nothing of it is shown or logged.
CREATE TABLE vault (
  platform   TEXT NOT NULL,
  account    TEXT NOT NULL,
  kind       TEXT NOT NULL,
  id         TEXT NOT NULL,
  value      TEXT NOT NULL,
  expires_at INTEGER,
  PRIMARY KEY (platform, account, kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX vault_expiry ON vault (expires_at) WHERE expires_at IS NOT NULL;
