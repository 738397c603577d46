import type Database from "better-sqlite3";

export interface KeptFile {
  /** Fit for a header and a list: see `keptFiles`. */
  name: string;
  mimeType: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** What came with messages. Who may have it is not decided here. */
export class Files {
  readonly #insert: Database.Statement<[string, number, string, string, Uint8Array]>;
  readonly #drop: Database.Statement<[string]>;
  readonly #find: Database.Statement<[string, number], KeptFile>;
  readonly #total: Database.Statement<[], number>;

  constructor(db: Database.Database) {
    this.#insert = db.prepare("INSERT INTO files (message_id, n, name, mime_type, bytes) VALUES (?, ?, ?, ?, ?)");
    this.#drop = db.prepare("DELETE FROM files WHERE message_id = ?");
    this.#find = db.prepare("SELECT name, mime_type AS mimeType, bytes FROM files WHERE message_id = ? AND n = ?");
    this.#total = db.prepare("SELECT bytes FROM files_total");
    this.#total.pluck();
  }

  /** @param n its place in the message, from 0 */
  add(messageId: string, n: number, { name, mimeType, bytes }: KeptFile): void {
    this.#insert.run(messageId, n, name, mimeType, bytes);
  }

  /** Those of a message are gone. */
  drop(messageId: string): void {
    this.#drop.run(messageId);
  }

  find(messageId: string, n: number): KeptFile | undefined {
    return this.#find.get(messageId, n);
  }

  /** Bytes of all of them, also of what came with messages of the bot. */
  total(): number {
    return this.#total.get() ?? 0;
  }
}
