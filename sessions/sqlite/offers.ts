import type { Offer } from "../outbox.ts";
import type { ChatRefs } from "./chat-refs.ts";
import type { Db } from "./database.ts";
import { isText, listIn } from "./stored-json.ts";

/** Of whom, and where. */
export interface OfferPlace {
  chatRef: number;
  userId: string;
  threadId: string | null;
}

export interface Offers {
  at(place: OfferPlace): Offer | null;
  /** The latest offer counts; `undefined` only voids what was offered before. Runs inside a transaction. */
  replace(place: OfferPlace, offer: Offer | undefined): void;
  /** What a number would pick there means something else from now on. Runs inside a transaction. */
  voidNumbered(place: OfferPlace): void;
  dropExpired(): void;
}

/** What was offered to somebody in a chat; where a chat has moved, in the one that it became. */
export function offers(db: Db, chats: ChatRefs, now: () => number): Offers {
  const find = db.prepare<
    [number, string, string | null, number],
    { commands: string; numbered: number; expires_at: number }
  >(
    "SELECT commands, numbered, expires_at FROM offers WHERE chat_id = ? AND user_id = ? AND thread_id IS ? AND expires_at > ?",
  );
  const remove = db.prepare<[number, string]>("DELETE FROM offers WHERE chat_id = ? AND user_id = ?");
  const removeNumbered = db.prepare<[number, string, string | null]>(
    "DELETE FROM offers WHERE chat_id = ? AND user_id = ? AND thread_id IS ? AND numbered = 1",
  );
  const insert = db.prepare<[number, string, string | null, string, number, number]>(
    "INSERT INTO offers (chat_id, user_id, thread_id, commands, numbered, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const dropExpired = db.prepare<[number]>("DELETE FROM offers WHERE expires_at <= ?");

  return {
    at({ chatRef, userId, threadId }) {
      const row = find.get(chats.present(chatRef), userId, threadId, now());
      if (row === undefined) return null;
      return {
        commands: listIn(row.commands, isText),
        numbered: row.numbered === 1,
        expiresAt: row.expires_at,
      };
    },
    replace({ chatRef, userId, threadId }, offer) {
      const chat = chats.present(chatRef);
      remove.run(chat, userId);
      // An empty id names nobody: anybody could pick.
      if (offer === undefined || offer.commands.length === 0 || userId === "") return;
      insert.run(chat, userId, threadId, JSON.stringify(offer.commands), offer.numbered ? 1 : 0, offer.expiresAt);
    },
    voidNumbered: ({ chatRef, userId, threadId }) => void removeNumbered.run(chats.present(chatRef), userId, threadId),
    dropExpired: () => void dropExpired.run(now()),
  };
}
