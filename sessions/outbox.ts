import type { Destination } from "../adapters/record.ts";
import type { ChatInfo, Notice } from "./inbox.ts";

/**
 * The outbox: what has to be sent, per chat in order, chunk by chunk.
 *
 *     pending ──▶ sending ──▶ sent
 *        │           ▼
 *        │         failed ──▶ pending     parked: not sent, and nobody waits for it; an operator can put it back
 *        └───────────┴──────▶ dropped     by an operator: never sent, and what it said is erased
 *
 * `sending` is written before the platform is called. A crash in between leaves it: the chunk is sent again, with its
 * key, and counted, because a platform without idempotency keys may then show it twice.
 *
 * How often a chunk has failed, and how, is kept with it, so that a restart does not begin to count anew; and so that
 * one which ends the program whenever it is sent is found out: the transaction that marks it as `sending` notes one more
 * send, and the one that writes down what came of it, whatever that is, forgets those sends. Sends that are still noted
 * when it is taken up were ended by a crash. What a platform out of reach, or a rate limit, holds up has not failed.
 *
 * A parked delivery keeps its chunks until they are erased or it is dropped. Put back, it goes on at the first chunk that
 * was not sent, under the same keys, behind everything that waits then; its age and its failures count anew. What told
 * its reader that it could not be sent is dropped with that, unless it was sent already.
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
  /** True for what is said before the answer: where that has a place of its own, this must not take it. */
  precedes?: boolean;
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
  /** True if the answer is still to come. */
  precedes?: boolean;
  /** True if it is not known whether the platform took it when it was sent last. */
  uncertain: boolean;
  /** Sends in a row during which the program came to its end. */
  crashes: number;
  /** Sends after which it was not known whether the platform had taken it, crashes among them. */
  doubts: number;
  /** Sends that the platform answered with a failure of its own. */
  failures: number;
  /** Sends that ended in a fault of the program's own. */
  faults: number;
  /** Since when it is to be sent: since it was put into the outbox, or put back. Epoch ms. */
  since: number;
}

/** What a send that did not succeed says of its chunk. */
export interface FailedSend {
  /** For operators: a literal code. */
  code: string;
  /** The platform answered, with a failure of its own. */
  answered?: boolean;
  /** It was a fault of the program's own. */
  fault?: boolean;
  /** The platform may have taken it all the same. */
  doubtful?: boolean;
}

/** A delivery as operators see it: nothing of what it says. */
export interface DeliveryView {
  id: number;
  chat: ChatInfo;
  threadId?: string;
  /** Whom it answers. */
  forUserId?: string;
  /** `sending`: it is on its way at this moment, or was when the program stopped. */
  state: "pending" | "sending" | "parked";
  /** Of what went wrong last; that for which it was parked. */
  code?: string;
  /** How often the chunk that it is at has failed. */
  failures: number;
  /** Since when it is to be sent; epoch ms. */
  since: number;
  /** How many of its chunks were sent. */
  sent: number;
  /** 0 if they were erased. */
  chunks: number;
}

/** One delivery, or every one that is parked: everywhere, or in the chat with this number. */
export type DeliveryChoice = { id: number } | { parked: "everywhere" | number };

/** Why a delivery stays as it is. */
export type DeliveryRefusal =
  /** There is none with this number. */
  | "unknown"
  /** It waits to be sent anyway. */
  | "pending"
  /** It is on its way at this moment. */
  | "sending"
  /** It was sent or dropped. */
  | "over"
  /** What it said was erased. */
  | "erased";

export interface DeliveryChange {
  /** To which it was done. */
  done: number[];
  refused: Array<{ id: number; why: DeliveryRefusal }>;
}

export interface OutboxStore {
  /** Chats with something to send. */
  chatsWithDeliveries(): Promise<number[]>;
  /** The delivery that a chat's next chunk is of. */
  nextDelivery(chatRef: number): Promise<number | null>;
  /** Where a chat is. */
  platformOf(chatRef: number): Promise<Destination["platform"]>;
  /** The chat's next chunk, marked as being sent, with one more send noted. */
  nextChunk(chatRef: number): Promise<PendingChunk | null>;
  /** The chunk's files are forgotten, as soon as `deliverOutside` cannot need them again. */
  chunkSent(chunk: PendingChunk, messageId: string): Promise<void>;
  /** The platform did certainly not take it, and that is no fault of the chunk: it is as if it had not been tried. */
  chunkUnsent(chunk: PendingChunk, code?: string): Promise<void>;
  /** The chunk was not sent, or may not have been, and will be tried again: one more failure of its kinds. */
  chunkFailed(chunk: PendingChunk, failure: FailedSend): Promise<void>;
  /**
   * The delivery is parked: its remaining chunks are not sent. `instead` is what its reader is told next, unless they were
   * told of it before.
   *
   * @param failure a code for operators, or the send that was the last straw
   */
  deliveryFailed(chunk: PendingChunk, failure: string | FailedSend, instead?: Notice): Promise<void>;
  /**
   * The delivery's thread is gone: all of it goes outside, where its question stands, under new keys, and so does what is
   * said in this conversation from now on. The chat hears of it as by `remark`, about `thread-gone`.
   */
  deliverOutside(chunk: PendingChunk, notice: Notice): Promise<void>;
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
  /** What is parked or waits to be sent, in one chat or in all, by number. */
  deliveries(chatRef?: number): Promise<DeliveryView[]>;
  /** Put parked deliveries back, in one transaction with an audit entry for each. @param by as the audit names them */
  retryDeliveries(choice: DeliveryChoice, by: string): Promise<DeliveryChange>;
  /**
   * Drop parked deliveries, or a pending one that is not on its way, in one transaction with an audit entry for each: what
   * they said is erased for good. A half-written message that shows one of them is taken back.
   */
  dropDeliveries(choice: DeliveryChoice, by: string): Promise<DeliveryChange>;
  /** What is offered to somebody in a chat, or in one of its threads, and has not expired. */
  offer(chatRef: number, userId: string, threadId?: string): Promise<Offer | null>;
}
