import type { NewDelivery } from "../outbox.ts";
import type { Db } from "./database.ts";

export interface OutboxRow extends Omit<NewDelivery, "to"> {
  threadId?: string;
  /** What shows the answer already. */
  draft?: { key: string; messageId: string | null };
  /** The delivery whose reader it tells that it could not be sent. */
  about?: number;
  /** It is sent right behind the one of this number, and before those that wait already. */
  behind?: number;
}

export type Enqueue = (chatRef: number, row: OutboxRow) => void;

/** Put one delivery with its chunks into the outbox; runs inside a transaction. One without chunks is nothing. */
export function enqueuer(db: Db, now: () => number): Enqueue {
  const delivery = db.prepare(
    `INSERT INTO deliveries (chat_id, thread_id, reply_to, for_user, chain_root, reply_token, opened, is_answer, precedes, draft_key, draft_id, about, behind, state, created_at)
     VALUES (@chat, @thread, @replyTo, @forUser, @chainRoot, @replyToken, @opened, @isAnswer, @precedes, @draftKey, @draftId, @about, @behind, 'pending', @now)`,
  );
  const chunk = db.prepare(
    "INSERT INTO chunks (delivery_id, n, text, plain, files, choices, state) VALUES (?, ?, ?, ?, ?, ?, 'pending')",
  );

  return (
    chatRef,
    { threadId, replyTo, forUserId, chainRoot, replyToken, opened, isAnswer, precedes, draft, chunks, ...more },
  ) => {
    if (chunks.length === 0) return;
    const { lastInsertRowid } = delivery.run({
      chat: chatRef,
      thread: threadId ?? null,
      replyTo: replyTo ?? null,
      forUser: forUserId ?? null,
      chainRoot: chainRoot ?? null,
      replyToken: replyToken ?? null,
      opened: opened ? 1 : 0,
      isAnswer: isAnswer ? 1 : 0,
      precedes: precedes ? 1 : 0,
      draftKey: draft?.key ?? null,
      draftId: draft?.messageId ?? null,
      about: more.about ?? null,
      behind: more.behind ?? null,
      now: now(),
    });
    for (const [n, { text, plain, files, choices }] of chunks.entries()) {
      chunk.run(lastInsertRowid, n, text, plain, jsonOrNull(files), jsonOrNull(choices));
    }
  };
}

function jsonOrNull(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
