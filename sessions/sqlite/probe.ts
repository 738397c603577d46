import { statSync } from "node:fs";
import { dirname } from "node:path";
import { StoreError } from "../store.ts";
import { tryWriting } from "./advice.ts";
import type { Db } from "./database.ts";

/** Finding out whether there is anything that keeps the store from writing. */
export function prober(db: Db) {
  const identity = db.memory ? undefined : inodeOf(db.name);

  return {
    /**
     * The file is where it was: one that was moved or deleted is written on without a word, and gone with this process.
     *
     * @throws StoreError `unusable`
     */
    place(): void {
      if (db.memory || inodeOf(db.name) === identity) return;
      const advice = "stop the gateway, put the file back or restore a backup, and start it again";
      throw new StoreError("unusable", `${db.name} was moved, replaced or deleted while it was in use: ${advice}`);
    },
    /** There is room: what is committed may for a while go where the log has been before. @throws NodeJS.ErrnoException */
    room(): void {
      if (!db.memory) tryWriting(dirname(db.name));
    },
    /** Write a page as it is; runs inside a transaction. */
    page(): void {
      db.pragma(`user_version = ${db.pragma("user_version", { simple: true })}`);
    },
  };
}

function inodeOf(file: string): bigint | undefined {
  return statSync(file, { throwIfNoEntry: false, bigint: true })?.ino;
}
