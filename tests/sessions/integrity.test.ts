import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { checkDatabase, inspectFolder } from "../../sessions/sqlite/integrity.ts";
import { RULES } from "../../sessions/sqlite/integrity-rules.ts";
import { openSqliteStore } from "../../sessions/sqlite/store.ts";
import { message, routing } from "./messages.ts";
import { frozenDatabases, latestFrozen, thaw } from "./released/frozen.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "parley-integrity-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

/** The last released database, brought up to date: healthy, with work in every state. */
async function healthy(): Promise<void> {
  thaw(latestFrozen, folder);
  await openSqliteStore(folder).close();
}

/** Change rows behind the store's back. */
function meddle(sql: string): void {
  const db = new Database(join(folder, "parley.db"));
  db.pragma("foreign_keys = OFF");
  db.exec(sql);
  db.close();
}

/** For each rule what breaks it, and whom it names. */
const BROKEN: ReadonlyArray<[what: string, sql: string, at: string]> = [
  ["messages are in a state that does not exist", "UPDATE inbox SET state = 'asleep' WHERE seq = 7", "message 7"],
  [
    "messages are being answered by a run that is not there",
    "UPDATE inbox SET state = 'running', run_id = 99 WHERE seq = 7",
    "message 7",
  ],
  ["messages wait, but not in any queue", "UPDATE inbox SET lane = NULL WHERE seq = 7", "message 7"],
  [
    "commands are in a state that they cannot have",
    "UPDATE inbox SET state = 'running', run_id = 5 WHERE seq = 9",
    "message 9",
  ],
  [
    "messages that are answered together are from several people, or from several conversations",
    "UPDATE inbox SET burst = 5 WHERE seq = 7",
    "message 5",
  ],
  ["messages cannot be read", "UPDATE inbox SET payload = '{' WHERE seq = 7", "inbox 7"],
  ["plans cannot be read", "UPDATE inbox SET plan = 'x' WHERE seq = 7", "inbox 7"],
  ["runs answer nothing", "UPDATE inbox SET state = 'done' WHERE seq = 4", "run 5"],
  [
    "runs stand in another queue than the messages that they answer",
    "UPDATE inbox SET lane = lane || ':thread:1' WHERE seq = 4",
    "run 5",
  ],
  ["runs answer somebody else's messages", "UPDATE runs SET user_id = '1002'", "run 5"],
  [
    "steps of a run that is not there are left",
    "INSERT INTO journal (run_id, step, role, content, at) VALUES (4, 0, 'user', '[]', 1)",
    "run 4",
  ],
  ["steps of a run are missing", "DELETE FROM journal WHERE step = 1", "run 5"],
  ["steps of a run cannot be read", "UPDATE journal SET content = '[' WHERE step = 1", "journal 5, step 1"],
  ["drafts cannot be read", "UPDATE runs SET draft = '{'", "runs 5"],
  [
    "conversations have a gap",
    "UPDATE sessions SET merged_into = NULL; DELETE FROM transcript WHERE session_id = 1 AND seq IN (3, 4)",
    "conversation 1",
  ],
  ["conversations hold what counts as erased", "UPDATE sessions SET erased_to = 1 WHERE id = 2", "conversation 2"],
  [
    "conversations that go on as another one still have something of their own",
    "UPDATE transcript SET session_id = 4 WHERE session_id = 2",
    "conversation 4",
  ],
  [
    "conversations have messages that cannot be read",
    "UPDATE transcript SET content = 'x' WHERE session_id = 1 AND seq = 6",
    "transcript 1, message 6",
  ],
  [
    "conversations have a reply that asks for tools, and no results behind it",
    `UPDATE transcript SET content = '[{"type":"text","text":"?"}]' WHERE session_id = 1 AND seq = 3`,
    "conversation 1, message 2",
  ],
  [
    "summaries stand for something else than whole turns of their conversations",
    `INSERT INTO compactions (session_id, up_to, cleared_to, summary, method, tokens_before, tokens_after, at)
      VALUES (1, 1, 1, 'S', 'model', 9, 3, 1)`,
    "conversation 1, compaction 3",
  ],
  [
    "conversations begin in the middle of a turn",
    "DELETE FROM transcript WHERE session_id = 2 AND seq = 1",
    "conversation 2",
  ],
  [
    "answers are in a state that does not exist",
    "UPDATE chunks SET state = 'lost' WHERE delivery_id = 2 AND n = 1",
    "delivery 2",
  ],
  [
    "answers are to be sent in which nothing is left to send",
    "UPDATE chunks SET state = 'sent' WHERE delivery_id = 2",
    "delivery 2",
  ],
  ["answers count as sent of which a part was not", "UPDATE deliveries SET state = 'sent' WHERE id = 2", "delivery 2"],
  [
    "answers have a part that was sent, or is being sent, before what stands in front of it",
    "UPDATE chunks SET state = iif(n = 0, 'pending', 'sending') WHERE delivery_id = 2",
    "delivery 2",
  ],
  ["answers have lost a part", "DELETE FROM chunks WHERE delivery_id = 2 AND n = 0", "delivery 2"],
  ["files of answers cannot be read", "UPDATE chunks SET files = 'x' WHERE delivery_id = 4", "chunks 4"],
  ["choices of answers cannot be read", "UPDATE chunks SET choices = 'x' WHERE delivery_id = 4", "chunks 4"],
  ["chats have become one that has become another itself", "UPDATE chats SET moved_to = 2 WHERE id = 1", "chat 3"],
  ["links are of a kind that does not exist", "UPDATE links SET kind = 'rope' WHERE id = '31'", "link 31 in chat 1"],
  ["offers cannot be read", "UPDATE offers SET commands = ''", "offers 1"],
  [
    "conversations show pictures that are not there",
    "DELETE FROM blobs WHERE hash IN (SELECT hash FROM blob_refs)",
    "conversation 1",
  ],
  ["conversations show pictures that are not kept for them", "DELETE FROM blob_refs", "conversation 1"],
  ["pictures are kept that nothing shows", "DELETE FROM unshown_blobs", "picture"],
  [
    "messages cannot be found by searching",
    "DELETE FROM recall_due WHERE session_id = 2 AND seq = 1",
    "conversation 2, message 1",
  ],
  [
    "conversations can be searched for what is not in them any more",
    "INSERT INTO recall_rows (session_id, seq) VALUES (2, 99)",
    "conversation 2",
  ],
  [
    "more is kept of what was not said to the bot than may be shown",
    `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 201)
     INSERT INTO ambient (chat_id, message_id, user_id, user_name, text, sent_at, received_at)
     SELECT 1, 'beside' || n, '1002', 'Bob', 'hm', 1, 1 FROM n`,
    "chat 1",
  ],
];

