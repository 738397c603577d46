import type { DeliveryChange, DeliveryChoice, DeliveryRefusal, DeliveryView } from "../outbox.ts";
import { type AddAudit, auditPlace } from "./audit.ts";
import type { ChatRefs } from "./chat-refs.ts";
import type { Db } from "./database.ts";
import type { Enqueue } from "./enqueue.ts";
import { CHATS_OF } from "./people.ts";

interface ViewRow {
  id: number;
  chat_id: number;
  thread_id: string | null;
  for_user: string | null;
  state: string;
  failure: string | null;
  since: number;
  chunks: number;
  sent: number;
  failures: number | null;
  on_its_way: number;
}

interface DeliveryRow {
  id: number;
  chat_id: number;
  thread_id: string | null;
  reply_token: string | null;
  for_user: string | null;
  draft_key: string | null;
  draft_id: string | null;
  state: string;
  failure: string | null;
}

/** A chunk whose send began, and nobody has said yet how it ended. */
const ON_ITS_WAY = "state = 'sending' AND tries > 0";
/** In two parts, because SQLite uses a partial index only for a query that repeats its condition. */
const open = (where: string) =>
  `(SELECT * FROM deliveries WHERE state = 'pending' AND ${where}
    UNION ALL SELECT * FROM deliveries WHERE state = 'failed' AND ${where})`;

export interface ParkedOptions {
  chats: ChatRefs;
  enqueue: Enqueue;
  addAudit: AddAudit;
  now: () => number;
}

