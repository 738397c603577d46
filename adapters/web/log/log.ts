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
  /** Write a page as it is. */
  probe(): Promise<void>;
  /** What was erased is gone from the disk as well, not from the tables alone. */
  scrub(): void;
  close(): void;
}

/**
 * @param onCommit called after each commit
 * @param onFailure called when something could not be written
 */
export function openLog(
  file: string,
  now: () => number,
  onCommit: () => void,
  onFailure: (error: unknown) => void,
): Log {
  const db = openDatabase(file);
  const commits = new Commits(db, onCommit, onFailure);
  const rooms = new Rooms(db);
  rooms.add(LOBBY, now());
  return {
    people: new People(db),
    rooms,
    messages: new Messages(db),
    files: new Files(db),
    changes: new Changes(db),
    write: (work) => commits.write(work),
    probe: () => commits.write(() => void db.pragma(`user_version = ${db.pragma("user_version", { simple: true })}`)),
    scrub() {
      try {
        if (db.open) db.pragma("wal_checkpoint(TRUNCATE)");
      } catch {
        // It is erased; what stands beside it is overwritten once there is room.
      }
    },
    close() {
      commits.flush();
      db.close();
    },
  };
}
