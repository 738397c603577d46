import type { Destination } from "../../adapters/record.ts";
import type { Db } from "./database.ts";
import { placeName } from "./settings.ts";

/** A chat's settings, and those of its threads, are found under another id from now on; runs inside a transaction. */
export function settingsMover(db: Db) {
  const threadPlaces = db.prepare<{ prefix: string }, { place: string }>(
    "SELECT DISTINCT place FROM settings WHERE substr(place, 1, length(@prefix)) = @prefix",
  );
  const move = db.prepare<[string, string]>("UPDATE OR REPLACE settings SET place = ? WHERE place = ?");

  return ({ platform, account, chatId }: Destination, toChatId: string): void => {
    const chatPlace = (id: string) => placeName({ level: "chat", platform, account, chatId: id });
    const threadPrefix = (id: string) => placeName({ level: "thread", platform, account, chatId: id, threadId: "" });
    move.run(chatPlace(toChatId), chatPlace(chatId));
    for (const { place } of threadPlaces.all({ prefix: threadPrefix(chatId) })) {
      move.run(threadPrefix(toChatId) + place.slice(threadPrefix(chatId).length), place);
    }
  };
}
