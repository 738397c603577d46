import type { Destination } from "../adapters/record.ts";
import type { Notice } from "./inbox.ts";

/**
 * The outbox: what has to be sent, per chat in order, chunk by chunk.
 *
 *     pending ──▶ sending ──▶ sent
 *        └───────────┴──────▶ failed      the platform will not take it; an operator can find the row
 *
 * `sending` is written before the platform is called. A crash in between leaves it: the chunk is sent again, with its
 * key, and counted, because a platform without idempotency keys may then show it twice.
 *
 * Where an answer was shown while it was written, its delivery's first chunk takes the place of that draft. A run that
 * ends without an answer leaves a delivery that only takes the draft back.
 */
export interface NewDelivery {
  to: Destination;
  chunks: readonly StoredChunk[];
  replyTo?: string;
  forUserId?: string;
  /** Of the message that is answered, where it had one. */
  replyToken?: string;
  /** True if the thread was opened for the question, which stands outside: without the thread the answer goes there. */
  opened?: boolean;
  /** True for the answer to a question, which makes less sense as time goes by. */
  isAnswer?: boolean;
  /** Replies to these messages continue the reply chain that this message opened. */
  chainRoot?: string;
}

export interface StoredChunk {
  text: string;
  plain: string;
  files?: ReadonlyArray<{ name: string; mimeType: string } & ({ text: string } | { base64: string })>;
  /** To pick from, below the text: picking one is sending its command. */
  choices?: ReadonlyArray<{ label: string; command: string }>;
}

/** Commands that an answer offers to whoever it answers. */
export interface Offer {
  /** Without the slash. */
  commands: readonly string[];
  /** True if a message that is nothing but a number picks one. A turn of whoever was offered it, there, voids it. */
  numbered: boolean;
  /** Epoch ms. */
  expiresAt: number;
}

export interface PendingChunk extends StoredChunk {
  deliveryId: number;
  chatRef: number;
  to: Destination;
  index: number;
  /** The same whenever this chunk is sent, and no other chunk's, ever; at most 25 characters. */
  key: string;
  replyTo?: string;
  forUserId?: string;
  replyToken?: string;
  /** The draft that this chunk takes the place of; `null` if one was begun and its id was never learnt. */
  draft?: { messageId: string | null };
  /** True if there is nothing to say: the draft is taken back. */
  takesBack: boolean;
  /** True if the chunk can go where the question stands, outside of its thread. */
  opened: boolean;
  isAnswer: boolean;
  /** True if the chunk was being sent when the program stopped. */
  uncertain: boolean;
  /** Epoch ms. */
  createdAt: number;
}

export interface OutboxStore {
  /** Chats with something to send. */
  chatsWithDeliveries(): Promise<number[]>;
  /** Where a chat is. */
  platformOf(chatRef: number): Promise<Destination["platform"]>;
  /** The chat's next chunk, marked as being sent. */
  nextChunk(chatRef: number): Promise<PendingChunk | null>;
  /** The chunk's files are forgotten, as soon as `deliverOutside` cannot need them again. */
  chunkSent(chunk: PendingChunk, messageId: string): Promise<void>;
  /** The platform did certainly not take it: it is as if it had not been tried. */
  chunkUnsent(chunk: PendingChunk): Promise<void>;
  /**
   * The delivery ends here: its remaining chunks are not sent. `failure` is a code for operators, `instead` is what its
   * reader is told.
   */
  deliveryFailed(chunk: PendingChunk, failure: string, instead?: Notice): Promise<void>;
  /**
   * The delivery's thread is gone: all of it goes outside, where its question stands, under new keys, and so does what is
   * said in this conversation from now on.
   */
  deliverOutside(chunk: PendingChunk): Promise<void>;
  /** The draft cannot become the chunk, which is sent by itself, under a key of its own. */
  dropDraft(chunk: PendingChunk): Promise<void>;
  /**
   * Tell a chat something that it has to hear once: `no-thread` until a thread could be opened there, `thread-gone` until
   * an answer could be sent into one. @returns false if it was told already, or the chat is not known
   */
  remark(to: Destination, about: "no-thread" | "thread-gone" | `limit:${string}`, notice: Notice): Promise<boolean>;
  /**
   * Put texts into the outbox that answer a command, and end the command, in one transaction. What is offered now can be
   * picked by its author where the command stands, in place of what was offered before; `null` only voids that. A
   * delivery goes to `to` alone; where nothing is known of that chat it is taken for the author's private one.
   *
   * @returns chats with something to send
   */
  answerCommand(seq: number, deliveries: NewDelivery[], offer?: Offer | null): Promise<number[]>;
  /** What is offered to somebody in a chat, or in one of its threads, and has not expired. */
  offer(chatRef: number, userId: string, threadId?: string): Promise<Offer | null>;
}
