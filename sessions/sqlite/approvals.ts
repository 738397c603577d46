import type { Approval, ApprovalAnswer, ApprovalStore } from "../approvals.ts";
import type { ForCommand } from "../inbox.ts";
import { type Lease, LeaseLostError } from "../runs.ts";
import type { ChatRefs } from "./chat-refs.ts";
import type { Db } from "./database.ts";
import type { Enqueue } from "./enqueue.ts";
import type { Offers } from "./offers.ts";
import { CHATS_OF, type People } from "./people.ts";
import { type Said, whenSaid } from "./when-said.ts";

interface Held {
  id: number;
  chat_id: number;
  user_id: string;
  stopped: number;
}

interface Asked {
  runId: number;
  n: number;
  toolUseId: string;
  tool: string;
  code: string;
  askedAfter: number;
  askedAt: number;
  isTheirs: number;
  isOpen: number;
}

type Question = Parameters<ApprovalStore["askApproval"]>[1];
type Who = Parameters<ApprovalStore["answerApproval"]>[0];

export interface ApprovalsOptions {
  chats: ChatRefs;
  people: People;
  offers: Offers;
  enqueue: Enqueue;
  now: () => number;
}

/**
 * Tools that wait for their author's word; writing runs inside a transaction.
 *
 * Whose question it is, and where, its run says: that follows a person who gets another id, and a chat that moves. A run that
 * was stopped asks nothing any more and begins nothing, and nobody's word is heard in it. Rows go with their run.
 */
export function approvals(db: Db, { chats, people, offers, enqueue, now }: ApprovalsOptions) {
  const held = db.prepare<[number, number], Held>(
    "SELECT id, chat_id, user_id, stopped FROM runs WHERE id = ? AND fence = ?",
  );
  const ROW = "tool_use_id AS toolUseId, call, code, state, expires_at AS expiresAt";
  const ofRun = db.prepare<[number], Approval>(`SELECT ${ROW} FROM approvals WHERE run_id = ? ORDER BY n`);
  const find = db.prepare<[number, string, string], Approval>(
    `SELECT ${ROW} FROM approvals WHERE run_id = ? AND tool_use_id = ? AND call = ?`,
  );
  const insert = db.prepare<Omit<Question, "delivery" | "offer"> & { run: number; now: number }>(
    `INSERT INTO approvals (run_id, n, tool_use_id, call, code, tool, state, asked_after, asked_at, expires_at)
     VALUES (@run, (SELECT count(*) + 1 FROM approvals WHERE run_id = @run), @toolUseId, @call, @code, @tool, 'asked',
       (SELECT coalesce(max(seq), 0) FROM inbox), @now, @expiresAt)`,
  );
  const latest = db
    .prepare<[number, string], number>("SELECT max(n) FROM approvals WHERE run_id = ? AND tool_use_id = ?")
    .pluck();
  const move = db.prepare<[string, number, number, string]>(
    "UPDATE approvals SET state = ? WHERE run_id = ? AND n = ? AND state = ?",
  );
  const here = db.prepare<{ chat: number; user: string; present: string; now: number }, Asked>(
    `SELECT a.run_id AS runId, a.n, a.tool_use_id AS toolUseId, a.tool, a.code, a.asked_after AS askedAfter,
       a.asked_at AS askedAt, r.user_id IN (@user, @present) AS isTheirs,
       a.state = 'asked' AND a.expires_at > @now AS isOpen
     FROM runs r JOIN approvals a ON a.run_id = r.id WHERE r.chat_id IN ${CHATS_OF} AND r.stopped = 0
     ORDER BY a.run_id, a.n`,
  );
  const voidOffer = db.prepare<{ chat: number; user: string; present: string; code: string }>(
    `DELETE FROM offers WHERE chat_id IN ${CHATS_OF} AND user_id IN (@user, @present) AND instr(commands, @code) > 0`,
  );
  const saidIn = whenSaid(db);

  function holding(lease: Lease): Held {
    const row = held.get(lease.runId, lease.fence);
    if (row === undefined) throw new LeaseLostError(lease);
    return row;
  }

  return {
    of: (runId: number): Approval[] => ofRun.all(runId),

    ask(lease: Lease, question: Question): Approval {
      const run = holding(lease);
      const { delivery, offer, ...row } = question;
      const { toolUseId, call, code, expiresAt } = row;
      const known = find.get(run.id, toolUseId, call);
      if (known !== undefined) return known;
      if (run.stopped === 1) return { toolUseId, call, code, state: "denied", expiresAt };
      insert.run({ ...row, run: run.id, now: now() });
      const { to, ...said } = delivery;
      enqueue(chats.find(to.platform, to.account, to.chatId) ?? run.chat_id, { ...said, threadId: to.threadId });
      if (offer !== undefined) {
        const place = { chatRef: run.chat_id, userId: run.user_id, threadId: to.threadId ?? null };
        offers.replace(place, { ...offer, numbered: true });
      }
      return { toolUseId, call, code, state: "asked", expiresAt };
    },

    move(lease: Lease, toolUseId: string, to: "begun" | "denied"): boolean {
      const run = holding(lease);
      if (to === "begun" && run.stopped === 1) return false;
      const from = to === "begun" ? "approved" : "asked";
      return move.run(to, run.id, latest.get(run.id, toolUseId) ?? 0, from).changes > 0;
    },

    answer({ chatRef, userId, code }: Who, yes: boolean, { seq }: Pick<ForCommand, "seq">): ApprovalAnswer {
      // Where the platform names nobody, it could be anybody's word.
      if (userId === "") return { kind: "unknown" };
      const { ref, platform, account } = chats.info(chatRef);
      const who = { chat: ref, user: userId, present: people.present({ platform, account }, userId) };
      const isMeant = ({ isTheirs, isOpen, ...asked }: Asked) =>
        code === undefined ? isTheirs === 1 && isOpen === 1 : asked.code.toUpperCase() === code.toUpperCase();
      const meant = here.all({ ...who, now: now() }).filter(isMeant);
      if (meant.length === 0) return { kind: "unknown" };
      const theirs = meant.filter(({ isTheirs }) => isTheirs === 1);
      if (theirs.length === 0) return { kind: "not-theirs" };
      const said = saidIn({ platform, account }, seq);
      const isBlind = code === undefined || said.isNumber;
      const [asked, ...others] = isBlind ? theirs.filter((each) => mayBeAfter(said, each)) : theirs;
      if (asked === undefined || asked.isOpen === 0) return { kind: "over" };
      if (others.length > 0) return { kind: "several", codes: [asked, ...others].map((each) => each.code) };
      // It may be about the one before. A number cannot: the numbers of a run go on.
      if (code === undefined && asked.n > 1 && said.earliest < asked.askedAt) return { kind: "over" };
      const { runId, n, toolUseId, tool } = asked;
      move.run(yes ? "approved" : "denied", runId, n, "asked");
      voidOffer.run({ ...who, code: asked.code });
      return { kind: "answered", runId, toolUseId, tool };
    },
  };
}

/** False if it was said before: then nobody can have meant it. */
function mayBeAfter({ seq, latest }: Said, { askedAfter, askedAt }: Asked): boolean {
  return seq > askedAfter && latest >= askedAt;
}
