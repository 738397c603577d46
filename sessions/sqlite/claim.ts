import type { AcceptedMessage } from "../inbox.ts";
import type { Claim, Run } from "../runs.ts";
import type { ChatRefs } from "./chat-refs.ts";
import type { Db } from "./database.ts";
import { draftKey, draftOf } from "./end-run.ts";
import type { forks } from "./fork.ts";
import { authorOf, destinationOf, type InboxRow, messageOf, planOf, type StepRow, stepOf } from "./rows.ts";

interface RunRow {
  id: number;
  lane: string;
  session_id: number;
  chat_id: number;
  user_id: string;
  user_name: string;
  holder: string | null;
  fence: number;
  attempt: number;
  stopped: number;
  started_at: number;
  draft: string | null;
}

export interface ClaimerOptions {
  chats: ChatRefs;
  forking: ReturnType<typeof forks>;
  /** Names this process; the data folder is its alone, so a run that carries another name was left behind. */
  holder: string;
  now: () => number;
}

/** Said in so many words, because SQLite uses a partial index only for a query that repeats its condition. */
const OPEN = "state IN ('waiting', 'running')";

/**
 * Begin or take over a run; runs inside a transaction.
 *
 * Whose turn it is: every user who waits in the lane has a position, twice the arrival number of the user's first
 * waiting message, or one more than twice the last arrival number at the moment the user's last run here ended,
 * whichever is later. The lowest position is next; of two who ended since the last arrival, whoever ended first. So
 * whoever was just answered stands behind all who wait by then and before all who come later, and nobody waits for more
 * than one turn of anybody else.
 *
 * An author's messages wait for the commands that the author sent before them: what follows `/new` is not answered from
 * the conversation that it ends. Whoever ends a command wakes the lane.
 *
 * A session that begins with what others said before begins in the same transaction.
 */
