import type { Attachment, Forward, InboundMessage } from "../../adapters/record.ts";
import type { AmbientBounds, AmbientMessage } from "../ambient.ts";
import type { ChatRefs } from "./chat-refs.ts";
import type { Db } from "./database.ts";
import { CHATS_OF, personAt } from "./people.ts";
import { fieldsIn, isText } from "./stored-json.ts";

/** Of one place, a chat or a thread of it, no more than this are kept: the most that a turn may be shown. */
export const MOST_KEPT = 200;
const MOST_CHARACTERS = 4_000;
const MOST_NAMED = 10;

export interface Ambient {
  /** Keep a message, and let the oldest of its place go. @returns false if it is there already, or was a turn */
  add(chatRef: number, threadId: string | null, message: InboundMessage, receivedAt: number): boolean;
  /** What its author says in place of it. @returns false if there is none, or its words are gone */
  edit(chatRef: number, message: InboundMessage): boolean;
  /** Take its words away; only this user's, where `by` is given. @returns false if there is none */
  remove(chatRef: number, messageId: string, by: string | null): boolean;
  latest(place: { chatRef: number; threadId?: string }, bounds: AmbientBounds): AmbientMessage[];
}

/**
 * What is said beside the bot; writing runs inside a transaction.
 *
 * A row whose words were taken away stays without them until it is cleaned up like all others: what is delivered again has
 * to be known, or it would be back.
 */
export function ambientMessages(db: Db, chats: ChatRefs): Ambient {
  const insert = db.prepare(
    `INSERT INTO ambient (chat_id, thread_id, message_id, user_id, user_name, aliases, text, forwarded, sent_at, received_at)
     SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM inbox WHERE chat_id = ? AND message_id = ?)
     ON CONFLICT DO NOTHING`,
  );
  const dropOldest = db.prepare<[number, string | null, number, string | null]>(
    `DELETE FROM ambient WHERE chat_id = ? AND thread_id IS ? AND id <=
       (SELECT id FROM ambient WHERE chat_id = ? AND thread_id IS ? ORDER BY id DESC LIMIT 1 OFFSET ${MOST_KEPT})`,
  );
  const replace = db.prepare<[string, string | null, number, string, string]>(
    "UPDATE ambient SET text = ?, forwarded = ? WHERE chat_id = ? AND message_id = ? AND user_id = ? AND text <> ''",
  );
  const empty = db.prepare<[number, string, string | null]>(
    "UPDATE ambient SET text = '', forwarded = NULL WHERE chat_id = ? AND message_id = ? AND user_id = coalesce(?, user_id) AND text <> ''",
  );
  // What turned out to be for the bot when it was delivered again is a turn, and no background of it.
  const latest = db.prepare<
    { chat: number; thread: string | null; since: number; limit: number; platform: string; account: string },
    { id: string; name: string; sentAt: number; text: string; forwarded: string | null }
  >(
    `SELECT ${personAt("m.user_id", "m.received_at")} AS id, m.user_name AS name, m.sent_at AS sentAt, m.text, m.forwarded FROM ambient m
     WHERE m.chat_id IN ${CHATS_OF} AND m.thread_id IS @thread AND m.received_at >= @since AND m.text <> ''
       AND NOT EXISTS (SELECT 1 FROM inbox i WHERE i.chat_id = m.chat_id AND i.message_id = m.message_id)
     ORDER BY m.id DESC LIMIT @limit`,
  );

  return {
    add(chatRef, threadId, message, receivedAt) {
      const { messageId, user, sentAt } = message.source;
      const aliases = user.aliases === undefined ? null : JSON.stringify(user.aliases);
      const row = [chatRef, threadId, messageId, user.id, user.name, aliases, wordsOf(message), forwardOf(message)];
      const added = insert.run(...row, sentAt, receivedAt, chatRef, messageId);
      if (added.changes === 0) return false;
      dropOldest.run(chatRef, threadId, chatRef, threadId);
      return true;
    },
    edit(chatRef, message) {
      const { messageId, user } = message.source;
      return replace.run(wordsOf(message), forwardOf(message), chatRef, messageId, user.id).changes > 0;
    },
    remove: (chatRef, messageId, by) => empty.run(chatRef, messageId, by).changes > 0,
    latest({ chatRef, threadId }, { messages, since }) {
      const { ref, platform, account } = chats.info(chatRef);
      const limit = Math.max(0, Math.min(MOST_KEPT, Math.trunc(messages)));
      return latest
        .all({ chat: ref, thread: threadId ?? null, since, limit, platform, account })
        .map(({ id, name, sentAt, text, forwarded }) => ({
          author: { id, name },
          sentAt,
          text,
          ...(forwarded !== null && { forwarded: forwardIn(forwarded) }),
        }))
        .reverse();
    },
  };
}

/** What there is to keep of a message, bounded: its text, or what it shows in place of one; empty if there is nothing. */
export function wordsOf({ text, attachments }: InboundMessage): string {
  const words = text.trim() === "" ? attachments.slice(0, MOST_NAMED).map(named).join(" ") : text;
  return words.slice(0, MOST_CHARACTERS).toWellFormed();
}

function named({ kind, name }: Attachment): string {
  return name === undefined ? `[${kind}]` : `[${kind} ${JSON.stringify(name)}]`;
}

function forwardOf({ forwarded }: InboundMessage): string | null {
  return forwarded === undefined ? null : JSON.stringify(forwarded);
}

function forwardIn(json: string): Forward {
  const { userId, name } = fieldsIn(json);
  return { ...(isText(userId) && { userId }), ...(isText(name) && { name }) };
}
