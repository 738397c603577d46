import { MOST_KEPT } from "./ambient.ts";
import { BEGINS_TURN } from "./turn-starts.ts";

/** Something that holds in every database between two transactions, whatever has happened to the program. */
export interface Rule {
  /** A query for rows that break it; each has one column, `at`, which names the row for an operator. */
  broken: string;
  /** What is wrong where it is broken. */
  what: string;
  /** What an operator can do about it; unless it says otherwise, keep a copy and report it. */
  todo?: string;
}

const ASK_AGAIN = "They will not be answered: ask their authors to write again.";
const OUTBOX = "Nothing more is sent there until it is gone: `parley outbox drop` takes it away.";

const oneOf = (column: string, ...values: string[]) => `${column} IN (${values.map((each) => `'${each}'`).join(", ")})`;
const notJson = (table: string, column: string, id: string) =>
  `SELECT '${table} ' || ${id} AS at FROM ${table} WHERE ${column} IS NOT NULL AND NOT json_valid(${column})`;
/** A table of steps in which all can be read: what cannot is found by a rule of its own. */
const readable = (table: string) => `(SELECT *, iif(json_valid(content), content, '[]') AS blocks FROM ${table})`;
const imagesIn = (table: string, session: string) =>
  `SELECT ${session} AS session, b.value ->> '$.blob' AS hash FROM ${readable(table)} s JOIN json_each(s.blocks) b
   WHERE b.value ->> '$.type' IN ('image', 'document')`;
const shown = `SELECT session, hash FROM (${imagesIn("transcript", "s.session_id")})
  UNION SELECT session, hash FROM (${imagesIn("journal", "(SELECT session_id FROM runs r WHERE r.id = s.run_id)")})
  WHERE session IS NOT NULL`;

const messages: Rule[] = [
  {
    what: "messages are in a state that does not exist",
    broken: `SELECT 'message ' || seq AS at FROM inbox
      WHERE NOT ${oneOf("state", "held", "waiting", "running", "done", "failed", "dropped", "refused")}`,
  },
  {
    what: "messages are being answered by a run that is not there",
    broken: `SELECT 'message ' || seq AS at FROM inbox
      WHERE state = 'running' AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = inbox.run_id)`,
    todo: ASK_AGAIN,
  },
  {
    what: "messages wait, but not in any queue",
    broken: `SELECT 'message ' || seq AS at FROM inbox
      WHERE state IN ('held', 'waiting', 'running') AND (session IS NULL OR plan IS NULL OR (lane IS NULL) <> is_command)`,
    todo: ASK_AGAIN,
  },
  {
    what: "commands are in a state that they cannot have",
    broken: "SELECT 'message ' || seq AS at FROM inbox WHERE is_command = 1 AND state IN ('held', 'running')",
  },
  {
    what: "messages that are answered together are from several people, or from several conversations",
    broken: `SELECT 'message ' || min(seq) AS at FROM inbox WHERE state = 'waiting' AND is_command = 0
      GROUP BY lane, coalesce(burst, seq) HAVING count(DISTINCT user_id) > 1 OR count(DISTINCT session) > 1`,
  },
  { what: "messages cannot be read", broken: notJson("inbox", "payload", "seq") },
  { what: "plans cannot be read", broken: notJson("inbox", "plan", "seq") },
];

const runs: Rule[] = [
  {
    what: "runs answer nothing",
    broken: `SELECT 'run ' || id AS at FROM runs
      WHERE NOT EXISTS (SELECT 1 FROM inbox i WHERE i.run_id = runs.id AND i.state = 'running')`,
  },
  {
    what: "runs stand in another queue than the messages that they answer",
    broken: `SELECT DISTINCT 'run ' || r.id AS at FROM runs r JOIN inbox i ON i.run_id = r.id AND i.state = 'running'
      WHERE i.lane <> r.lane`,
  },
  {
    what: "runs answer somebody else's messages",
    broken: `SELECT DISTINCT 'run ' || r.id AS at FROM runs r JOIN inbox i ON i.run_id = r.id AND i.state = 'running'
      WHERE i.user_id <> r.user_id`,
  },
  {
    what: "steps of a run that is not there are left",
    broken: "SELECT DISTINCT 'run ' || run_id AS at FROM journal WHERE run_id NOT IN (SELECT id FROM runs)",
  },
  {
    what: "steps of a run are missing",
    broken: "SELECT 'run ' || run_id AS at FROM journal GROUP BY run_id HAVING count(*) <> max(step) + 1",
  },
  { what: "steps of a run cannot be read", broken: notJson("journal", "content", "run_id || ', step ' || step") },
  { what: "drafts cannot be read", broken: notJson("runs", "draft", "id") },
];

