import { callbackIn, messageIn, type TelegramCallback, type TelegramMessage } from "./message.ts";

const MESSAGE_KINDS = ["message", "edited_message", "channel_post", "edited_channel_post"] as const;

/** The kinds of update that Parley asks Telegram for. */
export const ALLOWED_UPDATES = [...MESSAGE_KINDS, "callback_query"] as const;

export type ReadUpdate =
  | { id: number; kind: (typeof MESSAGE_KINDS)[number]; message: TelegramMessage }
  | { id: number; kind: "callback_query"; callback: TelegramCallback };

/** A payload that is not what the Bot API promises. Says what is missing, never what was there. */
export class TelegramPayloadError extends Error {
  readonly code = "telegram-payload";

  constructor(message: string) {
    super(message);
    this.name = "TelegramPayloadError";
  }
}

/**
 * Read an update. Parts that a message can do without are left out where they are malformed.
 *
 * @returns null for a kind of update that Parley has no use for
 * @throws TelegramPayloadError if it is no update, or does not tell who wrote what, and where
 */
export function readUpdate(update: unknown): ReadUpdate | null {
  const id = updateId(update);
  if (id === null) throw new TelegramPayloadError("an update without a number");
  const kind = ALLOWED_UPDATES.find((each) => Object.hasOwn(update as object, each));
  if (kind === undefined) return null;
  const content = (update as Record<string, unknown>)[kind];
  if (kind === "callback_query") {
    const callback = callbackIn(content);
    if (callback === undefined)
      throw new TelegramPayloadError("update with a callback_query that lacks its id or user");
    return { id, kind, callback };
  }
  const message = messageIn(content);
  if (message === undefined) throw new TelegramPayloadError(`update with a ${kind} that lacks what a message has`);
  return { id, kind, message };
}

/** The number by which an update is confirmed, or null if it has none. */
export function updateId(update: unknown): number | null {
  if (typeof update !== "object" || update === null || !("update_id" in update)) return null;
  return Number.isSafeInteger(update.update_id) ? (update.update_id as number) : null;
}
