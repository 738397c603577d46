import type { Attachment, Destination, InboundMessage, Platform } from "./record.ts";

/**
 * What the gateway offers an adapter. Every promise that resolves means "committed to disk": only then may the
 * adapter acknowledge to its platform. A rejected promise means "not taken": the platform has to deliver again.
 */
export interface AdapterHandlers {
  /**
   * A new message. Messages of one chat must be handed over in the order of their arrival.
   *
   * @returns false if nobody will ever answer it: it was not for the bot, or its author has no access
   */
  onMessage(message: InboundMessage): Promise<boolean>;
  /** A message changed. It replaces a waiting one and starts nothing. */
  onEdit(message: InboundMessage): Promise<void>;
  /**
   * A message is gone. A waiting one is dropped.
   *
   * @param by who deleted it, where the platform leaves it to the gateway whether they may: only their own goes then
   */
  onDelete(place: Destination, messageId: string, by?: string): Promise<void>;
  /** A chat has a new id (a Telegram group that became a supergroup): settings, sessions and queues follow. */
  onChatMoved(from: Destination, toChatId: string): Promise<void>;
  /**
   * Two user ids turned out to be one person, who goes by the second from now on: sessions, private chats, settings and
   * what waits follow. To be called before a message under the second id is handed over; again it changes nothing.
   */
  onSamePerson(from: string, to: string): Promise<void>;
  /** A payload that could not be read; it is counted and dropped. */
  onMalformed(error: unknown): void;
  /** More came while nobody listened than is read back; what is beyond that will not be answered. */
  onSkipped(reason: string): void;
  /** Connected or not, with a reason an operator understands. */
  onState(state: AdapterState): void;
  readonly bookmarks: Bookmarks;
  readonly vault: Vault;
}

/**
 * What an account must not lose and nobody else may see: credentials, encryption keys, messages that were decrypted and
 * not handed over yet. Kept for each account in the gateway's store; what kinds, ids and values are is the adapter's own
 * business.
 */
export interface Vault {
  /** Values by id; without `ids` everything of the kind. What has expired is not in it. */
  read(kind: string, ids?: readonly string[]): Promise<Map<string, string>>;
  /** All or nothing, and in order: committed when it resolves. */
  write(entries: readonly VaultEntry[]): Promise<void>;
}

export interface VaultEntry {
  kind: string;
  id: string;
  /** `null` removes it. */
  value: string | null;
  /** Epoch ms; it is forgotten some time after. Default: never. */
  expiresAt?: number;
}

/**
 * How far an adapter has read, for platforms that do not deliver again what came while nobody listened. Kept for each
 * account; what places and marks are is the adapter's own business.
 */
export interface Bookmarks {
  /** Every place with its mark. */
  read(): Promise<Map<string, string>>;
  /** Set marks in one transaction; `null` removes one. */
  write(marks: ReadonlyMap<string, string | null>): Promise<void>;
}

export type AdapterState = { ready: true } | { ready: false; reason: string };

/** One chunk of one delivery, rendered in the platform's own markup and within its limit. */
export interface OutboundChunk extends Chunk {
  /** Unique for ever, at most 25 characters: the idempotency key, where the platform has one. */
  key: string;
  to: Destination;
  /** 0 for the first chunk of its delivery. */
  index: number;
  /** The message to quote; sent without the quote if it is gone. */
  replyTo?: string;
  /** Whom the reply answers, for platforms that show it. */
  forUserId?: string;
  /** Of the message that is answered, where it had one. Once it has expired the answer goes to the chat. */
  replyToken?: string;
  /** True if the answer is still to come: where that has a place of its own, this must not take it. */
  precedes?: boolean;
  /**
   * The message that showed the answer while it was written: it becomes this chunk. If it is gone, the chunk is sent
   * anew. Only for adapters with `drafts`.
   */
  replaces?: string;
}

export interface Chunk {
  /** In the platform's markup. */
  text: string;
  /** The same without markup, for when the platform refuses the marked-up form. */
  plain: string;
  /** Sent along with the text, by platforms that can. */
  files?: readonly OutboundFile[];
  /** Shown below the text; only for adapters with `choices`. */
  choices?: readonly Choice[];
}

/**
 * Something to pick. Picking it is the same as sending the command: the adapter hands over a message that is this
 * command, with whoever picked as its author, addressed, with a message id of its own.
 */
export interface Choice {
  /** Plain text, at most 80 characters. */
  label: string;
  /** Name and arguments, without the slash; at most 60 bytes. */
  command: string;
}

export type OutboundFile = TextFile | BinaryFile;

export interface TextFile {
  name: string;
  mimeType: string;
  text: string;
}

export interface BinaryFile {
  name: string;
  mimeType: string;
  base64: string;
}

export type SendErrorCode =
  /** Wait `retryAfterMs`, then send the same again. */
  | "rate-limited"
  /** The network or the platform failed; the message may or may not have been taken. */
  | "temporary"
  /** The thread does not exist any more. */
  | "thread-gone"
  /** The chat does not exist any more, or the bot was removed or blocked. */
  | "chat-gone"
  /** The chat has a new id, in `movedTo`. */
  | "chat-moved"
  /** The platform will never take this message. */
  | "refused";

