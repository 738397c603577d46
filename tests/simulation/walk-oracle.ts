import type { Db } from "../../sessions/sqlite/database.ts";
import { decodeKey } from "../../strategies/key.ts";
import type { Board } from "./walk-process.ts";

interface Row {
  seq: number;
  id: string;
  chat: string;
  user: string;
  state: string;
  failure: string | null;
  album: string | null;
  is_command: number;
  /** The arrival number of the first message of its turn that asked for an answer. */
  asks: number;
  /** And of the first at all, which may be a part of an album that was held until then. */
  begins: number;
}

interface Said {
  session: number;
  key: string;
  text: string;
  author: string;
}

export interface Judged {
  answered: number;
  stopped: number;
  notAddressed: number;
  wrong: string[];
}

/** What somebody or something is called whatever it was called in between. */
const own = (id: string) => id.split(".")[0] ?? id;

/**
 * Look at what is left when everything is over: every message that was written has one row and one end; what was answered
 * stands once, in its chat, and in one conversation, in the order of arrival; what was dropped, somebody had asked to.
 */
export function judge(db: Db, written: number, board: Board): Judged {
  const judged: Judged = { answered: 0, stopped: 0, notAddressed: 0, wrong: [] };
  const rows = db
    .prepare<[], Row>(
      `SELECT i.seq, i.message_id AS id, c.chat, i.user_id AS user, i.state, i.failure, i.album, i.is_command,
         coalesce(i.burst, i.seq) AS asks, min(i.seq) OVER (PARTITION BY coalesce(i.burst, i.seq)) AS begins FROM inbox i JOIN chats c ON c.id = i.chat_id ORDER BY i.seq`,
    )
    .all();
  const byId = new Map(rows.map((row) => [row.id, row]));
  if (rows.length !== byId.size) judged.wrong.push("a message has two rows");
  for (let n = 0; n < written; n++) if (!byId.has(`m${n}`)) judged.wrong.push(`m${n} is lost`);

  const stands = standing(board);
  for (const row of rows) {
    const where = stands.get(row.id) ?? [];
    const what = `${row.id} (${row.state} ${row.failure ?? ""}, stands ${where.length} times)`;
    if (row.state === "done") {
      if (where.length !== 1 || own(where[0] ?? "") !== own(row.chat)) judged.wrong.push(what);
      judged.answered += 1;
    } else if (row.state !== "dropped" || where.length > 0) judged.wrong.push(what);
    else if (row.failure === "stopped") {
      judged.stopped += 1;
      if (!rows.some((order) => stops(order, row))) judged.wrong.push(`${what}: nobody stopped it`);
    } else if (row.failure === "not-addressed") {
      judged.notAddressed += 1;
      if (row.album === null) judged.wrong.push(what);
    } else judged.wrong.push(what);
  }
  judged.wrong.push(...disorder(db, byId), ...leftovers(db));
  return judged;
}

function stops(order: Row, { seq, chat, user }: Row): boolean {
  return order.is_command === 1 && order.seq > seq && own(order.chat) === own(chat) && own(order.user) === own(user);
}

/** In which chats each message is answered. */
function standing(board: Board): Map<string, string[]> {
  const stands = new Map<string, string[]>();
  for (const { chat, text } of board.values()) {
    for (const id of text.match(/\bm\d+\b/g) ?? []) stands.set(id, [...(stands.get(id) ?? []), chat]);
  }
  return stands;
}

/**
 * Conversations hold each message once, each person's in the order of arrival, the rest of an album with its beginning, and nobody's
 * else than whose they are.
 */
function disorder(db: Db, byId: Map<string, Row>): string[] {
  const said = db
    .prepare<[], Said>(
      `SELECT s.id AS session, s.key, t.content ->> '$[0].text' AS text, t.author_id AS author
       FROM transcript t JOIN sessions s ON s.id = t.session_id WHERE t.author_id IS NOT NULL ORDER BY s.id, t.seq`,
    )
    .all();
  const wrong: string[] = [];
  const seen = new Set<string>();
  const last = new Map<string, number>();
  for (const { session, key, text, author } of said) {
    const parts = decodeKey(key);
    if (parts?.user !== undefined && own(parts.user) !== own(author)) wrong.push(`${author} in ${key}`);
    for (const id of text.split(" ")) {
      const row = byId.get(id);
      if (row === undefined || seen.has(id)) wrong.push(`${id} stands twice in conversations, or is not known`);
      else if (own(row.user) !== own(author) || own(row.chat) !== own(parts?.chat ?? "")) wrong.push(`${id} in ${key}`);
      seen.add(id);
      const who = `${session} ${own(author)}`;
      const latest = last.get(who) ?? 0;
      if ((row?.asks ?? 0) < latest) wrong.push(`${id} is out of order in ${key}`);
      last.set(who, Math.max(latest, row?.begins ?? 0));
    }
  }
  for (const { id, state, is_command } of byId.values()) {
    if (state === "done" && is_command === 0 && !seen.has(id)) wrong.push(`${id} was answered and stands nowhere`);
  }
  return wrong;
}

/** What exists only while something goes on. */
function leftovers(db: Db): string[] {
  const left = [
    "runs",
    "journal",
    "served",
    "deliveries WHERE state <> 'sent'",
    "inbox WHERE state IN ('held', 'waiting', 'running')",
  ];
  return left.flatMap((what) => {
    const n = db.prepare<[], number>(`SELECT count(*) FROM ${what}`).pluck().get() as number;
    return n === 0 ? [] : [`${n} left in ${what}`];
  });
}