/** What operators see of the outbox, and what they do about it; changes run inside a transaction. */
export function parked(db: Db, { chats, enqueue, addAudit, now }: ParkedOptions) {
  const view = (where: string) =>
    `SELECT d.id, d.chat_id, d.thread_id, d.for_user, d.state, d.failure, coalesce(d.retried_at, d.created_at) AS since,
       (SELECT count(*) FROM chunks WHERE delivery_id = d.id) AS chunks,
       (SELECT count(*) FROM chunks WHERE delivery_id = d.id AND state = 'sent') AS sent,
       (SELECT doubts + failures + faults FROM chunks WHERE delivery_id = d.id AND state <> 'sent' ORDER BY n LIMIT 1) AS failures,
       EXISTS (SELECT 1 FROM chunks WHERE delivery_id = d.id AND ${ON_ITS_WAY}) AS on_its_way
     FROM ${open(where)} d ORDER BY d.id`;
  const all = db.prepare<[], ViewRow>(view("TRUE"));
  const inChat = db.prepare<{ chat: number }, ViewRow>(view(`chat_id IN ${CHATS_OF}`));
  const parkedIn = db.prepare<{ chat: number }, { id: number }>(
    `SELECT id FROM deliveries WHERE state = 'failed' AND chat_id IN ${CHATS_OF} ORDER BY id`,
  );
  const allParked = db.prepare<[], { id: number }>("SELECT id FROM deliveries WHERE state = 'failed' ORDER BY id");
  const byId = db.prepare<[number], DeliveryRow>(
    `SELECT id, chat_id, thread_id, reply_token, for_user, draft_key, draft_id, state, failure FROM deliveries WHERE id = ?`,
  );
  const unsent = db.prepare<[number], { n: number }>(
    "SELECT n FROM chunks WHERE delivery_id = ? AND state <> 'sent' ORDER BY n LIMIT 1",
  );
  const onItsWay = db.prepare<[number]>(`SELECT 1 FROM chunks WHERE delivery_id = ? AND ${ON_ITS_WAY} LIMIT 1`);
  const putBack = db.prepare<[number, number]>(
    `UPDATE deliveries SET state = 'pending', failure = NULL, retried_at = ?, behind = (SELECT max(id) FROM deliveries)
     WHERE id = ?`,
  );
  // That something of it may stand there already is still true.
  const countAnew = db.prepare<[number]>(
    "UPDATE chunks SET tries = 0, doubts = min(doubts, 1), failures = 0, faults = 0 WHERE delivery_id = ?",
  );
  const notices = db.prepare<[number], { id: number }>(
    "SELECT id FROM deliveries WHERE about = ? AND state IN ('pending', 'failed')",
  );
  const drop = db.prepare<[number]>("UPDATE deliveries SET state = 'dropped' WHERE id = ?");
  const erase = db.prepare<[number]>("DELETE FROM chunks WHERE delivery_id = ?");

  function dropQuietly(id: number): void {
    drop.run(id);
    erase.run(id);
  }

  function retry(row: DeliveryRow): DeliveryRefusal | undefined {
    if (row.state === "pending") return onItsWay.get(row.id) === undefined ? "pending" : "sending";
    if (row.state !== "failed") return "over";
    if (unsent.get(row.id) === undefined) return "erased";
    putBack.run(now(), row.id);
    countAnew.run(row.id);
    for (const { id } of notices.all(row.id)) if (onItsWay.get(id) === undefined) dropQuietly(id);
    return undefined;
  }

  function discard(row: DeliveryRow): DeliveryRefusal | undefined {
    if (row.state !== "failed" && row.state !== "pending") return "over";
    if (onItsWay.get(row.id) !== undefined) return "sending";
    const { draft_key: key, draft_id: messageId } = row;
    const showsDraft = key !== null && messageId !== null && unsent.get(row.id)?.n === 0;
    dropQuietly(row.id);
    if (showsDraft) {
      const place = { threadId: row.thread_id ?? undefined, replyToken: row.reply_token ?? undefined };
      const reader = row.for_user ?? undefined;
      enqueue(row.chat_id, {
        chunks: [{ text: "", plain: "" }],
        ...place,
        forUserId: reader,
        draft: { key, messageId },
      });
    }
    return undefined;
  }

  function change(
    choice: DeliveryChoice,
    { does, becomes, by }: { does: typeof retry; becomes: string; by: string },
  ): DeliveryChange {
    const done: DeliveryChange["done"] = [];
    const refused: DeliveryChange["refused"] = [];
    for (const id of "id" in choice ? [choice.id] : parkedIds(choice.parked)) {
      const row = byId.get(id);
      // What told of one before it may have gone with that.
      if (!("id" in choice) && row?.state !== "failed") continue;
      const why = row === undefined ? "unknown" : does(row);
      if (why !== undefined) refused.push({ id, why });
      if (row === undefined || why !== undefined) continue;
      done.push(id);
      const { platform, account, id: chat } = chats.info(row.chat_id);
      const where = auditPlace(platform, {
        account,
        id: chat,
        ...(row.thread_id !== null && { threadId: row.thread_id }),
      });
      const from = row.state === "failed" ? `parked (${row.failure})` : "pending";
      addAudit({ by, what: `delivery ${id}`, where, from, to: becomes });
    }
    return { done, refused };
  }

  function parkedIds(where: "everywhere" | number): number[] {
    return (where === "everywhere" ? allParked.all() : parkedIn.all({ chat: where })).map(({ id }) => id);
  }

  return {
    list: (chatRef?: number): DeliveryView[] =>
      (chatRef === undefined ? all.all() : inChat.all({ chat: chatRef })).map((row) => ({
        id: row.id,
        chat: chats.info(row.chat_id),
        ...(row.thread_id === null ? {} : { threadId: row.thread_id }),
        ...(row.for_user === null ? {} : { forUserId: row.for_user }),
        state: row.state === "failed" ? "parked" : row.on_its_way === 1 ? "sending" : "pending",
        ...(row.failure === null ? {} : { code: row.failure }),
        failures: row.failures ?? 0,
        since: row.since,
        sent: row.sent,
        chunks: row.chunks,
      })),
    retry: (choice: DeliveryChoice, by: string): DeliveryChange =>
      change(choice, { does: retry, becomes: "pending", by }),
    drop: (choice: DeliveryChoice, by: string): DeliveryChange =>
      change(choice, { does: discard, becomes: "dropped", by }),
  };
}
