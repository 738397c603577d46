/**
 * What every platform's messages look like once an adapter has read them.
 *
 * Ids are opaque strings, unchanged in case. Times are epoch milliseconds.
 */

export type Platform = "discord" | "telegram" | "whatsapp" | "web";

export type ChatKind = "dm" | "group" | "channel";

export interface Chat {
  id: string;
  kind: ChatKind;
  name?: string;
  /** The server that holds the chat, where there is one. */
  guildId?: string;
  guildName?: string;
  /** True where a new native thread can be opened for a message here (a Telegram forum, a web room). */
  opensThreads?: boolean;
}

export interface Thread {
  id: string;
  /** `native`: the platform's own thread or topic. `reply-chain`: messages linked by replies. */
  kind: "native" | "reply-chain";
  name?: string;
}

export interface User {
  /** Stable for life; the sender chat's id for anonymous senders; empty where the platform names nobody. */
  id: string;
  /** What others see. Hostile until escaped; it may change at any time and decides nothing. */
  name: string;
  /** Other ids of the same person. */
  aliases?: string[];
  isBot: boolean;
}

/** Who, where and when of one inbound message. */
export interface SourceRecord {
  platform: Platform;
  /** The bot identity that received it, by its configured name. */
  account: string;
  chat: Chat;
  thread?: Thread;
  user: User;
  messageId: string;
  sentAt: number;
}

export interface Attachment {
  kind: "image" | "document" | "audio" | "video" | "sticker" | "other";
  /** What the adapter's `fetchAttachment` needs to get the bytes. */
  ref: string;
  name?: string;
  mimeType?: string;
  bytes?: number;
  /** Why the bytes cannot be had (for example "over 20 MB"); such an attachment is named to the agent, not fetched. */
  unavailable?: string;
  /** True if its sender hid it until a reader asks for it. */
  spoiler?: boolean;
}

export interface Reply {
  messageId: string;
  userId?: string;
  userName?: string;
  /** The quoted text; the part that the user selected wins over the whole message. */
  text?: string;
  /** True if the message replied to is the bot's own. */
  fromSelf: boolean;
  /** True if nobody but the sender says that it was said, and by whom: the platform has not looked. */
  claimed?: boolean;
}

/** Where a message comes from that its sender only passes on; empty where the platform does not say. */
export interface Forward {
  userId?: string;
  /** Whoever wrote it, or the chat that it was written in. Hostile until escaped. */
  name?: string;
}

/** A slash command addressed to this bot. */
export interface CommandCall {
  /** Lower case, without the slash. */
  name: string;
  args: string;
}

/** One inbound message: its source record and what it says. */
export interface InboundMessage {
  source: SourceRecord;
  text: string;
  attachments: Attachment[];
  /** Mentioned, replied to, named, or in a DM. */
  addressed: boolean;
  replyTo?: Reply;
  /** Set if somebody else wrote this, and its sender passes it on: text and attachments are not the sender's words. */
  forwarded?: Forward;
  command?: CommandCall;
  edited?: boolean;
  /**
   * Parts of one album carry the same id: they belong to one turn, and the caption on one of them speaks for all.
   */
  albumId?: string;
  /** True if the platform may have cut one long text into several messages and more of it may follow at once. */
  mayContinue?: boolean;
  /** True if nobody but its author sees the answer: it stays out of conversations that others share. */
  private?: boolean;
  /**
   * Set where the platform waits for an answer to this very message, apart from the chat (a slash command's response).
   * Opaque to everybody but the adapter, secret, and of limited life: everything that answers the message carries it.
   */
  replyToken?: string;
}

/** One place messages are sent to. */
export interface Destination {
  platform: Platform;
  account: string;
  chatId: string;
  /** A native thread's id; never a reply chain's. */
  threadId?: string;
}