const conversations: Rule[] = [
  {
    // Where two conversations became one, the second may have lost its beginning before: copies of that have the gap too.
    what: "conversations have a gap",
    broken: `SELECT 'conversation ' || s.id AS at FROM sessions s
      WHERE s.id IN (SELECT session_id FROM transcript GROUP BY session_id HAVING max(seq) - min(seq) + 1 <> count(*))
        AND NOT EXISTS (SELECT 1 FROM sessions m JOIN chats c ON c.id = m.chat_id
          WHERE m.merged_into IS NOT NULL AND (c.id = s.chat_id OR c.moved_to = s.chat_id))`,
  },
  {
    what: "conversations hold what counts as erased",
    broken: `SELECT 'conversation ' || id AS at FROM sessions WHERE EXISTS
      (SELECT 1 FROM transcript t WHERE t.session_id = sessions.id AND (t.seq <= sessions.erased_to OR sessions.erased_at IS NOT NULL))
      UNION SELECT 'conversation ' || s.id FROM sessions s JOIN compactions c ON c.session_id = s.id WHERE s.erased_at IS NOT NULL`,
    todo: "Whoever wanted that to be forgotten can say `/forget` again; retention erases it as well.",
  },
  {
    what: "conversations that go on as another one still have something of their own",
    broken: `SELECT 'conversation ' || id AS at FROM sessions WHERE merged_into IS NOT NULL AND (ended_at IS NULL
      OR EXISTS (SELECT 1 FROM transcript t WHERE t.session_id = sessions.id)
      OR EXISTS (SELECT 1 FROM runs r WHERE r.session_id = sessions.id)
      OR EXISTS (SELECT 1 FROM compactions c WHERE c.session_id = sessions.id)
      OR EXISTS (SELECT 1 FROM sessions m WHERE m.id = sessions.merged_into AND m.merged_into IS NOT NULL))`,
  },
  {
    what: "conversations have messages that cannot be read",
    broken: notJson("transcript", "content", "session_id || ', message ' || seq"),
  },
  {
    what: "conversations have a reply that asks for tools, and no results behind it",
    broken: `SELECT 'conversation ' || t.session_id || ', message ' || t.seq AS at FROM ${readable("transcript")} t
      WHERE t.role = 'assistant' AND EXISTS (SELECT 1 FROM json_each(t.blocks) b WHERE b.value ->> '$.type' = 'tool-use')
        AND NOT EXISTS (SELECT 1 FROM ${readable("transcript")} n, json_each(n.blocks) b WHERE n.session_id = t.session_id
          AND n.seq = t.seq + 1 AND n.role = 'user' AND b.value ->> '$.type' = 'tool-result')`,
    todo: "The model refuses to go on from there: begin the conversation anew with `/new`.",
  },
  {
    what: "summaries stand for something else than whole turns of their conversations",
    broken: `SELECT 'conversation ' || c.session_id || ', compaction ' || c.id AS at FROM compactions c
      WHERE c.summary IS NOT NULL AND (NOT EXISTS (SELECT 1 FROM transcript t WHERE t.session_id = c.session_id AND t.seq = c.up_to)
        OR EXISTS (SELECT 1 FROM (SELECT role, author_id, blocks AS content FROM ${readable("transcript")}
          WHERE session_id = c.session_id AND seq = c.up_to + 1) WHERE NOT (${BEGINS_TURN})))`,
    todo: "The model may refuse to go on from there: begin the conversation anew with `/new`.",
  },
  {
    what: "conversations begin in the middle of a turn",
    broken: `SELECT 'conversation ' || session_id AS at
      FROM (SELECT session_id, role, author_id, blocks AS content, min(seq) FROM ${readable("transcript")} GROUP BY session_id)
      WHERE NOT (${BEGINS_TURN})`,
    todo: "The model may refuse to go on from there: begin the conversation anew with `/new`.",
  },
];

