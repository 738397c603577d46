import type { Destination } from "../../adapters/record.ts";
import { decodeKey, encodeKey } from "../../strategies/key.ts";
import type { ChatRefs } from "./chat-refs.ts";
import type { Db } from "./database.ts";
import { placeName } from "./settings.ts";

/**
 * A chat got a new id: its settings, its sessions and what waits go on under the new one; runs inside a transaction.
 *
 * The old chat's row stays and points at the new one, and so do the rows of its messages: a platform begins to number
 * messages anew in the new chat, and an old message that is delivered again has to be known. What goes to the old chat is
 * sent to the new one. Keys name the chat, so they are written anew. If messages came under the new id before, its own
 * open sessions give way to those that have the history. Doing it again changes nothing.
 *
 * @returns lanes under their new names that have work
 */
export function chatMover(db: Db, chats: ChatRefs) {
  const kindOf = db.prepare<[number], { kind: "dm" | "group" | "channel"; name: string | null }>(
    "SELECT kind, name FROM chats WHERE id = ?",
  );
  const pointAt = db.prepare<[number, number]>("UPDATE chats SET moved_to = ? WHERE id = ?");
  const open = db.prepare<[number], { id: number; key: string }>(
    "SELECT id, key FROM sessions WHERE chat_id = ? AND ended_at IS NULL ORDER BY id",
  );
  const giveWay = db.prepare<[string, number]>(
    "UPDATE sessions SET ended_at = started_at WHERE key = ? AND ended_at IS NULL AND id <> ?",
  );
  const moveSession = db.prepare<[string, number, number]>("UPDATE sessions SET key = ?, chat_id = ? WHERE id = ?");
  const queued = db.prepare<[number], { seq: number; session: string; lane: string | null; run_id: number | null }>(
    `SELECT seq, session, lane, run_id FROM inbox
     WHERE chat_id = ? AND session IS NOT NULL AND state IN ('held', 'waiting', 'running')`,
  );
  const moveRow = db.prepare<[string, string | null, number]>("UPDATE inbox SET session = ?, lane = ? WHERE seq = ?");
  const moveServed = db.prepare<[string, string]>("UPDATE OR REPLACE served SET lane = ? WHERE lane = ?");
  const runs = db.prepare<[number], { id: number; lane: string }>("SELECT id, lane FROM runs WHERE chat_id = ?");
  // Where the new chat has a run in that lane already, the old run ends under its old name.
  const moveRun = db.prepare<[string, number]>("UPDATE OR IGNORE runs SET lane = ? WHERE id = ?");
  const threadPlaces = db.prepare<{ prefix: string }, { place: string }>(
    "SELECT DISTINCT place FROM settings WHERE substr(place, 1, length(@prefix)) = @prefix",
  );
  const moveSettings = db.prepare<[string, string]>("UPDATE OR REPLACE settings SET place = ? WHERE place = ?");

  return (from: Destination, toChatId: string): Array<{ lane: string; chatRef: number }> => {
    const { platform, account, chatId } = from;
    const old = chats.find(platform, account, chatId);
    if (old === undefined || chatId === toChatId) return [];
    const { kind, name } = kindOf.get(old) ?? { kind: "group", name: null };
    const ref =
      chats.find(platform, account, toChatId) ??
      chats.of({ platform, account, chat: { id: toChatId, kind, name: name ?? undefined } });
    pointAt.run(ref, old);

    for (const { id, key } of open.all(old)) {
      const moved = renamed(key);
      giveWay.run(moved, id);
      moveSession.run(moved, ref, id);
    }
    const stayed = new Set<number>();
    for (const { id, lane } of runs.all(old)) {
      if (renamed(lane) !== lane && moveRun.run(renamed(lane), id).changes === 0) stayed.add(id);
    }
    const lanes = new Set<string>();
    for (const { seq, session, lane, run_id } of queued.all(old)) {
      const movedLane = lane === null || stayed.has(run_id ?? 0) ? lane : renamed(lane);
      moveRow.run(renamed(session), movedLane, seq);
      if (lane !== null && movedLane !== null) {
        moveServed.run(movedLane, lane);
        lanes.add(movedLane);
      }
    }
    moveSettings.run(chatPlace(toChatId), chatPlace(chatId));
    for (const { place } of threadPlaces.all({ prefix: threadPrefix(chatId) })) {
      moveSettings.run(threadPrefix(toChatId) + place.slice(threadPrefix(chatId).length), place);
    }
    return [...lanes].map((lane) => ({ lane, chatRef: ref }));

    /** The key under the new id; keys that do not name the old one stay as they are. A group stays a group. */
    function renamed(key: string): string {
      const parts = decodeKey(key);
      const isIts = parts?.platform === platform && parts.account === account && parts.chat === chatId;
      return isIts ? encodeKey({ ...parts, chat: toChatId }) : key;
    }

    function chatPlace(id: string): string {
      return placeName({ level: "chat", platform, account, chatId: id });
    }

    function threadPrefix(id: string): string {
      return placeName({ level: "thread", platform, account, chatId: id, threadId: "" });
    }
  };
}
