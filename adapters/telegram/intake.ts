import type { AdapterHandlers } from "../adapter.ts";
import { normalizeCallback } from "./callback.ts";
import { idOf } from "./ids.ts";
import type { TelegramCallback, TelegramChat, TelegramMessage } from "./message.ts";
import { type BotIdentity, normalize } from "./normalize.ts";
import { type ReadUpdate, readUpdate } from "./payload.ts";

export interface IntakeOptions {
  handlers: AdapterHandlers;
  maxAttachmentBytes: number;
  /** Hears of every chat that a message came from. */
  noteChat(chat: TelegramChat): void;
  /**
   * A press of a button needs nothing more from Telegram: whoever pressed it waits for a sign.
   *
   * @param text shown to them
   */
  acknowledge(callbackId: string, text?: string): void;
  /** Epoch milliseconds. */
  now(): number;
}

/**
 * Hand one update over to the gateway.
 *
 * The handler is called before the first `await`, so that updates received one after the other are handed over in that
 * order, and are committed together. Resolves once the update need not come again: committed, of no use, or malformed.
 * Rejects if the gateway did not take it.
 */
export async function receive(update: unknown, bot: BotIdentity, options: IntakeOptions): Promise<void> {
  const job = read(update, bot, options);
  await job?.();
}

/** Whatever is wrong with a payload is found out here, apart from what may go wrong with the hand-over. */
function read(update: unknown, bot: BotIdentity, options: IntakeOptions): (() => Promise<void>) | undefined {
  const { handlers, maxAttachmentBytes, noteChat } = options;
  try {
    const found = readUpdate(update);
    if (found === null) return undefined;
    if (found.kind === "callback_query") return pressed(found.callback, bot, options);
    noteChat(found.message.chat);
    const move = moveOf(found.message);
    if (move !== null) return () => handlers.onChatMoved(place(move.from, bot), idOf(move.to));
    const message = normalize(found.message, bot, maxAttachmentBytes);
    if (message === null) return undefined;
    if (isEdit(found)) return () => handlers.onEdit({ ...message, edited: true });
    return async () => void (await handlers.onMessage(message));
  } catch (error) {
    handlers.onMalformed(error);
    return undefined;
  }
}

const TOO_OLD = "This menu is too old: send the command again.";

/** Telegram hears that a press arrived once it is committed: until then it has to come again. */
function pressed(callback: TelegramCallback, bot: BotIdentity, options: IntakeOptions): () => Promise<void> {
  const { handlers, noteChat, acknowledge, now } = options;
  if (callback.message !== undefined) noteChat(callback.message.chat);
  const message = normalizeCallback(callback, bot, now());
  return async () => {
    if (message === null) return acknowledge(callback.id, TOO_OLD);
    await handlers.onMessage(message);
    acknowledge(callback.id);
  };
}

/** Whether an update tells of a chat that got a new id. */
export function tellsOfMove(update: unknown): boolean {
  try {
    const found = readUpdate(update);
    return found !== null && found.kind !== "callback_query" && moveOf(found.message) !== null;
  } catch {
    return false;
  }
}

/** A group that becomes a supergroup is told of twice: once from either side. */
function moveOf({ chat, migrate_to_chat_id, migrate_from_chat_id }: TelegramMessage) {
  if (migrate_to_chat_id !== undefined) return { from: chat.id, to: migrate_to_chat_id };
  if (migrate_from_chat_id !== undefined) return { from: migrate_from_chat_id, to: chat.id };
  return null;
}

function place(chatId: number, { account }: BotIdentity) {
  return { platform: "telegram" as const, account, chatId: idOf(chatId) };
}

function isEdit({ kind }: ReadUpdate): boolean {
  return kind === "edited_message" || kind === "edited_channel_post";
}
