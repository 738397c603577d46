import type { PendingChunk } from "../outbox.ts";
import type { ChatRefs } from "./chat-refs.ts";
import type { Db } from "./database.ts";
import { destinationOf } from "./rows.ts";

interface ChunkRow {
  delivery_id: number;
  chat_id: number;
  thread_id: string | null;
  reply_to: string | null;
  for_user: string | null;
  created_at: number;
  n: number;
  text: string;
  plain: string;
  state: string;
}

/** Sending, chunk by chunk; each function runs inside a transaction. */
export function outbox(db: Db, chats: ChatRefs) {
  const pending = db.prepare<[], { chat_id: number }>(
    "SELECT DISTINCT chat_id FROM deliveries WHERE state = 'pending'",
  );
  const next = db.prepare<[number], ChunkRow>(
    `SELECT c.delivery_id, d.chat_id, d.thread_id, d.reply_to, d.for_user, d.created_at, c.n, c.text, c.plain, c.state
     FROM (SELECT * FROM deliveries WHERE chat_id = ? AND state = 'pending' ORDER BY id LIMIT 1) d
     JOIN chunks c ON c.delivery_id = d.id AND c.state <> 'sent' ORDER BY c.n LIMIT 1`,
  );
  const mark = db.prepare<[string, string | null, number, number]>(
    "UPDATE chunks SET state = ?, message_id = ? WHERE delivery_id = ? AND n = ?",
  );
  const finish = db.prepare<[number, number]>(
    `UPDATE deliveries SET state = 'sent'
     WHERE id = ? AND NOT EXISTS (SELECT 1 FROM chunks WHERE delivery_id = ? AND state <> 'sent')`,
  );
  const fail = db.prepare<[string, number]>("UPDATE deliveries SET state = 'failed', failure = ? WHERE id = ?");
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
      return {
        deliveryId: row.delivery_id,
        chatRef: row.chat_id,
        to: destinationOf(chats.info(row.chat_id), row.thread_id),
        index: row.n,
        text: row.text,
        plain: row.plain,
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
      finish.run(deliveryId, deliveryId);
    },

    chunkUnsent: ({ deliveryId, index }: PendingChunk): void => void mark.run("pending", null, deliveryId, index),

    deliveryFailed: ({ deliveryId }: PendingChunk, failure: string): void => void fail.run(failure, deliveryId),
  };
}
