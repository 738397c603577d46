import type { AcceptedMessage } from "../inbox.ts";
import { type Ended, type Ending, type Lease, LeaseLostError, type ModelUsage, type StepRecord } from "../runs.ts";
import { unknownResults } from "../transcript.ts";
import type { Blobs } from "./blobs.ts";
import type { ChatRefs } from "./chat-refs.ts";
import type { Db } from "./database.ts";
import type { Enqueue } from "./enqueue.ts";
import { type StepRow, stepOf } from "./rows.ts";
import type { SessionContexts } from "./session-context.ts";
import { fieldsIn, isText } from "./stored-json.ts";
import type { takingIn } from "./take-in.ts";

interface Held {
  id: number;
  lane: string;
  session_id: number;
  chat_id: number;
  user_id: string;
  user_name: string;
  stopped: number;
  /** 1 if its turn was erased. */
  erased: number;
  /** 1 if something of its session was erased, or numbered anew, since it began. */
  outdated: number;
  started_at: number;
  draft: string | null;
}

/** A run that no model has used anything for. */
const NOTHING_YET: ModelUsage = {
  model: "",
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
};

/** What shows a run's answer while it is written. */
export interface StoredDraft {
  threadId?: string;
  replyToken?: string;
  messageId?: string;
}

/** Of a run's draft; the same after a crash. */
export function draftKey(run: { id: number; started_at: number }): string {
  return `${run.started_at.toString(36)}-r${run.id}`;
}

export interface RunStepsOptions {
  chats: ChatRefs;
  enqueue: Enqueue;
  blobs: Blobs;
  contexts: SessionContexts;
  joining: ReturnType<typeof takingIn>;
  now: () => number;
}

/**
 * The steps of a run that is going on, and its end; each runs inside a transaction and presents the lease.
 *
 * A run whose turn was erased while it went on is stopped: what it still does is counted, and nothing of it is kept.
 */
