import type { Destination, InboundMessage } from "../../adapters/record.ts";
import type { LaneView } from "../chats.ts";
import type { AcceptedCommand } from "../inbox.ts";
import type { Ambient } from "./ambient.ts";
import type { ChatRefs } from "./chat-refs.ts";
import type { Db } from "./database.ts";
import type { OfferPlace } from "./offers.ts";
import { authorOf, destinationOf, type InboxRow, messageOf, payloadOf, planOf } from "./rows.ts";

/** The chat, and those that became it. */
const HERE = "chat_id IN (SELECT id FROM chats WHERE id = @chat OR moved_to = @chat)";

/** What can happen to a message between its acceptance and its run; writes run inside a transaction. */
export function waiting(db: Db, chats: ChatRefs, ambient: Ambient) {
  const replace = db.prepare<[string, number, string, string]>(
    `UPDATE inbox SET payload = ?
     WHERE chat_id = ? AND message_id = ? AND user_id = ? AND is_command = 0 AND state IN ('held', 'waiting')`,
  );
  const remove = db.prepare<[number, string, string | null]>(
    `UPDATE inbox SET state = 'dropped', failure = 'deleted', payload = '{}'
     WHERE chat_id = ? AND message_id = ? AND user_id = coalesce(?, user_id) AND is_command = 0
       AND state IN ('held', 'waiting')`,
  );
  const dropHeld = db.prepare<[number]>(
    `UPDATE inbox SET state = 'dropped', failure = 'not-addressed', payload = '{}'
     WHERE state = 'held' AND received_at < ?`,
  );
  const dropServed = db.prepare(
    "DELETE FROM served WHERE lane NOT IN (SELECT lane FROM inbox WHERE state IN ('waiting', 'running') AND lane IS NOT NULL)",
  );
  const commands = db.prepare<[], InboxRow>(
    "SELECT * FROM inbox WHERE is_command = 1 AND state = 'waiting' ORDER BY seq",
  );
  const command = db.prepare<[number], InboxRow>(
    "SELECT * FROM inbox WHERE seq = ? AND is_command = 1 AND state = 'waiting'",
  );
  const endCommand = db.prepare<[number], OfferPlace>(
    `UPDATE inbox SET state = 'done', effect = NULL WHERE seq = ? AND is_command = 1 AND state = 'waiting'
     RETURNING chat_id AS chatRef, user_id AS userId, thread_id AS threadId`,
  );
  const lanesIn = db.prepare<{ chat: number }, { lane: string }>(
    `SELECT lane FROM (
       SELECT lane, seq FROM inbox INDEXED BY inbox_author
         WHERE ${HERE} AND state IN ('waiting', 'running') AND state IN ('held', 'waiting', 'running') AND lane IS NOT NULL
     ) GROUP BY lane ORDER BY min(seq)`,
  );
  const stopped = db.prepare<[], { id: number }>("SELECT id FROM runs WHERE stopped = 1 ORDER BY id");
  const lanes = db.prepare<[], { lane: string; chat_id: number }>(
    "SELECT lane, min(chat_id) AS chat_id FROM inbox WHERE state IN ('waiting', 'running') AND lane IS NOT NULL GROUP BY lane ORDER BY min(seq)",
  );
  const runningIn = db.prepare<[string], { userId: string; userName: string; startedAt: number }>(
    "SELECT user_id AS userId, user_name AS userName, started_at AS startedAt FROM runs WHERE lane = ?",
  );
  const waitingIn = db.prepare<[string], { userId: string; userName: string }>(
    `SELECT user_id AS userId, user_name AS userName FROM inbox
     WHERE lane = ? AND state = 'waiting' AND state IN ('waiting', 'running') ORDER BY seq`,
  );

  function view(lane: string): LaneView {
    return { running: runningIn.get(lane) ?? null, waiting: waitingIn.all(lane) };
  }

  function describe(row: InboxRow): AcceptedCommand {
    const chat = chats.info(row.chat_id);
    return {
      message: messageOf(row),
      user: authorOf(row),
      chat,
      to: destinationOf(chat, row.thread_id),
      plan: planOf(row),
      ...(row.effect === null ? {} : { effect: row.effect }),
    };
  }

  return {
    edit(message: InboundMessage): boolean {
      const { platform, account, chat, messageId, user } = message.source;
      const ref = chats.find(platform, account, chat.id);
      if (ref === undefined) return false;
      return replace.run(payloadOf(message), ref, messageId, user.id).changes > 0 || ambient.edit(ref, message);
    },
    remove({ platform, account, chatId }: Destination, messageId: string, by?: string): boolean {
      const ref = chats.find(platform, account, chatId);
      if (ref === undefined) return false;
      return remove.run(ref, messageId, by ?? null).changes > 0 || ambient.remove(ref, messageId, by ?? null);
    },
    dropHeld(olderThan: number): number {
      dropServed.run();
      return dropHeld.run(olderThan).changes;
    },
    pendingCommands: (): AcceptedCommand[] => commands.all().map(describe),
    command(seq: number): AcceptedCommand | null {
      const row = command.get(seq);
      return row === undefined ? null : describe(row);
    },
    /** @returns whose it was, and where; undefined if it was ended before */
    endCommand: (seq: number): OfferPlace | undefined => endCommand.get(seq),
    lanesWithWork: () => lanes.all().map(({ lane, chat_id }) => ({ lane, chatRef: chat_id })),
    stoppedRuns: (): number[] => stopped.all().map(({ id }) => id),
    lane: view,
    lanes: (chatRef: number) =>
      lanesIn.all({ chat: chats.present(chatRef) }).map(({ lane }) => ({ lane, ...view(lane) })),
  };
}
