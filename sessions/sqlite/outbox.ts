import type { Destination } from "../../adapters/record.ts";
import type { Notice } from "../inbox.ts";
import type { PendingChunk, StoredChunk } from "../outbox.ts";
import type { ChatRefs } from "./chat-refs.ts";
import type { Db } from "./database.ts";
import type { Enqueue } from "./enqueue.ts";
import { destinationOf } from "./rows.ts";

interface ChunkRow {
  delivery_id: number;
  chat_id: number;
  thread_id: string | null;
  reply_to: string | null;
  for_user: string | null;
  reply_token: string | null;
  opened: number;
  is_answer: number;
  draft_key: string | null;
  draft_id: string | null;
  created_at: number;
  n: number;
  text: string;
  plain: string;
  files: string | null;
  choices: string | null;
  state: string;
}

/** Sending, chunk by chunk; each function runs inside a transaction. */
export function outbox(db: Db, chats: ChatRefs, enqueue: Enqueue) {
  const pending = db.prepare<[], { chat_id: number }>(
    "SELECT DISTINCT chat_id FROM deliveries WHERE state = 'pending'",
  );
  const next = db.prepare<[number], ChunkRow>(
    `SELECT c.delivery_id, d.chat_id, d.thread_id, d.reply_to, d.for_user, d.reply_token, d.opened, d.is_answer, d.draft_key,
       d.draft_id, d.created_at, c.n, c.text, c.plain, c.files, c.choices, c.state
     FROM (SELECT * FROM deliveries WHERE chat_id = ? AND state = 'pending' ORDER BY id LIMIT 1) d
     JOIN chunks c ON c.delivery_id = d.id AND c.state <> 'sent' ORDER BY c.n LIMIT 1`,
  );
  const mark = db.prepare<[string, string | null, number, number]>(
    "UPDATE chunks SET state = ?, message_id = ? WHERE delivery_id = ? AND n = ?",
  );
  // All of an answer in a thread that may be gone goes outside again, until the last of it is sent.
  const dropFiles = db.prepare<[number]>(
    `UPDATE chunks SET files = NULL WHERE delivery_id = ? AND state = 'sent' AND files IS NOT NULL AND NOT EXISTS
       (SELECT 1 FROM deliveries d WHERE d.id = delivery_id AND d.state = 'pending' AND d.opened = 1)`,
  );
  const finish = db.prepare<[number, number]>(
    `UPDATE deliveries SET state = 'sent'
     WHERE id = ? AND NOT EXISTS (SELECT 1 FROM chunks WHERE delivery_id = ? AND state <> 'sent')`,
  );
  const fail = db.prepare<[string, number]>("UPDATE deliveries SET state = 'failed', failure = ? WHERE id = ?");
  const leaveThread = db.prepare<[number]>(
    "UPDATE deliveries SET thread_id = NULL, opened = 2, draft_key = NULL, draft_id = NULL WHERE id = ?",
  );
  const unbindThread = db.prepare<[number]>(
    `DELETE FROM links WHERE kind = 'thread' AND (chat_id, id) IN (SELECT chat_id, thread_id FROM deliveries WHERE id = ?)`,
  );
  const allUnsent = db.prepare<[number]>(
    "UPDATE chunks SET state = 'pending', message_id = NULL WHERE delivery_id = ?",
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

  return {
    chatsWithDeliveries: (): number[] => pending.all().map((row) => row.chat_id),

    nextChunk(chatRef: number): PendingChunk | null {
      const row = next.get(chatRef);
      if (row === undefined) return null;
      mark.run("sending", null, row.delivery_id, row.n);
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
        ...(row.files === null ? {} : { files: JSON.parse(row.files) as NonNullable<StoredChunk["files"]> }),
        ...(row.choices === null ? {} : { choices: JSON.parse(row.choices) as NonNullable<StoredChunk["choices"]> }),
        ...(draft === undefined ? {} : { draft: { messageId: draft.messageId } }),
        takesBack: row.text === "",
        opened: row.opened === 1,
        isAnswer: row.is_answer === 1,
        ...(row.reply_token === null ? {} : { replyToken: row.reply_token }),
        // In a chat that moved, the number of the old message is somebody else's.
        ...(row.reply_to === null || row.n > 0 || moved ? {} : { replyTo: row.reply_to }),
        ...(row.for_user === null ? {} : { forUserId: row.for_user }),
        uncertain: row.state === "sending",
        createdAt: row.created_at,
      };
    },

    chunkSent({ deliveryId, index }: PendingChunk, messageId: string): void {
      mark.run("sent", messageId, deliveryId, index);
      link.run(messageId, deliveryId);
      threadWorks.run(deliveryId);
      finish.run(deliveryId, deliveryId);
      dropFiles.run(deliveryId);
    },

    chunkUnsent: ({ deliveryId, index }: PendingChunk): void => void mark.run("pending", null, deliveryId, index),

    deliveryFailed(
      { deliveryId, chatRef, to, replyTo, forUserId, replyToken }: PendingChunk,
      failure: string,
      instead?: Notice,
    ): void {
      fail.run(failure, deliveryId);
      dropFiles.run(deliveryId);
      if (instead !== undefined) {
        enqueue(chatRef, { chunks: instead.chunks, threadId: to.threadId, replyTo, forUserId, replyToken });
      }
    },

    deliverOutside({ deliveryId }: PendingChunk): void {
      allUnsent.run(deliveryId);
      unbindThread.run(deliveryId);
      leaveThread.run(deliveryId);
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
