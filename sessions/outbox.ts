import type { Destination } from "../adapters/record.ts";

/**
 * The outbox: what has to be sent, per chat in order, chunk by chunk.
 *
 *     pending ──▶ sending ──▶ sent
 *        └───────────┴──────▶ failed      the platform will not take it; an operator can find the row
 *
 * `sending` is written before the platform is called. A crash in between leaves it: the chunk is sent again, with its
 * key, and counted, because a platform without idempotency keys may then show it twice.
 */
export interface DeliveryDraft {
  to: Destination;
  chunks: ReadonlyArray<{ text: string; plain: string }>;
  replyTo?: string;
  forUserId?: string;
  /** Replies to these messages continue the reply chain that this message opened. */
  chainRoot?: string;
}

export interface PendingChunk {
  deliveryId: number;
  chatRef: number;
  to: Destination;
  index: number;
  text: string;
  plain: string;
  replyTo?: string;
  forUserId?: string;
  /** True if the chunk was being sent when the program stopped. */
  uncertain: boolean;
  /** Epoch ms. */
  createdAt: number;
}

export interface OutboxStore {
  /** Chats with something to send. */
  chatsWithDeliveries(): Promise<number[]>;
  /** The chat's next chunk, marked as being sent. */
  nextChunk(chatRef: number): Promise<PendingChunk | null>;
  chunkSent(chunk: PendingChunk, messageId: string): Promise<void>;
  /** The platform did certainly not take it: it is as if it had not been tried. */
  chunkUnsent(chunk: PendingChunk): Promise<void>;
  /** The delivery ends here: its remaining chunks are not sent. `failure` is a code for operators. */
  deliveryFailed(chunk: PendingChunk, failure: string): Promise<void>;
  /** Put a text into the outbox that answers a command, and end the command, in one transaction. */
  answerCommand(seq: number, deliveries: DeliveryDraft[]): Promise<void>;
}
