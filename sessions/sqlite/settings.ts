import { encodePart } from "../../strategies/key.ts";
import type { SettingPlace } from "../chats.ts";
import type { SettingLevel } from "../inbox.ts";
import { type AddAudit, auditSettingPlace } from "./audit.ts";
import type { Db } from "./database.ts";

/** A place as the settings table names it. */
export function placeName(place: SettingPlace): string {
  const parts: Array<string | undefined> = [place.level, place.platform];
  if (place.level === "guild") parts.push(place.guildId);
  if (place.level === "chat" || place.level === "thread") parts.push(place.account, place.chatId);
  if (place.level === "thread") parts.push(place.threadId);
  return parts.map((part) => encodePart(part ?? "")).join(":");
}

/** As many levels as there are. */
const PLACES_AT_ONCE = 4;

/** Read the settings of places, widest first as given; places without any are left out. */
export function settingsReader(db: Db): (places: readonly SettingPlace[]) => SettingLevel[] {
  const at = db.prepare<Array<string | null>, { place: string; name: string; value: string }>(
    "SELECT place, name, value FROM settings WHERE place IN (?, ?, ?, ?)",
  );
  return function read(places): SettingLevel[] {
    if (places.length > PLACES_AT_ONCE) {
      return [...read(places.slice(0, PLACES_AT_ONCE)), ...read(places.slice(PLACES_AT_ONCE))];
    }
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

/** Set what is not so already, with its entries in the audit; runs inside a transaction. @returns whether there was any */
export function settingsWriter(db: Db, addAudit: AddAudit, now: () => number) {
  const current = db.prepare<[string, string], { value: string }>(
    "SELECT value FROM settings WHERE place = ? AND name = ?",
  );
  const upsert = db.prepare(
    `INSERT INTO settings (place, name, value, changed_at, changed_by) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (place, name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at,
       changed_by = excluded.changed_by`,
  );
  const remove = db.prepare("DELETE FROM settings WHERE place = ? AND name = ?");
  return (place: SettingPlace, values: Readonly<Record<string, string | null>>, by: string): boolean => {
    const at = placeName(place);
    const where = auditSettingPlace(place);
    let changed = false;
    for (const [name, to] of Object.entries(values)) {
      const from = current.get(at, name)?.value ?? null;
      if (from === to) continue;
      if (to === null) remove.run(at, name);
      else upsert.run(at, name, to, now(), by);
      addAudit({ by, what: `setting ${name}`, where, from, to });
      changed = true;
    }
    return changed;
  };
}
