-- People who turned out to be one, and what platforms must not lose.

-- Another id of a person, who goes by `user_id`. What was written down under the other id keeps it and is read as theirs.
CREATE TABLE aliases (
  platform TEXT NOT NULL,
  account  TEXT NOT NULL,
  alias    TEXT NOT NULL,
  user_id  TEXT NOT NULL,
  PRIMARY KEY (platform, account, alias)
) STRICT, WITHOUT ROWID;

-- Open conversations by the person that their key names; percent-encoding keeps ":user:" out of every part of a key.
CREATE INDEX sessions_person ON sessions (substr(key, instr(key, ':user:') + 6))
  WHERE ended_at IS NULL AND instr(key, ':user:') > 0;

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
