import type Database from "better-sqlite3";
import { ownerOf } from "../ids.ts";

export type ChangeKind = "room" | "message" | "edit" | "delete" | "thread";

export interface Change {
  seq: number;
  kind: ChangeKind;
  chat: string;
  /** Null for rooms. */
  messageId: string | null;
}

/** What happened, in order: event streams are cursors over it. */
export class Changes {
  readonly #insert: Database.Statement<[ChangeKind, string, string | null, string | null]>;
  readonly #after: Database.Statement<[number, string, number], Change>;
  readonly #latest: Database.Statement<[], { seq: number }>;
  #rewrites = 0;

  constructor(db: Database.Database) {
    this.#insert = db.prepare("INSERT INTO changes (kind, chat, message_id, owner) VALUES (?, ?, ?, ?)");
    this.#after = db.prepare(`
      SELECT seq, kind, chat, message_id AS messageId FROM changes
      WHERE seq > ? AND (owner IS NULL OR owner = ?) ORDER BY seq LIMIT ?`);
    this.#latest = db.prepare("SELECT coalesce(max(seq), 0) AS seq FROM changes");
  }

  /** Grows with each change after which something earlier is told otherwise, or not at all. */
  get rewrites(): number {
    return this.#rewrites;
  }

  add(kind: ChangeKind, chat: string, messageId: string | null): void {
    if (kind === "edit" || kind === "delete") this.#rewrites += 1;
    this.#insert.run(kind, chat, messageId, ownerOf(chat));
  }

  /** What this person may know of, after a sequence number. */
  after(seq: number, userId: string, limit: number): Change[] {
    return this.#after.all(seq, userId, limit);
  }

  latest(): number {
    return this.#latest.get()?.seq ?? 0;
  }
}