describe("what is wrong in the rows is found", () => {
  test.each(BROKEN)("%s", async (what, sql, at) => {
    await healthy();
    expect(await checkDatabase(folder)).toEqual([]);
    meddle(sql);
    const { problems } = inspectFolder(folder);
    const found = problems.find((problem) => problem.what.startsWith(`parley.db: ${what}: `));
    expect(found?.what, JSON.stringify(problems)).toContain(at);
    expect(found?.todo).toMatch(/^[A-Z].*\.$/);
  });

  test("no rule is left out above", () => {
    expect(BROKEN.map(([what]) => what)).toEqual(RULES.map(({ what }) => what));
  });

  test.each([
    [
      "that was erased",
      "UPDATE sessions SET erased_at = 1, ended_at = 1 WHERE id = 2",
      "hold what counts as erased",
      2,
    ],
    ["that goes on as another one", "SELECT 1", "still have something of their own", 4],
  ])("a compaction of a conversation %s", async (_what, sql, found, session) => {
    await healthy();
    meddle(
      `${sql}; INSERT INTO compactions (session_id, up_to, cleared_to, method, tokens_before, tokens_after, at)
        VALUES (${session}, 0, 1, 'cleared', 9, 9, 1)`,
    );
    const named = new RegExp(`${found}: conversation ${session}\\.`);
    expect(await checkDatabase(folder)).toContainEqual(expect.stringMatching(named));
  });

  test("of many, some are named and the others counted", async () => {
    await healthy();
    meddle("UPDATE inbox SET state = 'asleep'");
    expect(await checkDatabase(folder)).toContainEqual(
      expect.stringMatching(/message 1; .*message 5; and \d+ more\.$/),
    );
  });

  test("a picture that is another one by now", async () => {
    await healthy();
    meddle("UPDATE blobs SET bytes = x'00' WHERE hash IN (SELECT hash FROM blob_refs)");
    expect(await checkDatabase(folder)).toEqual([expect.stringContaining("pictures have changed")]);
  });

  test("rows that refer to others that are not there", async () => {
    await healthy();
    meddle("DELETE FROM chats WHERE id = 2");
    expect(await checkDatabase(folder)).toContainEqual("parley.db: 3 rows of inbox refer to chats that are not there.");
  });

  test("a schema that somebody has changed", async () => {
    await healthy();
    meddle("DROP TRIGGER audit_never_changes; CREATE TABLE mine (n INTEGER)");
    const [problem = "", ...others] = await checkDatabase(folder);
    expect(others).toEqual([]);
    expect(problem).toContain("table mine");
    expect(problem).toContain("trigger audit_never_changes");
  });
});

