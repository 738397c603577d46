import type { FetchedAttachment, OutboundFile, VaultEntry } from "../adapter.ts";
import type { Reading } from "./normalize.ts";

/**
 * What the two threads ask of each other. Everything is plain data that can be cloned: no protobuf objects, no sockets,
 * no functions.
 */
export interface WorkerCalls {
  /** Connect with the credentials in the vault; answers when the connection is over. */
  connect: { takes: null; gives: Ending };
  /** Register as a new device; answers when the account is linked and that is committed. */
  pair: { takes: { phone?: string }; gives: LinkedAccount };
  /** Tell WhatsApp to remove this device; only while connected. */
  logout: { takes: null; gives: boolean };
  send: { takes: SendOrder; gives: string };
  typing: { takes: { chatId: string }; gives: null };
  isAdmin: { takes: { chatId: string; userId: string }; gives: boolean };
  /** The id of the person who has this JID, which is that of their private chat. */
  personId: { takes: { jid: string }; gives: string };
  fetch: { takes: { ref: string; mimeType?: string; maxBytes: number }; gives: FetchedAttachment };
  /** From now on, messages are kept and not handed over; answers when the last hand-over is done. */
  hold: { takes: null; gives: null };
  /** End the connection, and the thread when nothing is written any more. */
  close: { takes: null; gives: null };
}

export interface MainCalls {
  read: { takes: { kind: string; ids?: readonly string[] }; gives: Array<[id: string, value: string]> };
  write: { takes: { entries: readonly VaultEntry[] }; gives: null };
  /** The connection stands. */
  opened: { takes: null; gives: null };
  /** Answers once it is committed: whether somebody will answer it. */
  handOver: { takes: { reading: NonNullable<Reading> }; gives: boolean };
  samePerson: { takes: { from: string; to: string }; gives: null };
  malformed: { takes: { name: string; code?: string }; gives: null };
  qr: { takes: { text: string }; gives: null };
  pairingCode: { takes: { code: string }; gives: null };
  progress: { takes: { step: LinkStep }; gives: null };
}

/** What a worker is told at its start. */
export interface WorkerSettings {
  account: string;
  wsUrl: string;
  deviceName: string;
  readReceipts: boolean;
  maxAttachmentBytes: number;
  /** Messages are kept only, and handed over by somebody else later. */
  holds: boolean;
}

/** One message to be sent. */
export interface SendOrder {
  messageId: string;
  chatId: string;
  text: string;
  replyTo?: string;
  forUserId?: string;
  file?: OutboundFile;
}

/** Why a connection is over. */
export type Ending =
  /** A code of WhatsApp's, or one that Baileys gives to a broken line (408, 428). */
  | { by: "whatsapp"; code: number }
  /** A server on the way, or WhatsApp's, did not let the connection begin: a status of HTTP's, which says nothing of the link. */
  | { by: "http"; code: number }
  /** Something could not be written to, or read from, the vault. */
  | { by: "vault" }
  /** A message was not taken. */
  | { by: "gateway" }
  /** It was asked for. */
  | { by: "us" }
  /** The thread that held it is gone. */
  | { by: "crash" };

export interface LinkedAccount {
  /** Digits only. */
  phone: string;
  /** The JID that hides the number: `…@lid`. */
  lid?: string;
}

export type LinkStep = "waiting" | "paired" | "connecting" | "connected";

export type LinkErrorCode =
  /** There is an account already: unlink it first. */
  | "already-linked"
  /** Nobody scanned or typed the code in time. */
  | "timed-out"
  /** WhatsApp does not want this device. */
  | "refused"
  /** WhatsApp could not be reached, or the line broke. */
  | "unreachable"
  /** The signal was aborted. */
  | "aborted";

/** Linking failed. The vault is as it was, unless the message says that the account is linked. */
export class LinkError extends Error {
  readonly code: LinkErrorCode;

  constructor(code: LinkErrorCode, message: string) {
    super(message);
    this.name = "LinkError";
    this.code = code;
  }
}
