import { createHash } from "node:crypto";
import type { Block } from "../transcript.ts";
import type { Db } from "./database.ts";

/** Pictures, and which conversations show them; writing runs inside a transaction. */
export interface Blobs {
  put(hash: string, bytes: Uint8Array, mimeType: string): string;
  get(hash: string): Uint8Array | null;
  /** A conversation shows what is in these blocks. */
  show(sessionId: number, content: readonly Block[]): void;
  /** A conversation shows whatever is in its transcript. */
  showAll(sessionId: number): void;
  /** Blocks that were to be shown are not. */
  discard(content: readonly Block[]): void;
  /** Something was taken out of a conversation: erase what nothing shows any more. */
  release(sessionId: number): void;
  /** Erase up to `limit` pictures whose turn was never written down. @returns how many */
  dropUnshown(before: number, limit: number): number;
}

export function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const imagesIn = (table: string) =>
  `SELECT b.value ->> '$.blob' AS hash FROM ${table}, json_each(${table}.content) b WHERE b.value ->> '$.type' IN ('image', 'document')`;

export function blobs(db: Db, now: () => number): Blobs {
  const put = db.prepare("INSERT INTO blobs (hash, mime_type, bytes) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
  const expect = db.prepare<[string, number]>(
    "INSERT INTO unshown_blobs (hash, since) VALUES (?, ?) ON CONFLICT (hash) DO UPDATE SET since = excluded.since",
  );
  const get = db.prepare<[string], { bytes: Buffer }>("SELECT bytes FROM blobs WHERE hash = ?");
  const refer = db.prepare<[string, number]>("INSERT OR IGNORE INTO blob_refs (hash, session_id) VALUES (?, ?)");
  const arrived = db.prepare<[string]>("DELETE FROM unshown_blobs WHERE hash = ?");
  const referAll = db.prepare<{ session: number }>(
    `INSERT OR IGNORE INTO blob_refs (hash, session_id)
     SELECT hash, @session FROM (${imagesIn("transcript")} AND transcript.session_id = @session)`,
  );
  const shownBy = db.prepare<[number], { hash: string }>("SELECT hash FROM blob_refs WHERE session_id = ?");
  const left = db.prepare<{ session: number }, { hash: string }>(
    `${imagesIn("transcript")} AND transcript.session_id = @session
     UNION ${imagesIn("journal")} AND journal.run_id IN (SELECT id FROM runs WHERE session_id = @session)`,
  );
  const unrefer = db.prepare<[string, number]>("DELETE FROM blob_refs WHERE hash = ? AND session_id = ?");
  const erase = db.prepare<{ hash: string }>(
    `DELETE FROM blobs WHERE hash = @hash AND NOT EXISTS (SELECT 1 FROM blob_refs WHERE hash = @hash)
       AND NOT EXISTS (SELECT 1 FROM unshown_blobs WHERE hash = @hash)`,
  );
  const unshown = db.prepare<[number, number], { hash: string }>(
    "SELECT hash FROM unshown_blobs WHERE since < ? LIMIT ?",
  );

  function discard(hashes: Iterable<string>): void {
    for (const hash of hashes) {
      arrived.run(hash);
      erase.run({ hash });
    }
  }

  return {
    put(hash, bytes, mimeType) {
      put.run(hash, mimeType, bytes);
      expect.run(hash, now());
      return hash;
    },
    get: (hash) => get.get(hash)?.bytes ?? null,
    show(sessionId, content) {
      for (const hash of imagesOf(content)) {
        refer.run(hash, sessionId);
        arrived.run(hash);
      }
    },
    showAll: (session) => void referAll.run({ session }),
    discard: (content) => discard(imagesOf(content)),
    release(session) {
      const before = shownBy.all(session);
      if (before.length === 0) return;
      const still = new Set(left.all({ session }).map(({ hash }) => hash));
      for (const { hash } of before) {
        if (still.has(hash)) continue;
        unrefer.run(hash, session);
        erase.run({ hash });
      }
    },
    dropUnshown(before, limit) {
      const hashes = unshown.all(before, limit).map(({ hash }) => hash);
      discard(hashes);
      return hashes.length;
    },
  };
}

function imagesOf(content: readonly Block[]): Set<string> {
  return new Set(content.flatMap((block) => (block.type === "image" || block.type === "document" ? [block.blob] : [])));
}