/** A send that failed, classified so that nobody parses messages. Holds no message text. */
export class SendError extends Error {
  readonly code: SendErrorCode;
  readonly retryAfterMs: number | undefined;
  readonly movedTo: string | undefined;
  /** For `temporary`: whether the platform may have taken the message all the same. */
  readonly uncertain: boolean;
  /**
   * For `temporary`: whether the platform answered, with a failure of its own (a 5xx). Then the message may be what makes it
   * fail; a platform that is out of reach says nothing of the message.
   */
  readonly answered: boolean;

  constructor(
    code: SendErrorCode,
    message: string,
    options: {
      retryAfterMs?: number;
      movedTo?: string;
      uncertain?: boolean;
      answered?: boolean;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "SendError";
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
    this.movedTo = options.movedTo;
    this.uncertain = options.uncertain ?? false;
    this.answered = options.answered ?? false;
  }
}

/** Thrown by `start` when the platform will never accept this configuration (wrong token): exit code 2. */
export class AdapterConfigError extends Error {
  readonly code = "adapter-config";

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "AdapterConfigError";
  }
}

/** Bytes of one attachment. */
export interface FetchedAttachment {
  bytes: Uint8Array;
  mimeType: string;
}

/**
 * A platform behind one account. Creating one does no I/O. `close` may be called at any time, more than once.
 *
 * Methods that are optional are capabilities: where one is missing, the gateway does without.
 */
export interface Adapter {
  readonly platform: Platform;
  readonly account: string;

  /**
   * Connect and begin to hand over messages; resolves once it has begun, reports later changes through `onState`.
   * A platform that is out of reach is no failure: the adapter keeps trying.
   *
   * @throws AdapterConfigError if the platform refuses the configuration for good.
   */
  start(handlers: AdapterHandlers): Promise<void>;

  /** Stop taking messages, finishing the hand-over of those being committed; sending still works until `close`. */
  stop(): Promise<void>;

  close(): Promise<void>;

  /** Cut Markdown into chunks, each rendered and within the platform's limit. Pure. */
  render(markdown: string): Chunk[];

  /**
   * @returns the platform's id of the sent message
   * @throws SendError
   */
  send(chunk: OutboundChunk, signal: AbortSignal): Promise<string>;

  /** Show that an answer is being written; the platform forgets it after some seconds. Failures do not matter. */
  typing?(to: Destination): Promise<void>;

  /** Show what a run has written so far, where the platform shows such a thing. Failures do not matter. */
  preview?(to: Destination, run: { id: string; userId: string; markdown: string | null }): void;

  /**
   * Where an answer can be shown while it is written, by sending its first chunk early and replacing it again and again:
   * `send` takes `replaces`.
   */
  readonly drafts?: {
    /** How often the platform bears it. Undefined: none are shown, but those of an earlier start are completed. */
    everyMs?: number;
    /** Take back a draft that no answer came of; one that is gone already is fine. @throws SendError */
    remove(draft: OutboundChunk & { replaces: string }, signal: AbortSignal): Promise<void>;
  };

  /**
   * Open a native thread for a message, or find the one that it has.
   *
   * @returns the thread's id
   * @throws SendError `refused` where the bot may not
   */
  openThread?(at: Destination, message: { id: string; title: string; replyToken?: string }): Promise<string>;

  /**
   * Whether the user administers the chat, looked up now.
   *
   * @param command id of the message for which it is asked: what the platform told along with it counts for it alone
   * @throws if that cannot be found out
   */
  isAdmin?(at: Destination, userId: string, command?: string): Promise<boolean>;

  /** True if chunks can carry choices; where they cannot, the gateway numbers them in the text. */
  readonly choices?: boolean;

  /**
   * Where the bot and this person talk in private.
   *
   * @throws SendError `refused` if the bot may not write to the person first
   */
  openPrivate?(userId: string): Promise<Destination>;

  /**
   * For platforms that are the gateway's own and keep what was said: it is gone for good, with files and choices, and
   * whoever looks at it sees it go. Resolves with the number of messages; asking again erases what is left.
   */
  readonly erase?: {
    /** What was said before a time, in epoch ms. */
    before(time: number): Promise<number>;
    /**
     * What a person said in a place, and the answers to it; their private chat whole. Without `threadId` the place is the
     * chat with all its threads.
     */
    of(at: Destination, userId: string): Promise<number>;
  };

  /** @throws SendError if the bytes cannot be had within `maxBytes` */
  fetchAttachment?(attachment: Attachment, maxBytes: number, signal: AbortSignal): Promise<FetchedAttachment>;

  /** Tell the platform which commands to offer. */
  registerCommands?(commands: readonly CommandOffer[]): Promise<void>;

  /** Requests under `path` are answered by `fetch`. */
  readonly http?: HttpRoutes;
}

/** A command as menus show it. */
export interface CommandOffer {
  name: string;
  /** One short sentence. */
  description: string;
  /** What it takes; all of it may be left out. In `CommandCall.args` the values stand in this order. */
  options?: ReadonlyArray<{
    name: string;
    description: string;
    choices: ReadonlyArray<{ value: string; description: string }>;
  }>;
}

export interface HttpRoutes {
  /** Begins with a slash; covers everything below it. */
  path: string;
  fetch(request: Request): Promise<Response>;
}
