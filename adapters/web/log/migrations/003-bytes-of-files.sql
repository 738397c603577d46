-- How many bytes all files have together: adding them up would read a page for nearly each of them.
CREATE TABLE files_total (
  bytes INTEGER NOT NULL
) STRICT;

INSERT INTO files_total (bytes) SELECT coalesce(sum(length(bytes)), 0) FROM files;

CREATE TRIGGER files_added AFTER INSERT ON files BEGIN
  UPDATE files_total SET bytes = bytes + length(new.bytes);
END;

CREATE TRIGGER files_dropped AFTER DELETE ON files BEGIN
  UPDATE files_total SET bytes = bytes - length(old.bytes);
END;
