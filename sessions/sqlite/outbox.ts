import type { Destination } from "../../adapters/record.ts";
import type { Notice } from "../inbox.ts";
import type { FailedSend, PendingChunk } from "../outbox.ts";
import type { ChatRefs } from "./chat-refs.ts";
import type { Db } from "./database.ts";
import type { Enqueue } from "./enqueue.ts";
import { destinationOf } from "./rows.ts";
import { isChoice, isFile, listIn } from "./stored-json.ts";

interface ChunkRow {
  delivery_id: number;
  chat_id: number;
  thread_id: string | null;
  reply_to: string | null;
  for_user: string | null;
  reply_token: string | null;
  opened: number;
  is_answer: number;
  precedes: number;
  draft_key: string | null;
  draft_id: string | null;
  created_at: number;
  retried_at: number | null;
  n: number;
  text: string;
  plain: string;
  files: string | null;
  choices: string | null;
  state: string;
  tries: number;
  doubts: number;
  failures: number;
  faults: number;
}

/** What a chat sends first: in the order of numbers, with those that were put behind one of them right there. */
const FIRST = "WHERE chat_id = ? AND state = 'pending' ORDER BY coalesce(behind, id), behind IS NOT NULL, id LIMIT 1";

/** Sending, chunk by chunk; each function runs inside a transaction. */
export function outbox(db: Db, chats: ChatRefs, enqueue: Enqueue) {
  const pending = db.prepare<[], { chat_id: number }>(
    "SELECT DISTINCT chat_id FROM deliveries WHERE state = 'pending'",
  );
  const first = db.prepare<[number], { id: number }>(`SELECT id FROM deliveries ${FIRST}`);
  const next = db.prepare<[number], ChunkRow>(
    `SELECT c.delivery_id, d.chat_id, d.thread_id, d.reply_to, d.for_user, d.reply_token, d.opened, d.is_answer, d.precedes,
       d.draft_key, d.draft_id, d.created_at, d.retried_at, c.n, c.text, c.plain, c.files, c.choices, c.state, c.tries, c.doubts, c.failures,
       c.faults
     FROM (SELECT * FROM deliveries ${FIRST}) d
     JOIN chunks c ON c.delivery_id = d.id AND c.state <> 'sent' ORDER BY c.n LIMIT 1`,
  );
  const begin = db.prepare<[number, number, number]>(
    `UPDATE chunks SET state = 'sending', message_id = NULL, doubts = ?, tries = tries + 1 WHERE delivery_id = ? AND n = ?`,
  );
  const mark = db.prepare<[string, string | null, number, number]>(
    "UPDATE chunks SET state = ?, message_id = ?, tries = 0 WHERE delivery_id = ? AND n = ?",
  );
  const count = db.prepare<{ id: number; n: number; answered: number; fault: number; doubtful: number }>(
    `UPDATE chunks SET failures = failures + @answered, faults = faults + @fault, doubts = doubts + @doubtful
     WHERE delivery_id = @id AND n = @n`,
  );
  const note = db.prepare<[string, number]>("UPDATE deliveries SET failure = ? WHERE id = ?");
  const noteNothing = db.prepare<[number]>("UPDATE deliveries SET failure = NULL WHERE id = ? AND failure IS NOT NULL");
  // All of an answer in a thread that may be gone goes outside again, until the last of it is sent; one that was parked too,
  // once it is put back.
  const dropFiles = db.prepare<[number]>(
    `UPDATE chunks SET files = NULL WHERE delivery_id = ? AND state = 'sent' AND files IS NOT NULL AND NOT EXISTS
       (SELECT 1 FROM deliveries d WHERE d.id = delivery_id AND d.state IN ('pending', 'failed') AND d.opened = 1)`,
  );
  const finish = db.prepare<[number, number]>(
    `UPDATE deliveries SET state = 'sent'
     WHERE id = ? AND NOT EXISTS (SELECT 1 FROM chunks WHERE delivery_id = ? AND state <> 'sent')`,
  );
  const fail = db.prepare<[string, number], { position: number }>(
    `UPDATE deliveries SET state = 'failed', failure = ? WHERE id = ? AND state = 'pending'
     RETURNING coalesce(behind, id) AS position`,
  );
  const told = db.prepare<[number]>("SELECT 1 FROM deliveries WHERE about = ? AND state <> 'dropped' LIMIT 1");
  const leaveThread = db.prepare<[number]>(
    "UPDATE deliveries SET thread_id = NULL, opened = 2, draft_key = NULL, draft_id = NULL WHERE id = ?",
  );
  const unbindThread = db.prepare<[number]>(
    `DELETE FROM links WHERE kind = 'thread' AND (chat_id, id) IN (SELECT chat_id, thread_id FROM deliveries WHERE id = ?)`,
  );
  const allUnsent = db.prepare<[number]>(
    `UPDATE chunks SET state = 'pending', message_id = NULL, tries = 0, doubts = 0, failures = 0, faults = 0
     WHERE delivery_id = ?`,
  );
  const dropDraft = db.prepare<[number]>("UPDATE deliveries SET draft_key = NULL, draft_id = NULL WHERE id = ?");
  const remark = db.prepare<[number, string]>(
    "INSERT INTO remarks (chat_id, about) VALUES (?, ?) ON CONFLICT DO NOTHING",
  );
  const threadWorks = db.prepare<[number]>(
    `DELETE FROM remarks WHERE about = 'thread-gone'
       AND chat_id = (SELECT chat_id FROM deliveries WHERE id = ? AND opened = 1)`,
  );
  const link = db.prepare<[string, number]>(
    `INSERT INTO links (chat_id, kind, id, root)
     SELECT chat_id, 'message', ?, chain_root FROM deliveries WHERE id = ? AND chain_root IS NOT NULL
     ON CONFLICT DO NOTHING`,
  );

  /** A send that did not succeed has come to its end. */
  function over({ deliveryId, index }: PendingChunk, { code, ...how }: FailedSend): void {
    const { answered = false, fault = false, doubtful = false } = how;
    mark.run(fault || doubtful ? "sending" : "pending", null, deliveryId, index);
    const counted = { answered: Number(answered), fault: Number(fault), doubtful: Number(doubtful) };
    count.run({ id: deliveryId, n: index, ...counted });
    note.run(code, deliveryId);
  }

  return {
    chatsWithDeliveries: (): number[] => pending.all().map((row) => row.chat_id),

    nextDelivery: (chatRef: number): number | null => first.get(chatRef)?.id ?? null,

    nextChunk(chatRef: number): PendingChunk | null {
      const row = next.get(chatRef);
      if (row === undefined) return null;
      // Whatever the program lives to see the end of is not among its tries any more.
      const doubts = row.doubts + (row.tries > 0 ? 1 : 0);
      begin.run(doubts, row.delivery_id, row.n);
      const moved = chats.movedTo(row.chat_id) !== undefined;
      const draft = row.n === 0 && row.draft_key !== null ? { key: row.draft_key, messageId: row.draft_id } : undefined;
      return {
        deliveryId: row.delivery_id,
        chatRef: row.chat_id,
        to: destinationOf(chats.info(row.chat_id), row.thread_id),
        index: row.n,
        // Elsewhere it is another message.
        key: draft?.key ?? `${row.created_at.toString(36)}-${row.delivery_id}-${row.n}${row.opened === 2 ? "o" : ""}`,
        text: row.text,
        plain: row.plain,
        ...(row.files === null ? {} : { files: listIn(row.files, isFile) }),
        ...(row.choices === null ? {} : { choices: listIn(row.choices, isChoice) }),
        ...(draft === undefined ? {} : { draft: { messageId: draft.messageId } }),
        takesBack: row.text === "",
        opened: row.opened === 1,
        isAnswer: row.is_answer === 1,
        ...(row.precedes === 1 && { precedes: true }),
        ...(row.reply_token === null ? {} : { replyToken: row.reply_token }),
        // In a chat that moved, the number of the old message is somebody else's.
        ...(row.reply_to === null || row.n > 0 || moved ? {} : { replyTo: row.reply_to }),
        ...(row.for_user === null ? {} : { forUserId: row.for_user }),
        uncertain: row.state === "sending",
        crashes: row.tries,
        doubts,
        failures: row.failures,
        faults: row.faults,
        since: row.retried_at ?? row.created_at,
      };
    },

    chunkSent({ deliveryId, index }: PendingChunk, messageId: string): void {
      mark.run("sent", messageId, deliveryId, index);
      noteNothing.run(deliveryId);
      link.run(messageId, deliveryId);
      threadWorks.run(deliveryId);
      finish.run(deliveryId, deliveryId);
      dropFiles.run(deliveryId);
    },

    chunkUnsent(chunk: PendingChunk, code?: string): void {
      mark.run("pending", null, chunk.deliveryId, chunk.index);
      if (code !== undefined) note.run(code, chunk.deliveryId);
    },

    chunkFailed: (chunk: PendingChunk, failure: FailedSend): void => over(chunk, failure),

    deliveryFailed(chunk: PendingChunk, failure: string | FailedSend, instead?: Notice): void {
      const { deliveryId, chatRef, to, replyTo, forUserId, replyToken, uncertain } = chunk;
      // It was not sent this time, and what is not known of earlier times is still not known.
      const last = typeof failure === "string" ? { code: failure } : failure;
      const parked = fail.get(last.code, deliveryId);
      if (parked === undefined) return;
      over(chunk, last);
      if (typeof failure === "string" && uncertain) mark.run("sending", null, deliveryId, chunk.index);
      dropFiles.run(deliveryId);
      if (instead === undefined || told.get(deliveryId) !== undefined) return;
      const { chunks } = instead;
      const place = { threadId: to.threadId, replyTo, forUserId, replyToken };
      enqueue(chatRef, { chunks, ...place, about: deliveryId, behind: parked.position });
    },

    deliverOutside({ deliveryId, chatRef }: PendingChunk, { chunks }: Notice): void {
      allUnsent.run(deliveryId);
      unbindThread.run(deliveryId);
      leaveThread.run(deliveryId);
      if (remark.run(chatRef, "thread-gone").changes > 0) enqueue(chatRef, { chunks });
    },

    dropDraft({ deliveryId, index }: PendingChunk): void {
      mark.run("pending", null, deliveryId, index);
      dropDraft.run(deliveryId);
    },

    remark({ platform, account, chatId, threadId }: Destination, about: string, { chunks }: Notice): boolean {
      const ref = chats.find(platform, account, chatId);
      if (ref === undefined || remark.run(ref, about).changes === 0) return false;
      enqueue(ref, { chunks, threadId });
      return true;
    },
  };
}
