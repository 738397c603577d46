import { LOBBY } from "../ids.ts";
import { Changes } from "./changes.ts";
import { Commits } from "./commits.ts";
import { openDatabase } from "./database.ts";
import { Files } from "./files.ts";
import { Messages } from "./messages.ts";
import { People } from "./people.ts";
import { Rooms } from "./rooms.ts";

/** All that the platform remembers. */
export interface Log {
  people: People;
  rooms: Rooms;
  messages: Messages;
  files: Files;
  changes: Changes;
  /** Everything that is written goes through here; it resolves once that is on disk. */
  write: Commits["write"];
  /** What was erased is gone from the disk as well, not from the tables alone. */
  scrub(): void;
  close(): void;
}

/** @param onCommit called after each commit */
export function openLog(file: string, now: () => number, onCommit: () => void): Log {
  const db = openDatabase(file);
  const commits = new Commits(db, onCommit);
  const rooms = new Rooms(db);
  rooms.add(LOBBY, now());
  return {
    people: new People(db),
    rooms,
    messages: new Messages(db),
    files: new Files(db),
    changes: new Changes(db),
    write: (work) => commits.write(work),
    scrub() {
      if (db.open) db.pragma("wal_checkpoint(TRUNCATE)");
    },
    close() {
      commits.flush();
      db.close();
    },
  };
}
