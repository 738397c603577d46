import type { FakeFiles } from "./attached.ts";
import type { Press } from "./callbacks.ts";
import type { FakeChat } from "./fake-chat.ts";
import type { UpdateQueue } from "./update-queue.ts";
import type { WebhookSettings } from "./webhook-sender.ts";
import type { WireMessage, WireUser } from "./wire.ts";

/** A message that the bot sent. */
export interface SentMessage {
  chatId: number;
  messageId: number;
  /** As people read it: without markup. */
  text: string;
  replyTo: number | undefined;
  topic: number | undefined;
  /** The buttons below it, in reading order. */
  choices: readonly ShownChoice[];
  /** One if it is a document, which has no text. */
  files: readonly SentFile[];
  /** What the bot sent, markup included. */
  payload: Record<string, unknown>;
  /** For replying to. */
  message: WireMessage;
}

/** A button as people see it, and what it holds. */
export interface ShownChoice {
  label: string;
  data: string;
}

/** A file that the bot sent. */
export interface SentFile {
  name: string;
  bytes: Uint8Array;
  /** The bytes read as UTF-8. */
  text: string;
}

/** What the methods of the Bot API work on. */
export interface World {
  readonly bot: WireUser;
  readonly users: ReadonlyMap<number, WireUser>;
  readonly chats: ReadonlyMap<number, FakeChat>;
  readonly files: FakeFiles;
  readonly updates: UpdateQueue;
  readonly webhook: WebhookSettings | undefined;
  /** By the ids of their queries. */
  readonly presses: ReadonlyMap<string, Press>;
  /** The kinds that the bot asked for; undefined for those that come to everybody. */
  allowedUpdates: readonly string[] | undefined;
  commands: ReadonlyArray<{ command: string; description: string }>;
  /** Seconds, as Telegram counts time. */
  now(): number;
  useWebhook(settings: WebhookSettings | undefined): void;
  noteSent(sent: SentMessage): void;
}