const deliveries: Rule[] = [
  {
    what: "answers are in a state that does not exist",
    broken: `SELECT 'delivery ' || id AS at FROM deliveries WHERE NOT ${oneOf("state", "pending", "sent", "failed", "dropped")}
      UNION ALL SELECT 'delivery ' || delivery_id FROM chunks WHERE NOT ${oneOf("state", "pending", "sending", "sent")}`,
  },
  {
    what: "answers are to be sent in which nothing is left to send",
    broken: `SELECT 'delivery ' || id AS at FROM deliveries d WHERE state = 'pending'
      AND NOT EXISTS (SELECT 1 FROM chunks c WHERE c.delivery_id = d.id AND c.state <> 'sent')`,
    todo: OUTBOX,
  },
  {
    what: "answers count as sent of which a part was not",
    broken: `SELECT 'delivery ' || id AS at FROM deliveries d WHERE state = 'sent'
      AND EXISTS (SELECT 1 FROM chunks c WHERE c.delivery_id = d.id AND c.state <> 'sent')`,
  },
  {
    what: "answers have a part that was sent, or is being sent, before what stands in front of it",
    broken: `SELECT DISTINCT 'delivery ' || d.id AS at FROM deliveries d JOIN chunks c ON c.delivery_id = d.id
      WHERE d.state = 'pending' AND c.state <> 'pending' AND EXISTS
        (SELECT 1 FROM chunks e WHERE e.delivery_id = d.id AND e.n < c.n AND e.state <> 'sent')`,
  },
  {
    what: "answers have lost a part",
    broken: "SELECT 'delivery ' || delivery_id AS at FROM chunks GROUP BY delivery_id HAVING count(*) <> max(n) + 1",
  },
  { what: "files of answers cannot be read", broken: notJson("chunks", "files", "delivery_id"), todo: OUTBOX },
  { what: "choices of answers cannot be read", broken: notJson("chunks", "choices", "delivery_id"), todo: OUTBOX },
];

const places: Rule[] = [
  {
    what: "chats have become one that has become another itself",
    broken: `SELECT 'chat ' || c.id AS at FROM chats c JOIN chats m ON m.id = c.moved_to WHERE m.moved_to IS NOT NULL`,
  },
  {
    what: "links are of a kind that does not exist",
    broken: `SELECT 'link ' || id || ' in chat ' || chat_id AS at FROM links WHERE NOT ${oneOf("kind", "message", "thread")}`,
  },
  { what: "offers cannot be read", broken: notJson("offers", "commands", "chat_id") },
];

const pictures: Rule[] = [
  {
    what: "conversations show pictures that are not there",
    broken: `SELECT DISTINCT 'conversation ' || session_id AS at FROM blob_refs WHERE hash NOT IN (SELECT hash FROM blobs)`,
  },
  {
    what: "conversations show pictures that are not kept for them",
    broken: `SELECT DISTINCT 'conversation ' || session AS at FROM (${shown}) s
      WHERE NOT EXISTS (SELECT 1 FROM blob_refs r WHERE r.hash = s.hash AND r.session_id = s.session)`,
  },
  {
    what: "pictures are kept that nothing shows",
    broken: `SELECT 'picture ' || substr(hash, 1, 12) AS at FROM blobs
      WHERE hash NOT IN (SELECT hash FROM blob_refs) AND hash NOT IN (SELECT hash FROM unshown_blobs)`,
  },
];

const searching: Rule[] = [
  {
    what: "messages cannot be found by searching",
    broken: `SELECT 'conversation ' || session_id || ', message ' || seq AS at FROM transcript t
      WHERE NOT EXISTS (SELECT 1 FROM recall_rows r JOIN recall_docsize d ON d.id = r.id WHERE r.session_id = t.session_id AND r.seq = t.seq)
        AND NOT EXISTS (SELECT 1 FROM recall_due r WHERE r.session_id = t.session_id AND r.seq = t.seq)`,
  },
  {
    what: "conversations can be searched for what is not in them any more",
    broken: `SELECT DISTINCT 'conversation ' || session_id AS at
      FROM (SELECT session_id, seq FROM recall_rows UNION ALL SELECT session_id, seq FROM recall_due) r
      WHERE NOT EXISTS (SELECT 1 FROM transcript t WHERE t.session_id = r.session_id AND t.seq = r.seq)
      UNION ALL SELECT 'conversation ' || session_id FROM recall_keys k
      WHERE NOT EXISTS (SELECT 1 FROM transcript t WHERE t.session_id = k.session_id)
      UNION ALL SELECT 'entry ' || id FROM recall_docsize WHERE id NOT IN (SELECT id FROM recall_rows)`,
  },
];

const beside: Rule[] = [
  {
    what: "more is kept of what was not said to the bot than may be shown",
    broken: `SELECT 'chat ' || chat_id AS at FROM ambient GROUP BY chat_id, thread_id HAVING count(*) > ${MOST_KEPT}`,
  },
];

/** In the order in which they are told. */
export const RULES: readonly Rule[] = [
  ...messages,
  ...runs,
  ...conversations,
  ...deliveries,
  ...places,
  ...pictures,
  ...searching,
  ...beside,
];
