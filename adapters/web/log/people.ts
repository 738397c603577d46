import { createHash } from "node:crypto";
import type Database from "better-sqlite3";

export interface Person {
  id: string;
  name: string;
}

/** The people who joined. Their tokens are kept as hashes alone. */
export class People {
  readonly #insert: Database.Statement<[string, string, Uint8Array, number]>;
  readonly #byToken: Database.Statement<[Uint8Array], Person>;
  readonly #byId: Database.Statement<[string], Person>;
  readonly #rename: Database.Statement<[string, string]>;

  constructor(db: Database.Database) {
    this.#insert = db.prepare("INSERT INTO people (id, name, token_hash, joined_at) VALUES (?, ?, ?, ?)");
    this.#byToken = db.prepare("SELECT id, name FROM people WHERE token_hash = ?");
    this.#byId = db.prepare("SELECT id, name FROM people WHERE id = ?");
    this.#rename = db.prepare("UPDATE people SET name = ? WHERE id = ?");
  }

  add(person: Person, token: string, joinedAt: number): void {
    this.#insert.run(person.id, person.name, hash(token), joinedAt);
  }

  byToken(token: string): Person | undefined {
    return this.#byToken.get(hash(token));
  }

  byId(id: string): Person | undefined {
    return this.#byId.get(id);
  }

  rename(id: string, name: string): void {
    this.#rename.run(name, id);
  }
}

/** Tokens are random and long, so a plain hash cannot be searched backwards. */
function hash(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}
