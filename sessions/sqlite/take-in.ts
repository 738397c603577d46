import { isDeepStrictEqual } from "node:util";
import type { AcceptedMessage, RoutedPlan } from "../inbox.ts";
import { type Lease, LeaseLostError } from "../runs.ts";
import type { Db } from "./database.ts";
import { type InboxRow, messageOf, planOf } from "./rows.ts";

interface RunRow {
  id: number;
  lane: string;
  chat_id: number;
  user_id: string;
  stopped: number;
}

/** Said in so many words, because SQLite uses a partial index only for a query that repeats its condition. */
const OPEN = "state IN ('waiting', 'running')";

/**
 * What a run's author adds while it goes on; taking in runs inside a transaction.
 *
 * Whole bursts alone, as they would be a turn of their own: the author's next one, if nobody else's message and no command
 * of the author's came before it. What has an answer of its own is answered by itself, here as everywhere, and a run that
 * was stopped takes nothing with it.
 */
export function takingIn(db: Db, now: () => number) {
  const held = db.prepare<[number, number], RunRow>(
    "SELECT id, lane, chat_id, user_id, stopped FROM runs WHERE id = ? AND fence = ?",
  );
  const running = db.prepare<[number], InboxRow>(
    "SELECT * FROM inbox WHERE run_id = ? AND state = 'running' ORDER BY seq",
  );
  const first = db.prepare<[string, string], { seq: number; burst: number }>(
    `SELECT seq, coalesce(burst, seq) AS burst FROM inbox
     WHERE lane = ? AND state = 'waiting' AND ${OPEN} AND user_id = ? ORDER BY seq LIMIT 1`,
  );
  const burst = db.prepare<[string, number], InboxRow & { received_at: number }>(
    `SELECT * FROM inbox WHERE lane = ? AND coalesce(burst, seq) = ? AND state = 'waiting' AND ${OPEN} ORDER BY seq`,
  );
  const othersBefore = db.prepare<[string, string, number]>(
    `SELECT 1 FROM inbox WHERE lane = ? AND user_id <> ? AND seq < ? AND state = 'waiting' AND ${OPEN} LIMIT 1`,
  );
  const commandsBefore = db.prepare<{ user: string; seq: number; chat: number; session: string }>(
    `SELECT 1 FROM inbox WHERE is_command = 1 AND state = 'waiting' AND user_id = @user AND seq < @seq
       AND (chat_id = @chat OR session = @session) LIMIT 1`,
  );
  const openedThread = db.prepare<[number, string], { id: string }>(
    "SELECT id FROM links WHERE chat_id = ? AND root = ? AND kind = 'thread'",
  );
  const start = db.prepare<[number, number]>("UPDATE inbox SET state = 'running', run_id = ? WHERE seq = ?");

  function following(lease: Lease): AcceptedMessage[] {
    const run = held.get(lease.runId, lease.fence);
    if (run === undefined) throw new LeaseLostError(lease);
    // Where the platform names nobody, the next message may be anybody's.
    if (run.stopped === 1 || run.user_id === "") return [];
    const next = first.get(run.lane, run.user_id);
    const current = running.all(run.id).at(-1);
    if (next === undefined || current === undefined) return [];
    if (othersBefore.get(run.lane, run.user_id, next.seq) !== undefined) return [];
    const { session } = current;
    if (commandsBefore.get({ user: run.user_id, seq: next.seq, chat: run.chat_id, session }) !== undefined) return [];
    const rows = burst.all(run.lane, next.burst);
    const may = rows.every((row) => isComplete(row) && goesOn(run, current, row)) && !hasOwnAnswer(current);
    return may ? rows.map(described) : [];
  }

  /** A clock that was put back must not make anybody wait until it has caught up. */
  function isComplete({ ready_at, received_at }: { ready_at: number; received_at: number }): boolean {
    return ready_at <= now() || received_at > now();
  }

  function goesOn({ chat_id }: RunRow, current: InboxRow, next: InboxRow): boolean {
    return (
      next.session === current.session &&
      planOf(next).busy !== undefined &&
      !hasOwnAnswer(next) &&
      threadOf(chat_id, next) === threadOf(chat_id, current) &&
      isDeepStrictEqual(manner(next), manner(current))
    );
  }

  /** Where its answer goes. */
  function threadOf(chat: number, row: InboxRow): string | null {
    const { root } = planOf(row);
    return row.thread_id ?? (root === undefined ? undefined : openedThread.get(chat, root)?.id) ?? null;
  }

  return {
    following,

    /** @returns false, with nothing done, if they are not what follows as they are */
    start(lease: Lease, messages: readonly AcceptedMessage[]): boolean {
      const present = following(lease);
      if (present.length === 0 || !isDeepStrictEqual(present, [...messages])) return false;
      for (const { seq } of present) start.run(lease.runId, seq);
      return true;
    },
  };
}

function described(row: InboxRow): AcceptedMessage {
  return { ...messageOf(row), ...(planOf(row).busy === "interrupt" && { interrupts: true }) };
}

function hasOwnAnswer(row: InboxRow): boolean {
  return messageOf(row).replyToken !== undefined;
}

/** How a message is answered: what was planned another way stays a turn of its own. */
function manner(row: InboxRow): Partial<RoutedPlan> {
  const {
    lane: _lane,
    replyTo: _replyTo,
    root: _root,
    thread: _thread,
    busy: _busy,
    fork: _fork,
    ...rest
  } = planOf(row);
  return rest;
}
