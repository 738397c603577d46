import type { InboundMessage } from "../../adapters/record.ts";
import type { SettingPlace } from "../chats.ts";
import type { Accepted, AcceptOptions, Decision, Facts, RoutedPlan } from "../inbox.ts";
import type { ChatRefs } from "./chat-refs.ts";
import type { Db } from "./database.ts";
import type { Enqueue } from "./enqueue.ts";
import { payloadOf, planColumn } from "./rows.ts";
import { settingsReader } from "./settings.ts";

interface Waiting {
  seq: number;
  state: string;
  session: string;
  lane: string;
  plan: string;
  burst: number;
}

/** Said in so many words, because SQLite uses a partial index only for a query that repeats its condition. */
const OPEN = "state IN ('held', 'waiting', 'running')";

interface LastInLane {
  user_id: string;
  state: string;
  plan: string;
  thread_id: string | null;
  burst: number;
}

const DUPLICATE: Accepted = { kind: "duplicate" };

type Accept = (message: InboundMessage, options: AcceptOptions) => Accepted;

/**
 * Decide on a message and insert its row; runs inside a transaction.
 *
 * A burst is what one turn will hold: consecutive messages of one author in one place under one plan. It is fixed on
 * arrival: whoever else's message stands last in the lane, or is being answered, begins a new burst. Later parts of an
 * album, and the rest of a text that the platform cut, go into the burst of the first part whatever they would have
 * been alone.
 */
