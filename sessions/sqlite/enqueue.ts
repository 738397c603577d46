import type { Db } from "./database.ts";

export interface Draft {
  threadId?: string;
  replyTo?: string;
  forUserId?: string;
  chainRoot?: string;
  chunks: ReadonlyArray<{ text: string; plain: string }>;
}

export type Enqueue = (chatRef: number, draft: Draft) => void;

/** Put one delivery with its chunks into the outbox; runs inside a transaction. A draft without chunks is nothing. */
export function enqueuer(db: Db, now: () => number): Enqueue {
  const delivery = db.prepare(
    `INSERT INTO deliveries (chat_id, thread_id, reply_to, for_user, chain_root, state, created_at)
     VALUES (?, ?, ?, ?, ?, 'pending', ?)`,
  );
  const chunk = db.prepare("INSERT INTO chunks (delivery_id, n, text, plain, state) VALUES (?, ?, ?, ?, 'pending')");

  return (chatRef, { threadId, replyTo, forUserId, chainRoot, chunks }) => {
    if (chunks.length === 0) return;
    const { lastInsertRowid } = delivery.run(
      chatRef,
      threadId ?? null,
      replyTo ?? null,
      forUserId ?? null,
      chainRoot ?? null,
      now(),
    );
    for (const [n, { text, plain }] of chunks.entries()) chunk.run(lastInsertRowid, n, text, plain);
  };
}
