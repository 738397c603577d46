import type { BotAccount } from "../inbox.ts";
import type { Db } from "./database.ts";

/** How far platforms have been read; writing runs inside a transaction. */
export function bookmarks(db: Db) {
  const all = db.prepare<[string, string], { place: string; mark: string }>(
    "SELECT place, mark FROM bookmarks WHERE platform = ? AND account = ?",
  );
  const set = db.prepare(
    `INSERT INTO bookmarks (platform, account, place, mark) VALUES (?, ?, ?, ?)
     ON CONFLICT (platform, account, place) DO UPDATE SET mark = excluded.mark`,
  );
  const remove = db.prepare("DELETE FROM bookmarks WHERE platform = ? AND account = ? AND place = ?");

  return {
    read({ platform, account }: BotAccount): Map<string, string> {
      return new Map(all.all(platform, account).map(({ place, mark }) => [place, mark]));
    },
    write({ platform, account }: BotAccount, marks: ReadonlyMap<string, string | null>): void {
      for (const [place, mark] of marks) {
        if (mark === null) remove.run(platform, account, place);
        else set.run(platform, account, place, mark);
      }
    },
  };
}