export function claimer(
  db: Db,
  { chats, forking, holder, now }: ClaimerOptions,
): (lane: string, executing: ReadonlySet<number>) => Claim {
  const active = db.prepare<[string], RunRow>("SELECT * FROM runs WHERE lane = ?");
  const takeOver = db.prepare<[string, number, number, number]>(
    "UPDATE runs SET holder = ?, fence = ?, attempt = ? WHERE id = ?",
  );
  const next = db.prepare<[string], { burst: number; ready_at: number; received_at: number }>(
    `SELECT coalesce(i.burst, i.seq) AS burst, i.received_at,
       (SELECT max(b.ready_at) FROM inbox b
        WHERE b.lane = i.lane AND coalesce(b.burst, b.seq) = coalesce(i.burst, i.seq) AND b.state = 'waiting' AND ${OPEN}) AS ready_at
     FROM (SELECT min(seq) AS first FROM inbox WHERE lane = ? AND state = 'waiting' AND ${OPEN} GROUP BY user_id)
     JOIN inbox i ON i.seq = first
       AND NOT EXISTS (SELECT 1 FROM inbox c WHERE c.is_command = 1 AND c.state = 'waiting'
         AND c.session = i.session AND c.user_id = i.user_id AND c.seq < i.seq)
     LEFT JOIN served s ON s.lane = i.lane AND s.user_id = i.user_id
     ORDER BY max(2 * i.seq, coalesce(s.position, 0)), s.run_id`,
  );
  const burst = db.prepare<[string, number], InboxRow>(
    `SELECT * FROM inbox WHERE lane = ? AND coalesce(burst, seq) = ? AND state = 'waiting' AND ${OPEN} ORDER BY seq`,
  );
  const running = db.prepare<[number], InboxRow>(
    "SELECT * FROM inbox WHERE run_id = ? AND state = 'running' ORDER BY seq",
  );
  const openSession = db.prepare<[string], { id: number }>(
    "SELECT id FROM sessions WHERE key = ? AND ended_at IS NULL",
  );
  const beginSession = db.prepare(
    "INSERT INTO sessions (key, chat_id, strategy, began_with, started_at) VALUES (?, ?, ?, ?, ?)",
  );
  const beginRun = db.prepare(
    `INSERT INTO runs (lane, session_id, chat_id, user_id, user_name, holder, fence, attempt, stopped, started_at)
     VALUES (?, ?, ?, ?, ?, ?, 1, 1, 0, ?)`,
  );
  const start = db.prepare<[number, number]>("UPDATE inbox SET state = 'running', run_id = ? WHERE seq = ?");
  const steps = db.prepare<[number], StepRow>("SELECT * FROM journal WHERE run_id = ? ORDER BY step");
  const openedThread = db.prepare<[number, string], { id: string }>(
    "SELECT id FROM links WHERE chat_id = ? AND root = ? AND kind = 'thread'",
  );

  return (lane, executing) => {
    const left = active.get(lane);
    if (left !== undefined) {
      if (left.holder === holder && executing.has(left.id)) return { kind: "busy" };
      const taken = { ...left, fence: left.fence + 1, attempt: left.attempt + 1 };
      takeOver.run(holder, taken.fence, taken.attempt, left.id);
      return { kind: "run", run: describe(taken, running.all(left.id)) };
    }
    const candidates = next.all(lane);
    // A clock that was put back must not make anybody wait until it has caught up.
    const at = now();
    const ready = candidates.find(({ ready_at, received_at }) => ready_at <= at || received_at > at);
    if (ready === undefined) {
      if (candidates.length === 0) return { kind: "idle" };
      return { kind: "later", at: Math.min(...candidates.map((candidate) => candidate.ready_at)) };
    }
    return { kind: "run", run: begin(lane, burst.all(lane, ready.burst)) };
  };

  function begin(lane: string, rows: InboxRow[]): Run {
    const latest = rows.at(-1) as InboxRow;
    const { session, chat_id, user_id, user_name } = latest;
    const sessionId = openSession.get(session)?.id ?? newSession(latest);
    const startedAt = now();
    const id = Number(beginRun.run(lane, sessionId, chat_id, user_id, user_name, holder, startedAt).lastInsertRowid);
    for (const { seq } of rows) start.run(id, seq);
    const begun = { fence: 1, attempt: 1, stopped: 0, started_at: startedAt, draft: null };
    return describe({ id, lane, session_id: sessionId, chat_id, user_id, user_name, holder, ...begun }, rows);
  }

  function newSession(latest: InboxRow): number {
    const { strategy, fork } = planOf(latest);
    const begun = beginSession.run(latest.session, latest.chat_id, strategy, latest.seq, now());
    const id = Number(begun.lastInsertRowid);
    if (fork !== undefined) forking.copy(fork, { id, key: latest.session, chatRef: latest.chat_id });
    return id;
  }

  function describe(row: RunRow, rows: InboxRow[]): Run {
    const latest = rows.at(-1) as InboxRow;
    const plan = planOf(latest);
    const messages = rows.map(messageOf);
    // Of an album, the part with the words is what people will look for.
    const asking = messages.findLast(({ text }) => text !== "") ?? (messages.at(-1) as AcceptedMessage);
    const chat = chats.info(row.chat_id);
    const draft = draftOf(row);
    const { aliases } = authorOf(latest);
    const opened = plan.root === undefined ? undefined : openedThread.get(row.chat_id, plan.root)?.id;
    return {
      runId: row.id,
      fence: row.fence,
      lane: row.lane,
      sessionId: row.session_id,
      plan,
      chat,
      to: destinationOf(chat, latest.thread_id ?? opened ?? null),
      author: { id: row.user_id, name: row.user_name },
      ...(aliases === undefined ? {} : { aliases }),
      messages,
      ...(chats.movedTo(latest.chat_id) === undefined ? { quote: asking.messageId } : {}),
      ...(asking.replyToken === undefined ? {} : { replyToken: asking.replyToken }),
      draft: {
        key: draftKey(row),
        begun: draft !== undefined,
        ...(draft?.messageId === undefined ? {} : { messageId: draft.messageId }),
      },
      attempt: row.attempt,
      steps: steps.all(row.id).map(stepOf),
      stopped: row.stopped === 1,
    };
  }
}
