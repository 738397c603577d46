import type { FakeFiles } from "./attached.ts";
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
  /** What the bot sent, markup included. */
  payload: Record<string, unknown>;
  /** For replying to. */
  message: WireMessage;
}

/** What the methods of the Bot API work on. */
export interface World {
  readonly bot: WireUser;
  readonly users: ReadonlyMap<number, WireUser>;
  readonly chats: ReadonlyMap<number, FakeChat>;
  readonly files: FakeFiles;
  readonly updates: UpdateQueue;
  readonly webhook: WebhookSettings | undefined;
  commands: ReadonlyArray<{ command: string; description: string }>;
  /** Seconds, as Telegram counts time. */
  now(): number;
  useWebhook(settings: WebhookSettings | undefined): void;
  noteSent(sent: SentMessage): void;
}