describe("damage in the files is found", () => {
  /** Write over the file from outside, as a failing disk would. */
  function damage(name: string, at: number, bytes: Buffer): void {
    const file = openSync(join(folder, name), "r+");
    writeSync(file, bytes, 0, bytes.length, at);
    closeSync(file);
  }

  test("a page of the main database", async () => {
    await healthy();
    const { length } = readFileSync(join(folder, "parley.db"));
    for (let page = 4096; page < length; page += 8192) damage("parley.db", page, Buffer.alloc(100, 0xa5));
    const { problems, schema } = inspectFolder(folder);
    expect(problems.length).toBeGreaterThan(0);
    for (const { what, todo } of problems) {
      expect(what).toMatch(/^parley\.db: /);
      expect(todo).toContain("restore the latest backup");
    }
    expect(schema).toBeNull();
  });

  test("a file that is no database at all", async () => {
    writeFileSync(join(folder, "parley.db"), "no database ".repeat(500));
    expect(await checkDatabase(folder)).toEqual(["parley.db: it is damaged or no database (SQLITE_NOTADB)."]);
  });

  test("the web chat's database, and the main one is looked at all the same", async () => {
    await healthy();
    const web = new Database(join(folder, "web.db"));
    web.exec("CREATE TABLE t (b BLOB); INSERT INTO t VALUES (randomblob(100000)); CREATE TABLE u (n INTEGER)");
    web.close();
    expect(await checkDatabase(folder)).toEqual([]);
    damage("web.db", 8192, Buffer.alloc(4096, 0xff));
    const { problems, counts } = inspectFolder(folder);
    expect(problems.length).toBeGreaterThan(0);
    for (const { what } of problems) expect(what).toMatch(/^web\.db: /);
    expect(counts).toMatchObject({ chats: 2, messages: 13, waiting: 5, running: 1, toSend: 2, parked: 1, pictures: 3 });
  });
});

test.each(frozenDatabases)(
  "a database of schema $schema is fine before and after it is brought up to date",
  async (frozen) => {
    thaw(frozen, folder);
    expect(await checkDatabase(folder)).toEqual([]);
    await openSqliteStore(folder).close();
    expect(await checkDatabase(folder)).toEqual([]);
  },
);

test("a database is looked at beside the gateway that writes to it, and as it is at that moment", async () => {
  const store = openSqliteStore(folder);
  const inbound = message("alice", "hi");
  await store.accept(inbound, routing(inbound));
  expect(inspectFolder(folder)).toMatchObject({ problems: [], counts: { chats: 1, messages: 1, waiting: 1 } });
  await store.claim("agent:main:telegram:group:-100");
  expect(await checkDatabase(folder)).toEqual([]);
  await store.close();
});

test("a folder without data is refused", async () => {
  await expect(checkDatabase(folder)).rejects.toMatchObject({ code: "unusable" });
});
