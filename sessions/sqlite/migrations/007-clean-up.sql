-- What is to be cleaned up by and by, found without a look at what is kept. Both are small: a week of rows.

-- Deliveries that are done and still hold what they said.
CREATE INDEX deliveries_done ON deliveries (created_at) WHERE state IN ('sent', 'dropped');

-- Messages that are done and still hold what they said: more than the other ids that their author goes by.
CREATE INDEX inbox_texts ON inbox (received_at)
  WHERE state IN ('done', 'failed', 'dropped', 'refused') AND payload <> '{}' AND substr(payload, 1, 10) <> '{"aliases"';
