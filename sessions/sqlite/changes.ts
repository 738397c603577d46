import type { Db } from "./database.ts";

/**
 * Whether another connection has written to the file since this was asked last. Own writes do not count.
 * @see https://www.sqlite.org/pragma.html#pragma_data_version
 */
export function changedElsewhere(db: Db): () => boolean {
  const version = db.prepare<[], number>("PRAGMA data_version").pluck();
  let seen = version.get();
  return () => {
    const before = seen;
    seen = version.get();
    return seen !== before;
  };
}
