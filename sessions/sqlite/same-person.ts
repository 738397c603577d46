import { decodeKey, encodeKey, encodePart } from "../../strategies/key.ts";
import type { BotAccount } from "../inbox.ts";
import { accessMover } from "./access-moves.ts";
import { type AddAudit, auditPlace } from "./audit.ts";
import { blocker } from "./block.ts";
import type { ChatRefs } from "./chat-refs.ts";
import type { Db } from "./database.ts";
import { settingsMover } from "./move-settings.ts";
import { type People, personAt } from "./people.ts";
import { keyRenamer, QUEUED, type Queued } from "./rename-keys.ts";

/** Said in so many words, because SQLite uses a partial index only for a query that repeats its condition. */
const OPEN = "state IN ('held', 'waiting', 'running')";
/** Looked up for each of the few rows that are open: an account may have a million chats. */
const within = (table: string) =>
  `EXISTS (SELECT 1 FROM chats c WHERE c.id = ${table}.chat_id AND c.platform = ? AND c.account = ?)`;

/**
 * Two ids turned out to be one person's, who goes by the second from now on; runs inside a transaction.
 *
 * Open sessions and lanes that name the person are called anew, in whatever chat; what waits and runs, and what was said beside
 * the bot, is the person's under the new id, so that nothing of it is taken for somebody else's. A private chat that went by the old id goes by
 * the new one with its settings, its messages, whose ids stay good, and what is to be sent there: if there is none under
 * the new id yet it is simply called so, else the two become one. What was written down under the old id keeps it and is
 * read as the new one's through `aliases`. Whoever was blocked under one of the ids is blocked as a whole. Doing it again
 * changes nothing.
 */
