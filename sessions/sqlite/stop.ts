import type { StopOrder, StoppedWork } from "../runs.ts";
import type { AddAudit } from "./audit.ts";
import type { ChatRefs } from "./chat-refs.ts";
import type { Db } from "./database.ts";
import type { Enqueue } from "./enqueue.ts";

interface Author {
  chat_id: number;
  user_id: string;
  message_id: string;
  thread_id: string | null;
  reply_token: string | null;
}

const OPEN = "state IN ('held', 'waiting', 'running')";
/** The chat, and those that became it. */
const HERE = "chat_id IN (SELECT id FROM chats WHERE id = @chat OR moved_to = @chat)";

/**
 * Stop what was asked for before the order: drop what waits and mark what runs; runs inside a transaction.
 *
 * What came after the order is not touched, however late the order is carried out. Whoever else loses something by it is
 * told so. A run that was stopped before is given back, and is no loss any more.
 */
export function stopper(
  db: Db,
  { chats, enqueue, addAudit }: { chats: ChatRefs; enqueue: Enqueue; addAudit: AddAudit },
): (order: StopOrder) => StoppedWork {
  const drop = db.prepare<{ chat: number; user: string; all: number; before: number }, Author>(
    `UPDATE inbox SET state = 'dropped', failure = 'stopped'
     WHERE ${HERE} AND is_command = 0 AND state IN ('held', 'waiting') AND ${OPEN} AND seq < @before
       AND (@all = 1 OR user_id = @user)
     RETURNING chat_id, user_id, message_id, thread_id, json_extract(payload, '$.replyToken') AS reply_token`,
  );
  const running = db.prepare<
    { chat: number; user: string; all: number; before: number; lane: string | null },
    Author & { id: number; stopped: number }
  >(
    `SELECT r.id, r.stopped, i.chat_id, i.user_id, i.message_id, i.thread_id,
       json_extract(i.payload, '$.replyToken') AS reply_token
     FROM runs r JOIN inbox i ON i.run_id = r.id AND i.state = 'running'
     WHERE r.${HERE} AND i.seq < @before AND (@all = 1 OR r.user_id = @user OR r.lane = @lane)
     GROUP BY r.id`,
  );
  const mark = db.prepare<[number]>("UPDATE runs SET stopped = 1 WHERE id = ?");

  return ({ chatRef, userId, before, lane, everybody, audit, notice, dropped: unanswered }) => {
    const scope = { chat: chatRef, user: userId, all: everybody ? 1 : 0, before };
    const dropped = drop.all(scope);
    const hit = running.all({ ...scope, lane: lane ?? null });
    const stopped = hit.filter((run) => run.stopped === 0);
    for (const { id } of stopped) mark.run(id);
    const losers = new Set([...stopped, ...dropped].map(({ user_id }) => user_id));
    if (audit !== undefined && [...losers].some((loser) => everybody || loser !== userId)) {
      addAudit({ ...audit, what: "answers stopped", from: null, to: [...losers].join(", ") });
    }
    // Nobody else needs to know of these. What runs says so itself when it ends.
    for (const { user_id, thread_id, reply_token } of dropped) {
      if (reply_token === null) continue;
      const { chunks } = user_id === userId ? unanswered : notice;
      enqueue(chatRef, { chunks, threadId: thread_id ?? undefined, replyToken: reply_token, forUserId: user_id });
    }
    const told = new Set<string>();
    for (const { chat_id, user_id, message_id, thread_id, reply_token } of [...stopped, ...dropped]) {
      if (user_id === userId || reply_token !== null || told.has(user_id)) continue;
      told.add(user_id);
      const quotable = chats.movedTo(chat_id) === undefined;
      enqueue(chatRef, {
        chunks: notice.chunks,
        threadId: thread_id ?? undefined,
        replyTo: quotable ? message_id : undefined,
        forUserId: user_id,
      });
    }
    return { dropped: dropped.length, runIds: hit.map(({ id }) => id) };
  };
}
