import { randomBytes } from "node:crypto";
import type { Found } from "../recall.ts";
import type { Db } from "./database.ts";
import { personAt } from "./people.ts";
import { folded, termOf, textOf, wordsOf } from "./recall-terms.ts";

const MOST_FOUND = 50;
const MOST_WORDS = 16;
const QUERY_CHARACTERS = 1_000;
/** So many of the latest messages that hold a word are compared. */
const COMPARED = 1_000;
/** So many of the latest messages are looked through for parts of words. */
const LOOKED_THROUGH = 500;
/** Of them, the latest that have so many characters together: nobody else is served meanwhile. */
const CHARACTERS_LOOKED_THROUGH = 1_000_000;
const EXCERPT_CHARACTERS = 600;

interface Row {
  seq: number;
  role: Found["role"];
  content: string;
  author_id: string | null;
  author_name: string | null;
  at: number;
}

export interface Recall {
  /** Take new messages into the index, of one session or of all; runs inside a transaction. @returns how many */
  index(most: number, sessionId?: number): number;
  /** Whether a session has messages that are not in it yet. */
  isBehind(sessionId: number): boolean;
  find(sessionId: number, words: string, limit: number): Found[];
}

/**
 * The words of transcripts, for searching within one session.
 *
 * The index holds no words but what stands for a word of a session under that session's own key. So a search sees what was
 * said in its session and costs what that costs, whatever others say; and what was erased cannot be read out of the file:
 * FTS5 only marks entries as deleted and takes them out when it tidies up, by and by. (Its own overwriting of deleted words
 * takes 1 to 4 ms for each message, in which nobody else can write, and leaves some of them.) The key goes with the last
 * message of its session.
 *
 * Triggers note what was written, take out what was erased, and do both for what has moved, so no writer can forget it.
 */
