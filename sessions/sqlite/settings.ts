import { encodePart } from "../../strategies/key.ts";
import type { SettingPlace } from "../chats.ts";
import type { SettingLevel } from "../inbox.ts";
import type { Db } from "./database.ts";

/** A place as the settings table names it. */
export function placeName(place: SettingPlace): string {
  const parts: Array<string | undefined> = [place.level, place.platform];
  if (place.level === "guild") parts.push(place.guildId);
  if (place.level === "chat" || place.level === "thread") parts.push(place.account, place.chatId);
  if (place.level === "thread") parts.push(place.threadId);
  return parts.map((part) => encodePart(part ?? "")).join(":");
}

/** Read the settings of up to four places at once, widest first as given; places without any are left out. */
export function settingsReader(db: Db): (places: SettingPlace[]) => SettingLevel[] {
  const at = db.prepare<Array<string | null>, { place: string; name: string; value: string }>(
    "SELECT place, name, value FROM settings WHERE place IN (?, ?, ?, ?)",
  );
  return (places) => {
    const names = places.map(placeName);
    const rows = at.all(names[0] ?? null, names[1] ?? null, names[2] ?? null, names[3] ?? null);
    if (rows.length === 0) return [];
    return places.flatMap(({ level }, index) => {
      const own = rows.filter(({ place }) => place === names[index]);
      return own.length === 0
        ? []
        : [{ level, values: Object.fromEntries(own.map(({ name, value }) => [name, value])) }];
    });
  };
}

export function settingsWriter(db: Db, now: () => number) {
  const upsert = db.prepare(
    `INSERT INTO settings (place, name, value, changed_at, changed_by) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (place, name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at,
       changed_by = excluded.changed_by`,
  );
  const remove = db.prepare("DELETE FROM settings WHERE place = ? AND name = ?");
  return (place: SettingPlace, name: string, value: string | null, by: string): void => {
    if (value === null) remove.run(placeName(place), name);
    else upsert.run(placeName(place), name, value, now(), by);
  };
}
