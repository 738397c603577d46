import type Database from "better-sqlite3";

export interface RoomRow {
  id: string;
  createdAt: number;
  lastMessageAt: number | null;
}

/** The rooms, which everybody who joined may read. */
export class Rooms {
  readonly #insert: Database.Statement<[string, number]>;
  readonly #exists: Database.Statement<[string], { id: string }>;
  readonly #count: Database.Statement<[], { count: number }>;
  readonly #list: Database.Statement<[number], RoomRow>;

  constructor(db: Database.Database) {
    this.#insert = db.prepare("INSERT OR IGNORE INTO rooms (id, created_at) VALUES (?, ?)");
    this.#exists = db.prepare("SELECT id FROM rooms WHERE id = ?");
    this.#count = db.prepare("SELECT count(*) AS count FROM rooms");
    this.#list = db.prepare(`
      SELECT id, created_at AS createdAt, (
        SELECT sent_at FROM messages WHERE chat = rooms.id AND thread IS NULL ORDER BY seq DESC LIMIT 1
      ) AS lastMessageAt
      FROM rooms ORDER BY coalesce(lastMessageAt, created_at) DESC, id LIMIT ?`);
  }

  /** @returns whether it is new */
  add(id: string, createdAt: number): boolean {
    return this.#insert.run(id, createdAt).changes > 0;
  }

  has(id: string): boolean {
    return this.#exists.get(id) !== undefined;
  }

  count(): number {
    return this.#count.get()?.count ?? 0;
  }

  /** The rooms with the latest messages first. */
  list(limit: number): RoomRow[] {
    return this.#list.all(limit);
  }
}