export function recaller(db: Db, random: (bytes: number) => Buffer = randomBytes): Recall {
  const due = db.prepare<[number], { session_id: number; seq: number; content: string }>(
    "SELECT session_id, seq, content FROM recall_due JOIN transcript USING (session_id, seq) LIMIT ?",
  );
  const dueOf = db.prepare<[number, number], { session_id: number; seq: number; content: string }>(
    `SELECT session_id, seq, content FROM recall_due JOIN transcript USING (session_id, seq) WHERE session_id = ? LIMIT ?`,
  );
  const anyDue = db.prepare<[number]>("SELECT 1 FROM recall_due WHERE session_id = ? LIMIT 1");
  const done = db.prepare<[number, number]>("DELETE FROM recall_due WHERE session_id = ? AND seq = ?");
  const addRow = db.prepare<[number, number]>("INSERT INTO recall_rows (session_id, seq) VALUES (?, ?)");
  const addTerms = db.prepare<[number | bigint, string]>("INSERT INTO recall (rowid, terms) VALUES (?, ?)");
  const keyOf = db.prepare<[number], string>("SELECT key FROM recall_keys WHERE session_id = ?");
  keyOf.pluck();
  const addKey = db.prepare<[number, string]>("INSERT INTO recall_keys (session_id, key) VALUES (?, ?)");
  const merged = db.prepare<[number], number | null>("SELECT merged_into FROM sessions WHERE id = ?");
  merged.pluck();
  const holding = db.prepare<[string], number>(
    `SELECT rowid FROM recall WHERE recall MATCH ? ORDER BY rowid DESC LIMIT ${COMPARED}`,
  );
  holding.pluck();
  const size = db.prepare<[number], number>("SELECT count(*) FROM recall_rows WHERE session_id = ?");
  size.pluck();
  const ROW = `SELECT t.seq, t.role, t.content, ${personAt("t.author_id", "t.at", "c.platform", "c.account")} AS author_id,
       t.author_name, t.at FROM transcript t JOIN sessions s ON s.id = t.session_id JOIN chats c ON c.id = s.chat_id`;
  const byId = db.prepare<[number, number], Row>(
    `${ROW} WHERE (t.session_id, t.seq) = (SELECT session_id, seq FROM recall_rows WHERE id = ? AND session_id = ?)`,
  );
  const latest = db.prepare<[number], Row>(`${ROW} WHERE t.session_id = ? ORDER BY t.seq DESC LIMIT ${LOOKED_THROUGH}`);

  const contentAt = db.prepare<[number, number], string>(
    "SELECT content FROM transcript WHERE session_id = ? AND seq = ?",
  );
  contentAt.pluck();

  const said = (session: number, { seq, content }: Pick<Row, "seq" | "content">) =>
    textOf(content, content.includes('"tool-result"') ? contentAt.get(session, seq - 1) : undefined);
  const present = (sessionId: number) => merged.get(sessionId) ?? sessionId;

  function makeKey(session: number): string {
    const key = random(16).toString("hex");
    addKey.run(session, key);
    return key;
  }

  /** Messages that hold at least one of the words, by how much the words that they hold tell them from others. */
  function byWord(session: number, words: readonly string[], limit: number): Row[] {
    const key = keyOf.get(session);
    if (key === undefined) return [];
    const all = size.get(session) ?? 0;
    const scores = new Map<number, number>();
    for (const word of words) {
      const ids = holding.all(`"${termOf(key, word)}"`);
      for (const id of ids) scores.set(id, (scores.get(id) ?? 0) + Math.log(1 + all / ids.length));
    }
    return [...scores]
      .sort(([a, one], [b, other]) => other - one || b - a)
      .slice(0, limit)
      .flatMap(([id]) => byId.get(id, session) ?? []);
  }

  /**
   * The latest that hold at least one of the words as a part of another, most of them first. What is further back than
   * what is looked through is not found.
   */
  function byPart(session: number, words: readonly string[], limit: number): Row[] {
    const parts = words.filter((word) => word.length > 1);
    if (parts.length === 0) return [];
    const scored: Array<{ row: Row; score: number }> = [];
    let characters = 0;
    for (const row of latest.iterate(session)) {
      const text = said(session, row);
      const plain = folded(text);
      const score = parts.filter((part) => plain.includes(part)).length;
      if (score > 0) scored.push({ row, score });
      // One sign may be folded to many.
      characters += Math.max(text.length, plain.length);
      if (characters >= CHARACTERS_LOOKED_THROUGH) break;
    }
    return scored
      .sort((one, other) => other.score - one.score)
      .slice(0, limit)
      .map(({ row }) => row);
  }

  return {
    index(most, sessionId) {
      const rows = sessionId === undefined ? due.all(most) : dueOf.all(present(sessionId), most);
      for (const { session_id, seq, content } of rows) {
        const key = keyOf.get(session_id) ?? makeKey(session_id);
        const { lastInsertRowid } = addRow.run(session_id, seq);
        const terms = wordsOf(said(session_id, { seq, content })).map((word) => termOf(key, word));
        addTerms.run(lastInsertRowid, terms.join(" "));
        done.run(session_id, seq);
      }
      return rows.length;
    },
    isBehind: (sessionId) => anyDue.get(present(sessionId)) !== undefined,
    find(sessionId, query, limit) {
      const session = present(sessionId);
      const words = wordsOf(query.slice(0, QUERY_CHARACTERS)).slice(0, MOST_WORDS);
      const most = Math.max(0, Math.min(MOST_FOUND, Math.trunc(limit)));
      const whole = byWord(session, words, most);
      return (whole.length > 0 ? whole : byPart(session, words, most)).map((row) =>
        found(row, said(session, row), words),
      );
    },
  };
}

function found({ role, author_id, author_name, at }: Row, text: string, words: readonly string[]): Found {
  const author = author_id === null ? {} : { author: { id: author_id, name: author_name ?? "" } };
  return { at, role, ...author, text: excerpt(text, words) };
}

/** The part of a text around the first of the words. */
function excerpt(text: string, words: readonly string[]): string {
  if (text.length <= EXCERPT_CHARACTERS) return text;
  // Sign by sign, so that places in one are places in the other.
  const plain = Array.from(text, (sign) => (folded(sign).length === sign.length ? folded(sign) : sign)).join("");
  const places = words.map((word) => plain.indexOf(word)).filter((place) => place >= 0);
  const first = places.length === 0 ? 0 : Math.min(...places);
  const from = Math.max(0, Math.min(first - EXCERPT_CHARACTERS / 3, text.length - EXCERPT_CHARACTERS));
  const to = from + EXCERPT_CHARACTERS;
  const cut = text.slice(from, to).replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, "");
  return `${from > 0 ? "…" : ""}${cut}${to < text.length ? "…" : ""}`;
}
