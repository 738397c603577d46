import { decodeKey, encodeKey, encodePart } from "../../strategies/key.ts";
import type { BotAccount } from "../inbox.ts";
import type { ChatRefs } from "./chat-refs.ts";
import type { Db } from "./database.ts";
import { settingsMover } from "./move-settings.ts";
import { type Keyed, keyRenamer } from "./rename-keys.ts";

interface Queued {
  seq: number;
  chat_id: number;
  session: string | null;
  lane: string | null;
  run_id: number | null;
}

/** Said in so many words, because SQLite uses a partial index only for a query that repeats its condition. */
const OPEN = "state IN ('held', 'waiting', 'running')";

/**
 * Two ids turned out to be one person's, who goes by the second from now on; runs inside a transaction.
 *
 * Open sessions and lanes that name the person are called anew, in whatever chat; what waits and runs is the person's
 * under the new id, so that nothing of it is taken for somebody else's. A private chat that went by the old id goes by
 * the new one with its settings and its messages, whose ids stay good: if there is none under the new id yet it is
 * simply called so, else the two become one. What was written down under the old id keeps it and is read as the new one
 * through `aliases`. Doing it again changes nothing.
 *
 * @returns lanes under their new names that have work
 */
export function personMerger(db: Db, chats: ChatRefs, now: () => number) {
  const addAlias = db.prepare(
    `INSERT INTO aliases (platform, account, alias, user_id) VALUES (?, ?, ?, ?)
     ON CONFLICT (platform, account, alias) DO UPDATE SET user_id = excluded.user_id`,
  );
  const passOn = db.prepare<[string, string, string, string]>(
    "UPDATE aliases SET user_id = ? WHERE platform = ? AND account = ? AND user_id = ?",
  );
  const named = db.prepare<[string], { id: number; key: string; chat: number }>(
    `SELECT id, key, chat_id AS chat FROM sessions
     WHERE substr(key, instr(key, ':user:') + 6) = ? AND ended_at IS NULL AND instr(key, ':user:') > 0 ORDER BY id`,
  );
  const ofChat = db.prepare<[number], { id: number; key: string; chat: number }>(
    "SELECT id, key, chat_id AS chat FROM sessions WHERE chat_id = ? AND ended_at IS NULL ORDER BY id",
  );
  const HERE = "chat_id IN (SELECT id FROM chats WHERE platform = ? AND account = ?)";
  const queuedBy = db.prepare<[string, string, string], Queued>(
    `SELECT seq, chat_id, session, lane, run_id FROM inbox WHERE ${OPEN} AND user_id = ? AND ${HERE}`,
  );
  const queuedIn = db.prepare<[number], Queued>(
    `SELECT seq, chat_id, session, lane, run_id FROM inbox WHERE chat_id = ? AND ${OPEN}`,
  );
  const runsBy = db.prepare<[string, string, string], { id: number; lane: string }>(
    `SELECT id, lane FROM runs WHERE user_id = ? AND ${HERE}`,
  );
  const ownRow = db.prepare<[string, number]>("UPDATE inbox SET user_id = ? WHERE seq = ?");
  const ownRun = db.prepare<[string, number]>("UPDATE runs SET user_id = ? WHERE id = ?");
  const ownServed = db.prepare<[string, string, string]>(
    "UPDATE OR REPLACE served SET user_id = ? WHERE lane = ? AND user_id = ?",
  );
  const callChat = db.prepare<[string, number]>("UPDATE chats SET chat = ? WHERE id = ?");
  const pointAt = db.prepare<[number, number]>("UPDATE chats SET moved_to = ? WHERE id = ?");
  const moveMessages = db.prepare<[number, number]>("UPDATE OR IGNORE inbox SET chat_id = ? WHERE chat_id = ?");
  const kindOf = db.prepare<[number], { kind: string }>("SELECT kind FROM chats WHERE id = ? AND moved_to IS NULL");
  const rename = keyRenamer(db, now);
  const moveSettings = settingsMover(db);

  return ({ platform, account }: BotAccount, from: string, to: string): Array<{ lane: string; chatRef: number }> => {
    if (from === to || from === "" || to === "") return [];
    addAlias.run(platform, account, from, to);
    passOn.run(to, platform, account, from);

    const privateChat = chats.find(platform, account, from);
    const isPrivate = privateChat !== undefined && kindOf.get(privateChat)?.kind === "dm";
    const runs = runsBy.all(from, platform, account);
    const queued = [...queuedBy.all(from, platform, account), ...(isPrivate ? queuedIn.all(privateChat) : [])];
    const sessions = named.all(encodePart(from));
    for (const { id } of runs) ownRun.run(to, id);
    for (const { seq, lane } of queued) {
      ownRow.run(to, seq);
      if (lane !== null) ownServed.run(to, lane, from);
    }
    let privately: number | undefined;
    if (isPrivate) {
      sessions.push(...ofChat.all(privateChat));
      privately = chats.find(platform, account, to);
      if (privately === undefined) callChat.run(to, privateChat);
      else {
        moveMessages.run(privately, privateChat);
        pointAt.run(privately, privateChat);
      }
      moveSettings({ platform, account, chatId: from }, to);
    }
    const present = (chat: number) => (chat === privateChat ? (privately ?? chat) : chat);
    const keyed: Keyed = {
      sessions: unique(sessions, ({ id }) => id).map((session) => ({ ...session, chat: present(session.chat) })),
      runs,
      queued: unique(queued, ({ seq }) => seq).flatMap(({ session, ...row }) =>
        session === null ? [] : [{ ...row, session }],
      ),
    };
    rename(keyed, renamed);
    const lanes = new Map<string, number>();
    for (const { lane, chat_id } of queued) if (lane !== null) lanes.set(renamed(lane), present(chat_id));
    return Array.from(lanes, ([lane, chatRef]) => ({ lane, chatRef }));

    function renamed(key: string): string {
      const parts = decodeKey(key);
      if (parts?.platform !== platform || parts.account !== account) return key;
      const chat = isPrivate && parts.kind === "dm" && parts.chat === from ? to : parts.chat;
      return encodeKey({ ...parts, chat, ...(parts.user === from && { user: to }) });
    }
  };
}

function unique<T>(items: readonly T[], of: (item: T) => unknown): T[] {
  const seen = new Set<unknown>();
  return items.filter((item) => !seen.has(of(item)) && seen.add(of(item)));
}
