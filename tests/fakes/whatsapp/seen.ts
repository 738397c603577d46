import type { proto } from "@whiskeysockets/baileys";
import type { Taken } from "./outbox.ts";

/** A message that somebody wrote to the bot. */
export interface FakeMessage {
  readonly id: string;
  /** As the bot sees it: the person's JID, or the group's. */
  readonly chatJid: string;
  /** Who wrote it, without device, in the form that the chat uses. */
  readonly fromJid: string;
  readonly message: proto.IMessage;
  /** Resolves once the bot has it, or has said that it cannot read it. */
  readonly taken: Promise<Taken>;
}

/** A file of the bot, downloaded and decrypted as people's clients do. */
export interface SentMedia {
  kind: "image" | "video" | "audio" | "document" | "sticker";
  name?: string;
  mimeType: string;
  bytes: Buffer;
  caption: string;
}

/** A message of the bot, as people see it. */
export interface SentMessage {
  readonly id: string;
  /** The chat: a person's JID or a group's. */
  readonly to: string;
  /** Text, or the caption of a file. */
  readonly text: string;
  readonly quotes?: { id: string; participant: string; text: string };
  readonly media?: SentMedia;
  /** JIDs. */
  readonly mentions: string[];
  readonly message: proto.IMessage;
  /** How often a message of this id arrived; people see the first alone. */
  copies: number;
  /** The names of those who could decrypt it. */
  readonly readBy: string[];
}

/** One per message id that the bot confirmed. */
export interface Receipt {
  messageId: string;
  type: "delivered" | "read" | "retry" | (string & {});
  /** The chat. */
  to: string;
  /** In groups, whose message it is. */
  participant?: string;
}

export interface Presence {
  /** The chat; of the account as a whole, its own JID. */
  jid: string;
  state: "available" | "unavailable" | "composing" | "paused" | (string & {});
}