export function runSteps(db: Db, { chats, enqueue, blobs, contexts, joining, now }: RunStepsOptions) {
  const held = db.prepare<[number, number], Held>(
    `SELECT id, lane, session_id, chat_id, user_id, user_name, stopped, erased, outdated, started_at, draft
     FROM runs WHERE id = ? AND fence = ?`,
  );
  const addStep = db.prepare(
    `INSERT INTO journal (run_id, step, role, content, author_id, author_name, background, at, arrival)
     VALUES (@run, (SELECT coalesce(max(step), -1) + 1 FROM journal WHERE run_id = @run), @role, @content, @author, @name,
       @background, @at, iif(@author IS NULL, NULL, (SELECT max(seq) FROM inbox WHERE run_id = @run AND state = 'running')))`,
  );
  const addUsage = db.prepare(
    `INSERT INTO usage (at, run_id, session_id, chat_id, user_id, user_name, model, input_tokens, output_tokens,
       cache_read_tokens, cache_write_tokens) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const isCounted = db.prepare<[number]>("SELECT 1 FROM usage WHERE run_id = ? LIMIT 1");
  const lastStep = db.prepare<[number], StepRow>("SELECT * FROM journal WHERE run_id = ? ORDER BY step DESC LIMIT 1");
  const keep = db.prepare(
    `INSERT INTO transcript (session_id, seq, role, content, author_id, author_name, at, arrival)
     SELECT @session, max(coalesce((SELECT max(seq) FROM transcript WHERE session_id = @session), 0),
         (SELECT erased_to FROM sessions WHERE id = @session)) + 1 + step,
       role, content, author_id, author_name, at, arrival FROM journal WHERE run_id = @run`,
  );
  const lastKept = db.prepare<[number], { seq: number | null }>(
    "SELECT max(seq) AS seq FROM transcript WHERE session_id = ?",
  );
  const replies = db.prepare<[number]>("SELECT 1 FROM journal WHERE run_id = ? AND role = 'assistant' LIMIT 1");
  const dropJournal = db.prepare<[number]>("DELETE FROM journal WHERE run_id = ?");
  const dropRun = db.prepare<[number]>("DELETE FROM runs WHERE id = ?");
  const endMessages = db.prepare<{ state: string; failure: string | null; erased: number; run: number }>(
    `UPDATE inbox SET state = @state, failure = @failure, payload = iif(@erased, '{}', payload)
     WHERE run_id = @run AND state = 'running'`,
  );
  const waits = db.prepare<[string]>(
    "SELECT 1 FROM inbox WHERE lane = ? AND state = 'waiting' AND state IN ('waiting', 'running') LIMIT 1",
  );
  const serve = db.prepare<[string, string, number]>(
    `INSERT INTO served (lane, user_id, position, run_id) VALUES (?, ?, (SELECT 2 * max(seq) + 1 FROM inbox), ?)
     ON CONFLICT (lane, user_id) DO UPDATE SET position = excluded.position, run_id = excluded.run_id`,
  );
  const forgetServed = db.prepare<[string]>("DELETE FROM served WHERE lane = ?");
  const bindThread = db.prepare(
    "INSERT INTO links (chat_id, kind, id, root, session) VALUES (?, 'thread', ?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const rootOf = db.prepare<[number], { root: string | null; session: string }>(
    "SELECT json_extract(plan, '$.root') AS root, session FROM inbox WHERE run_id = ? AND state = 'running' LIMIT 1",
  );
  const forgetRemarks = db.prepare<[number]>("DELETE FROM remarks WHERE chat_id = ? AND about = 'no-thread'");
  const setDraft = db.prepare<[string, number]>("UPDATE runs SET draft = ? WHERE id = ?");
  const release = db.prepare<[number]>("UPDATE runs SET holder = NULL, attempt = attempt - 1 WHERE id = ?");

  function holding(lease: Lease): Held {
    const row = held.get(lease.runId, lease.fence);
    if (row === undefined) throw new LeaseLostError(lease);
    return row;
  }

  function append(run: Held, { message, usage }: StepRecord): void {
    const { role, content, author, background = null } = message;
    if (run.erased === 1) {
      blobs.discard(content);
    } else {
      const said = { role, content: JSON.stringify(content), author: author?.id ?? null, name: author?.name ?? null };
      addStep.run({ run: run.id, ...said, background, at: now() });
      blobs.show(run.session_id, content);
    }
    if (usage === undefined) return;
    book(run, usage);
    // What it was given is not what the session gives now, if something was taken from that.
    if (role === "assistant" && run.erased + run.outdated === 0) contexts.used(run.session_id, usage);
  }

  /** Steps of a run that goes on: it counts from the first of them. */
  function goOn(run: Held, steps: readonly StepRecord[]): void {
    for (const step of steps) append(run, step);
    if (isCounted.get(run.id) === undefined) book(run, NOTHING_YET);
  }

  function book(run: Held, usage: ModelUsage): void {
    const { model, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage;
    addUsage.run(
      now(),
      run.id,
      run.session_id,
      run.chat_id,
      run.user_id,
      run.user_name,
      model,
      inputTokens,
      outputTokens,
      cacheReadTokens,
      cacheWriteTokens,
    );
  }

  /** A reply that asks for tools whose results never came would make the transcript unusable. */
  function answerTools(run: Held): void {
    const last = lastStep.get(run.id);
    const message = last === undefined ? undefined : unknownResults(stepOf(last));
    if (message !== undefined) append(run, { message });
  }

  /** @param cleared of its steps, the first so many were given without the results of their tools */
  function keepAll(run: Held, cleared = 0): void {
    const { changes } = keep.run({ session: run.session_id, run: run.id });
    const last = lastKept.get(run.session_id)?.seq ?? 0;
    const first = Math.min(cleared, changes);
    if (first > 0) contexts.clear(run.session_id, last - changes + first);
  }

  /** The delivery that goes where the draft is takes its place; where there is none, one takes the draft back. */
  function enqueueAll(run: Held, deliveries: Ending["deliveries"]): void {
    const shown = draftOf(run);
    const draft = shown && { key: draftKey(run), messageId: shown.messageId ?? null };
    const successor = deliveries.find(
      ({ to, replyToken, chunks }) =>
        chunks.length > 0 && to.threadId === shown?.threadId && replyToken === shown?.replyToken,
    );
    for (const delivery of deliveries) {
      const { to, ...row } = delivery;
      const ref = chats.find(to.platform, to.account, to.chatId) ?? run.chat_id;
      enqueue(ref, { ...row, threadId: to.threadId, ...(delivery === successor && { draft }) });
    }
    if (draft === undefined || successor !== undefined) return;
    const { threadId, replyToken } = shown ?? {};
    enqueue(run.chat_id, { chunks: [{ text: "", plain: "" }], threadId, replyToken, forUserId: run.user_id, draft });
  }

  return {
    journal: (lease: Lease, step: StepRecord): void => goOn(holding(lease), [step]),

    bookUsage: (lease: Lease, usage: ModelUsage): void => book(holding(lease), usage),

    takeIn(lease: Lease, messages: readonly AcceptedMessage[], steps: readonly StepRecord[]): boolean {
      const run = holding(lease);
      if (!joining.start(lease, messages)) return false;
      answerTools(run);
      goOn(run, steps);
      return true;
    },

    threadOpened(lease: Lease, threadId: string): void {
      const run = holding(lease);
      const opening = rootOf.get(run.id);
      if (opening?.root != null) bindThread.run(run.chat_id, threadId, opening.root, opening.session);
      forgetRemarks.run(run.chat_id);
    },

    draftBegun(lease: Lease, draft: StoredDraft): void {
      setDraft.run(JSON.stringify(draft), holding(lease).id);
    },

    draftShown(lease: Lease, messageId: string): void {
      const run = holding(lease);
      setDraft.run(JSON.stringify({ ...draftOf(run), messageId }), run.id);
    },

    park: (lease: Lease): void => void release.run(holding(lease).id),

    end(lease: Lease, ending: Ending): Ended {
      const run = holding(lease);
      // Its author was told that it is stopped: nothing may follow.
      const outcome = run.stopped === 1 ? "stopped" : ending.outcome;
      const unanswered = replies.get(run.id) === undefined;
      const forget = ending.forget === "always" || (ending.forget === "if-unanswered" && unanswered);
      if (outcome !== "done") answerTools(run);
      if (!forget) {
        if (ending.closing !== undefined) append(run, { message: ending.closing });
        keepAll(run, ending.cleared);
      }
      dropJournal.run(run.id);
      if (forget) blobs.release(run.session_id);
      // What was counted was without what came of its last tools, or without results that are given again. What was only done
      // for somebody, without the model, has changed nothing of it.
      const isUncertain = ending.cleared === undefined || (forget && outcome !== "done");
      if (isUncertain && !unanswered) contexts.unknown(run.session_id);
      enqueueAll(run, outcome === ending.outcome ? ending.deliveries : (ending.ifStopped ?? []));
      const states = { done: "done", failed: "failed", stopped: "dropped" } as const;
      const failure = outcome === ending.outcome ? (ending.failure ?? null) : "stopped";
      endMessages.run({ state: states[outcome], failure, erased: run.erased, run: run.id });
      dropRun.run(run.id);
      const more = waits.get(run.lane) !== undefined;
      if (more) serve.run(run.lane, run.user_id, run.id);
      else forgetServed.run(run.lane);
      return { lane: run.lane, more };
    },
  };
}

export function draftOf({ draft }: { draft: string | null }): StoredDraft | undefined {
  if (draft === null) return undefined;
  const { threadId, replyToken, messageId } = fieldsIn(draft);
  return {
    ...(isText(threadId) && { threadId }),
    ...(isText(replyToken) && { replyToken }),
    ...(isText(messageId) && { messageId }),
  };
}
