import type { Destination } from "../../adapters/record.ts";
import { decodeKey, encodeKey } from "../../strategies/key.ts";
import type { ChatRefs } from "./chat-refs.ts";
import type { Db } from "./database.ts";
import { placeName } from "./settings.ts";

/**
 * A chat got a new id: everything that was under the old one is under the new one afterwards; runs inside a transaction.
 *
 * Rows refer to chats by the store's own number, so most of them follow by themselves. Keys and settings name the chat:
 * they are written anew. If messages came under the new id before, that chat's rows join the old chat's, its own
 * settings and open sessions give way to those that have the history.
 *
 * @returns lanes under their new names that have work
 */
export function chatMover(db: Db, chats: ChatRefs) {
  const renumber = db.prepare<[string, number]>("UPDATE chats SET chat = ? WHERE id = ?");
  const absorb = ["inbox", "deliveries", "links"].map((table) =>
    db.prepare<[number, number]>(`UPDATE OR IGNORE ${table} SET chat_id = ? WHERE chat_id = ?`),
  );
  const absorbWhole = ["sessions", "usage", "runs"].map((table) =>
    db.prepare<[number, number]>(`UPDATE ${table} SET chat_id = ? WHERE chat_id = ?`),
  );
  const leftovers = ["links", "inbox"].map((table) => db.prepare<[number]>(`DELETE FROM ${table} WHERE chat_id = ?`));
  const dropChat = db.prepare<[number]>("DELETE FROM chats WHERE id = ?");
  const open = db.prepare<[number], { id: number; key: string }>(
    "SELECT id, key FROM sessions WHERE chat_id = ? AND ended_at IS NULL ORDER BY id",
  );
  const endOther = db.prepare<[string, number]>(
    "UPDATE sessions SET ended_at = started_at WHERE key = ? AND ended_at IS NULL AND id <> ?",
  );
  const rekey = db.prepare<[string, number]>("UPDATE sessions SET key = ? WHERE id = ?");
  const keys = db.prepare<[number], { session: string | null; lane: string | null }>(
    `SELECT DISTINCT session, lane FROM inbox WHERE chat_id = ? AND state IN ('held', 'waiting', 'running')`,
  );
  const rekeySession = db.prepare<[string, number, string]>(
    "UPDATE inbox SET session = ? WHERE chat_id = ? AND session = ? AND state IN ('held', 'waiting', 'running')",
  );
  const rekeyLane = db.prepare<[string, number, string]>(
    "UPDATE inbox SET lane = ? WHERE chat_id = ? AND lane = ? AND state IN ('held', 'waiting', 'running')",
  );
  const rekeyServed = db.prepare<[string, string]>("UPDATE OR REPLACE served SET lane = ? WHERE lane = ?");
  const rekeyRun = db.prepare<[string, string]>("UPDATE OR IGNORE runs SET lane = ? WHERE lane = ?");
  const threads = db.prepare<{ prefix: string }, { place: string }>(
    "SELECT DISTINCT place FROM settings WHERE substr(place, 1, length(@prefix)) = @prefix",
  );
  const moveSettings = db.prepare<[string, string]>("UPDATE OR REPLACE settings SET place = ? WHERE place = ?");
  const work = db.prepare<[number], { lane: string }>(
    `SELECT DISTINCT lane FROM inbox WHERE chat_id = ? AND state IN ('waiting', 'running') AND lane IS NOT NULL`,
  );

  return ({ platform, account, chatId }: Destination, toChatId: string): Array<{ lane: string; chatRef: number }> => {
    const ref = chats.find(platform, account, chatId);
    if (ref === undefined || chatId === toChatId) return [];
    const other = chats.find(platform, account, toChatId);
    if (other !== undefined) {
      for (const statement of [...absorb, ...absorbWhole]) statement.run(ref, other);
      for (const statement of leftovers) statement.run(other);
      dropChat.run(other);
    }
    renumber.run(toChatId, ref);

    for (const { id, key } of open.all(ref)) {
      const moved = renamed(key);
      if (moved === null) continue;
      endOther.run(moved, id);
      rekey.run(moved, id);
    }
    for (const { session, lane } of keys.all(ref)) {
      const movedSession = session === null ? null : renamed(session);
      if (session !== null && movedSession !== null) rekeySession.run(movedSession, ref, session);
      const movedLane = lane === null ? null : renamed(lane);
      if (lane === null || movedLane === null) continue;
      rekeyRun.run(movedLane, lane);
      rekeyLane.run(movedLane, ref, lane);
      rekeyServed.run(movedLane, lane);
    }
    const at = (level: "chat" | "thread", id: string) =>
      level === "chat"
        ? placeName({ level, platform, account, chatId: id })
        : placeName({ level, platform, account, chatId: id, threadId: "" });
    moveSettings.run(at("chat", toChatId), at("chat", chatId));
    for (const { place } of threads.all({ prefix: at("thread", chatId) })) {
      moveSettings.run(at("thread", toChatId) + place.slice(at("thread", chatId).length), place);
    }
    return work.all(ref).map(({ lane }) => ({ lane, chatRef: ref }));

    /** The key under the new id, or null if it does not name the old one. A group stays a group. */
    function renamed(key: string): string | null {
      const parts = decodeKey(key);
      if (parts === null || parts.platform !== platform || parts.account !== account || parts.chat !== chatId)
        return null;
      return encodeKey({ ...parts, chat: toChatId });
    }
  };
}
