import type { Destination } from "../../adapters/record.ts";
import { decodeKey, encodeKey } from "../../strategies/key.ts";
import { accessMover } from "./access-moves.ts";
import type { ChatRefs } from "./chat-refs.ts";
import type { Db } from "./database.ts";
import { settingsMover } from "./move-settings.ts";
import { keyRenamer, QUEUED, type Queued } from "./rename-keys.ts";

/**
 * A chat got a new id: its settings, its approval, its sessions and what waits go on under the new one; runs inside a transaction.
 *
 * The old chat's row stays and points at the new one, and so do the rows of its messages: a platform begins to number
 * messages anew in the new chat, and an old message that is delivered again has to be known. What goes to the old chat is
 * sent to the new one. Keys name the chat, so they are written anew. Doing it again changes nothing.
 *
 * @returns lanes under their new names that have work
 */
export function chatMover(db: Db, chats: ChatRefs, now: () => number) {
  const kindOf = db.prepare<[number], { kind: "dm" | "group" | "channel"; name: string | null }>(
    "SELECT kind, name FROM chats WHERE id = ?",
  );
  // Once the chat points at the new one; what waits may be older than an earlier move.
  const moved = "chat_id IN (SELECT id FROM chats WHERE moved_to = ?)";
  const open = db.prepare<[number], { id: number; key: string }>(
    `SELECT id, key FROM sessions WHERE ${moved} AND ended_at IS NULL ORDER BY id`,
  );
  const queued = db.prepare<[number], Queued>(
    `SELECT ${QUEUED} FROM inbox
     WHERE ${moved} AND session IS NOT NULL AND state IN ('held', 'waiting', 'running')`,
  );
  const runs = db.prepare<[number], { id: number; lane: string }>(`SELECT id, lane FROM runs WHERE ${moved}`);
  const rename = keyRenamer(db, now);
  const moveSettings = settingsMover(db);
  const moveAccess = accessMover(db);

  return (from: Destination, toChatId: string): Array<{ lane: string; chatRef: number }> => {
    const { platform, account, chatId } = from;
    const old = chats.find(platform, account, chatId);
    if (old === undefined || chatId === toChatId) return [];
    const { kind, name } = kindOf.get(old) ?? { kind: "group", name: null };
    const ref =
      chats.find(platform, account, toChatId) ??
      chats.of({ platform, account, chat: { id: toChatId, kind, name: name ?? undefined } });
    chats.pointAt(old, ref);
    const sessions = open.all(ref).map((session) => ({ ...session, chat: ref }));
    const rows = queued.all(ref).map((row) => ({ ...row, chat: ref }));
    const lanes = rename({ sessions, runs: runs.all(ref), queued: rows }, renamed);
    moveSettings(from, toChatId);
    moveAccess.chat(from, chatId, toChatId, { from: old, to: ref });
    return Array.from(lanes, ([lane, chatRef]) => ({ lane, chatRef }));

    /** The key under the new id; keys that do not name the old one stay as they are. A group stays a group. */
    function renamed(key: string): string {
      const parts = decodeKey(key);
      const isIts = parts?.platform === platform && parts.account === account && parts.chat === chatId;
      return isIts ? encodeKey({ ...parts, chat: toChatId }) : key;
    }
  };
}