export function acceptor(db: Db, chats: ChatRefs, enqueue: Enqueue, now: () => number): Accept {
  const settings = settingsReader(db);
  const root = db.prepare<[number, string, string], { root: string }>(
    "SELECT root FROM links WHERE chat_id = ? AND kind = ? AND id = ?",
  );
  const link = db.prepare<[number, string, string]>(
    "INSERT INTO links (chat_id, kind, id, root) VALUES (?, 'message', ?, ?) ON CONFLICT DO NOTHING",
  );
  const albumPart = db.prepare<[number, string, string], Waiting>(
    `SELECT seq, state, session, lane, plan, coalesce(burst, seq) AS burst FROM inbox
     WHERE chat_id = ? AND user_id = ? AND album = ? AND state IN ('held', 'waiting') AND ${OPEN}
     ORDER BY state DESC, seq LIMIT 1`,
  );
  const own = db.prepare<[number, string], { waiting: number; last: number | null }>(
    `SELECT count(*) FILTER (WHERE state = 'waiting' AND is_command = 0 AND (album IS NULL OR burst IS NULL)) AS waiting,
       max(seq) AS last FROM inbox WHERE chat_id = ? AND user_id = ? AND ${OPEN}`,
  );
  const longText = db.prepare<[number, string | null, number], Waiting>(
    `SELECT seq, state, session, lane, plan, coalesce(burst, seq) AS burst FROM inbox
     WHERE seq = ? AND thread_id IS ? AND continues = 1 AND state = 'waiting' AND ready_at > ?`,
  );
  const last = db.prepare<[string], LastInLane>(
    `SELECT user_id, state, plan, thread_id, coalesce(burst, seq) AS burst FROM inbox
     WHERE lane = ? AND state IN ('waiting', 'running') ORDER BY seq DESC LIMIT 1`,
  );
  const lastRefused = db.prepare<[number, string], { seq: number }>(
    "SELECT seq FROM inbox WHERE chat_id = ? AND user_id = ? AND state = 'refused' ORDER BY seq DESC LIMIT 1",
  );
  const denied = db.prepare<[number]>("SELECT 1 FROM inbox WHERE chat_id = ? AND state = 'refused' LIMIT 1");
  const insert = db.prepare(
    `INSERT INTO inbox (chat_id, message_id, thread_id, user_id, user_name, is_command, state, session, lane, plan, payload,
       album, continues, burst, ready_at, sent_at, received_at, failure)
     VALUES (@chat_id, @message_id, @thread_id, @user_id, @user_name, @is_command, @state, @session, @lane, @plan, @payload,
       @album, @continues, @burst, @ready_at, @sent_at, @received_at, @failure)
     ON CONFLICT DO NOTHING`,
  );
  const grow = db.prepare<[number, string, number]>(
    `UPDATE inbox SET ready_at = ? WHERE lane = ? AND coalesce(burst, seq) = ? AND state = 'waiting'
       AND state IN ('waiting', 'running')`,
  );
  const release = db.prepare<[string, string, string, number, number, number, string, string]>(
    `UPDATE inbox SET state = 'waiting', session = ?, lane = ?, plan = ?, burst = ?, ready_at = ?
     WHERE chat_id = ? AND user_id = ? AND album = ? AND state = 'held' AND ${OPEN}`,
  );

  return (message, { decide, overLimit, maxWaiting }) => {
    const { source } = message;
    const chatRef = chats.of(source);
    const threadId = source.thread?.kind === "native" ? source.thread.id : null;
    const mine = own.get(chatRef, source.user.id) ?? { waiting: 0, last: null };
    const sibling = joinedTurn();
    const decision = decide(facts(sibling?.state === "waiting"));
    if (decision.kind === "ignore") return { kind: "ignored" };
    if (decision.kind === "deny") return deny(decision);
    if (decision.kind === "command") {
      const seq = write({ state: "waiting", decision, isCommand: true });
      return seq === null ? DUPLICATE : { kind: "command", seq };
    }
    if (decision.kind === "hold") {
      return write({ state: "held", decision }) === null ? DUPLICATE : { kind: "held" };
    }
    return sibling?.state === "waiting" ? join(sibling, decision) : begin(decision);

    function joinedTurn(): Waiting | undefined {
      if (message.command !== undefined || mine.last === null) return undefined;
      return message.albumId === undefined
        ? longText.get(mine.last, threadId, now())
        : albumPart.get(chatRef, source.user.id, message.albumId);
    }

    function facts(joins: boolean): Facts {
      const { thread } = source;
      const chained =
        (thread?.kind === "native" ? root.get(chatRef, "thread", thread.id) : undefined) ??
        (message.replyTo === undefined ? undefined : root.get(chatRef, "message", message.replyTo.messageId));
      return { settings: settings(placesOf(message)), root: chained?.root, joins };
    }

    function begin(decision: Decision & { kind: "turn" }): Accepted {
      if (mine.waiting >= maxWaiting) return refuse();
      const { plan } = decision;
      const readyAt = now() + decision.readyAfterMs;
      const burst = continuedBurst(plan);
      const seq = write({ state: "waiting", decision, burst });
      if (seq === null) return DUPLICATE;
      if (plan.root !== undefined) link.run(chatRef, source.messageId, plan.root);
      if (message.albumId !== undefined) {
        const { session, lane } = plan;
        release.run(session, lane, planColumn(plan), burst ?? seq, readyAt, chatRef, source.user.id, message.albumId);
      }
      return { kind: "turn", seq, lane: plan.lane, chatRef, readyAt };
    }

    /** The burst that the message goes on with; null if it begins one, which is then named by its own number. */
    function continuedBurst(plan: RoutedPlan): number | null {
      if (mine.waiting === 0 || source.user.id === "") return null;
      const before = last.get(plan.lane);
      const continues =
        before?.state === "waiting" &&
        before.user_id === source.user.id &&
        before.thread_id === threadId &&
        samePlan(before.plan, planColumn(plan));
      return continues ? before.burst : null;
    }

    function join(sibling: Waiting, decision: Decision & { kind: "turn" }): Accepted {
      const readyAt = now() + decision.readyAfterMs;
      const seq = write({ state: "waiting", decision, like: sibling });
      if (seq === null) return DUPLICATE;
      grow.run(readyAt, sibling.lane, sibling.burst);
      return { kind: "turn", seq, lane: sibling.lane, chatRef, readyAt };
    }

    function refuse(): Accepted {
      const refused = lastRefused.get(chatRef, source.user.id)?.seq ?? 0;
      const told = refused > (mine.last ?? 0);
      if (write({ state: "refused", failure: "over-limit", content: false }) === null) return DUPLICATE;
      if (!told) enqueue(chatRef, notice(overLimit.chunks));
      return { kind: "over-limit", told: !told, chatRef };
    }

    // One row stands for all that a chat without access ever says: strangers cannot fill the disk.
    function deny({ notice: text }: Decision & { kind: "deny" }): Accepted {
      if (text === undefined || denied.get(chatRef) !== undefined) return { kind: "denied", told: false, chatRef };
      if (write({ state: "refused", failure: "denied", content: false }) === null) return DUPLICATE;
      enqueue(chatRef, notice(text.chunks));
      return { kind: "denied", told: true, chatRef };
    }

    function notice(chunks: ReadonlyArray<{ text: string; plain: string }>) {
      return {
        threadId: threadId ?? undefined,
        replyTo: source.messageId,
        forUserId: source.user.id,
        chunks,
      };
    }

    /** @returns the row's number, or null if the message is there already */
    function write(row: {
      state: string;
      decision?: Extract<Decision, { plan: unknown }>;
      like?: Waiting;
      burst?: number | null;
      isCommand?: boolean;
      failure?: string;
      content?: boolean;
    }): number | null {
      const { decision, like } = row;
      const at = now();
      const { changes, lastInsertRowid } = insert.run({
        chat_id: chatRef,
        message_id: source.messageId,
        thread_id: threadId,
        user_id: source.user.id,
        user_name: source.user.name,
        is_command: row.isCommand ? 1 : 0,
        state: row.state,
        session: like?.session ?? decision?.plan.session ?? null,
        // A command waits for nobody: it stands in no lane.
        lane: row.isCommand ? null : (like?.lane ?? decision?.plan.lane ?? null),
        plan: like?.plan ?? (decision === undefined ? null : planColumn(decision.plan)),
        payload: row.content === false ? "{}" : payloadOf(message),
        album: message.albumId ?? null,
        continues: message.mayContinue ? 1 : 0,
        burst: like?.burst ?? row.burst ?? null,
        ready_at: decision !== undefined && "readyAfterMs" in decision ? at + decision.readyAfterMs : at,
        sent_at: source.sentAt,
        received_at: at,
        failure: row.failure ?? null,
      });
      return changes === 0 ? null : Number(lastInsertRowid);
    }
  };
}

/** Plans that differ only in the message they quote are one plan. */
function samePlan(left: string, right: string): boolean {
  const strip = (plan: string) => ({ ...JSON.parse(plan), replyTo: undefined });
  return left === right || JSON.stringify(strip(left)) === JSON.stringify(strip(right));
}

function placesOf({ source }: InboundMessage): SettingPlace[] {
  const { platform, account, chat, thread } = source;
  const places: SettingPlace[] = [{ level: "platform", platform }];
  if (chat.guildId !== undefined) places.push({ level: "guild", platform, guildId: chat.guildId });
  places.push({ level: "chat", platform, account, chatId: chat.id });
  if (thread?.kind === "native") {
    places.push({ level: "thread", platform, account, chatId: chat.id, threadId: thread.id });
  }
  return places;
}