export function personMerger(
  db: Db,
  { chats, people, addAudit, now }: { chats: ChatRefs; people: People; addAudit: AddAudit; now: () => number },
) {
  const latest = db.prepare<[string, string, string], { user_id: string; until: number }>(
    `SELECT user_id, until FROM aliases WHERE platform = ? AND account = ? AND alias = ? ORDER BY until DESC LIMIT 1`,
  );
  const addAlias = db.prepare(
    "INSERT OR REPLACE INTO aliases (platform, account, alias, until, user_id) VALUES (?, ?, ?, ?, ?)",
  );
  const dropAlias = db.prepare<[string, string, string, number]>(
    "DELETE FROM aliases WHERE platform = ? AND account = ? AND alias = ? AND until = ?",
  );
  const passOn = db.prepare<[string, string, string, string]>(
    "UPDATE aliases SET user_id = ? WHERE platform = ? AND account = ? AND user_id = ?",
  );
  const named = db.prepare<[string], { id: number; key: string; chat: number }>(
    `SELECT id, key, chat_id AS chat FROM sessions
     WHERE substr(key, length(rtrim(key, replace(key, ':', ''))) + 1) = ? AND ended_at IS NULL ORDER BY id`,
  );
  const ofChat = db.prepare<[number], { id: number; key: string; chat: number }>(
    "SELECT id, key, chat_id AS chat FROM sessions WHERE chat_id = ? AND ended_at IS NULL ORDER BY id",
  );
  const queuedBy = db.prepare<[string, string, string], Queued>(
    `SELECT ${QUEUED} FROM inbox WHERE ${OPEN} AND session IS NOT NULL AND user_id = ? AND ${within("inbox")}`,
  );
  const queuedIn = db.prepare<[number], Queued>(
    `SELECT ${QUEUED} FROM inbox WHERE chat_id = ? AND ${OPEN} AND session IS NOT NULL`,
  );
  const runsBy = db.prepare<[string, string, string], { id: number; lane: string }>(
    `SELECT id, lane FROM runs WHERE user_id = ? AND ${within("runs")}`,
  );
  const ownRow = db.prepare<[string, number]>("UPDATE inbox SET user_id = ? WHERE seq = ?");
  const ownRun = db.prepare<[string, number]>("UPDATE runs SET user_id = ? WHERE id = ?");
  const ownServed = db.prepare<[string, string, string]>(
    "UPDATE OR REPLACE served SET user_id = ? WHERE lane = ? AND user_id = ?",
  );
  const callChat = db.prepare<[string, number]>("UPDATE chats SET chat = ? WHERE id = ?");
  const moveMessages = db.prepare<[number, number]>("UPDATE OR IGNORE inbox SET chat_id = ? WHERE chat_id = ?");
  // What is on its way this very moment ends where it began.
  const moveDeliveries = db.prepare<[number, number]>(
    `UPDATE deliveries SET chat_id = ? WHERE chat_id = ? AND state = 'pending'
       AND NOT EXISTS (SELECT 1 FROM chunks WHERE delivery_id = deliveries.id AND chunks.state = 'sending')`,
  );
  // So that its author can still change it and take it back, and goes with it when blocked.
  const ownAmbient = db.prepare<BotAccount & { from: string; to: string }>(
    `UPDATE ambient SET user_id = @to WHERE user_id = @from AND ${personAt("ambient.user_id", "ambient.received_at")} = @to
       AND EXISTS (SELECT 1 FROM chats c WHERE c.id = ambient.chat_id AND c.platform = @platform AND c.account = @account)`,
  );
  const rename = keyRenamer(db, now);
  const moveSettings = settingsMover(db);
  const moveAccess = accessMover(db);
  const block = blocker(db, people);

  function noteAlias({ platform, account }: BotAccount, alias: string, userId: string): void {
    const known = latest.get(platform, account, alias);
    if (known?.user_id === userId) dropAlias.run(platform, account, alias, known.until);
    addAlias.run(platform, account, alias, now(), userId);
    passOn.run(userId, platform, account, alias);
  }

  return (
    { platform, account }: BotAccount,
    from: string,
    to: string,
  ): { lanes: Array<{ lane: string; chatRef: number }>; chatRef?: number } => {
    if (from === to || from === "" || to === "") return { lanes: [] };
    noteAlias({ platform, account }, from, to);
    ownAmbient.run({ platform, account, from, to });

    const old = chats.find(platform, account, from);
    const privateChat = old !== undefined && chats.isPrivate(old) ? old : undefined;
    const runs = runsBy.all(from, platform, account);
    const queued = [
      ...queuedBy.all(from, platform, account),
      ...(privateChat === undefined ? [] : queuedIn.all(privateChat)),
    ];
    const sessions = [...named.all(encodePart(from)), ...(privateChat === undefined ? [] : ofChat.all(privateChat))];
    for (const { id } of runs) ownRun.run(to, id);
    for (const { seq, lane } of queued) {
      ownRow.run(to, seq);
      if (lane !== null) ownServed.run(to, lane, from);
    }
    const chatRef = privateChat === undefined ? undefined : oneChat(privateChat);
    const present = (chat: number) => (chat === privateChat ? (chatRef ?? chat) : chat);
    const lanes = rename(
      {
        sessions: unique(sessions, ({ id }) => id)
          .filter(({ key }) => renamed(key) !== key)
          .map((session) => ({ ...session, chat: present(session.chat) })),
        runs,
        queued: unique(queued, ({ seq }) => seq).map((row) => ({ ...row, chat: present(row.chat) })),
      },
      renamed,
    );
    const { blocked, change } = moveAccess.person({ platform, account }, from, to);
    if (blocked) block({ platform, account }, to);
    if (change !== undefined) {
      addAudit({ by: "platform", what: "access", where: auditPlace(platform, { account, id: to }), ...change });
    }
    return {
      lanes: Array.from(lanes, ([lane, chat]) => ({ lane, chatRef: chat })),
      ...(chatRef === undefined ? {} : { chatRef }),
    };

    /** @returns the number of the chat that the old one is, or became */
    function oneChat(before: number): number {
      moveSettings({ platform, account, chatId: from }, to);
      const other = chats.find(platform, account, to);
      const present = other ?? before;
      moveAccess.chat({ platform, account }, from, to, { from: before, to: present });
      if (other === undefined) {
        callChat.run(to, before);
        return before;
      }
      moveMessages.run(other, before);
      moveDeliveries.run(other, before);
      chats.pointAt(before, other);
      return other;
    }

    function renamed(key: string): string {
      const parts = decodeKey(key);
      if (parts?.platform !== platform || parts.account !== account) return key;
      const chat = privateChat !== undefined && parts.kind === "dm" && parts.chat === from ? to : parts.chat;
      return encodeKey({ ...parts, chat, ...(parts.user === from && { user: to }) });
    }
  };
}

function unique<T>(items: readonly T[], of: (item: T) => unknown): T[] {
  const seen = new Set<unknown>();
  return items.filter((item) => !seen.has(of(item)) && seen.add(of(item)));
}
