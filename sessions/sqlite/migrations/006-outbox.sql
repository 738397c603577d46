-- What has gone wrong with what is to be sent, and what operators did about it.

-- Sends in a row that the program did not live to see the end of.
ALTER TABLE chunks ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
-- Sends of which it is not known whether the platform has taken them.
ALTER TABLE chunks ADD COLUMN doubts INTEGER NOT NULL DEFAULT 0;
-- Sends that the platform answered with a failure of its own.
ALTER TABLE chunks ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
-- Sends that a fault of the program's own ended.
ALTER TABLE chunks ADD COLUMN faults INTEGER NOT NULL DEFAULT 0;
UPDATE chunks SET doubts = 1 WHERE state = 'sending';

-- From then on its age counts.
ALTER TABLE deliveries ADD COLUMN retried_at INTEGER;
-- It is sent behind the one of that number, which was the last when it was put back, and not in the order of its own.
ALTER TABLE deliveries ADD COLUMN behind INTEGER;
-- The delivery whose reader it tells that it could not be sent.
ALTER TABLE deliveries ADD COLUMN about INTEGER;
CREATE INDEX deliveries_about ON deliveries (about) WHERE about IS NOT NULL;

DROP INDEX deliveries_open;
CREATE INDEX deliveries_open ON deliveries (chat_id, coalesce(behind, id), behind IS NOT NULL, id) WHERE state = 'pending';
