import type { Destination } from "../../adapters/record.ts";
import type { Db } from "./database.ts";
import { placeName } from "./settings.ts";

/**
 * A chat's settings, and those of its threads, are found under another id from now on; runs inside a transaction. Where
 * both ids have one, the later choice counts.
 */
export function settingsMover(db: Db) {
  const threadPlaces = db.prepare<{ prefix: string }, { place: string }>(
    "SELECT DISTINCT place FROM settings WHERE substr(place, 1, length(@prefix)) = @prefix",
  );
  const copy = db.prepare<[string, string]>(
    `INSERT INTO settings (place, name, value, changed_at, changed_by)
     SELECT ?, name, value, changed_at, changed_by FROM settings WHERE place = ?
     ON CONFLICT (place, name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at,
       changed_by = excluded.changed_by
     WHERE excluded.changed_at >= settings.changed_at`,
  );
  const remove = db.prepare<[string]>("DELETE FROM settings WHERE place = ?");
  const move = (to: string, from: string) => {
    copy.run(to, from);
    remove.run(from);
  };

  return ({ platform, account, chatId }: Destination, toChatId: string): void => {
    const chatPlace = (id: string) => placeName({ level: "chat", platform, account, chatId: id });
    const threadPrefix = (id: string) => placeName({ level: "thread", platform, account, chatId: id, threadId: "" });
    move(chatPlace(toChatId), chatPlace(chatId));
    for (const { place } of threadPlaces.all({ prefix: threadPrefix(chatId) })) {
      move(threadPrefix(toChatId) + place.slice(threadPrefix(chatId).length), place);
    }
  };
}
