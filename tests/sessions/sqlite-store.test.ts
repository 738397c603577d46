import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDatabase } from "../../sessions/sqlite/database.ts";
import { GroupCommit } from "../../sessions/sqlite/group-commit.ts";
import { openSqliteStore, visitSqliteStore } from "../../sessions/sqlite/store.ts";
import { message, routing } from "./messages.ts";
import { storeContract } from "./store-contract.ts";

storeContract("SQLite", async (clock) => {
  const folder = mkdtempSync(join(tmpdir(), "parley-store-"));
  const open = () => openSqliteStore(folder, { now: () => clock.now });
  let store = open();
  return {
    store,
    async reopen() {
      await store.close();
      store = open();
      return store;
    },
    async dispose() {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
});

describe("a data folder", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "parley-folder-"));
  });
  afterEach(() => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true });
  });

  test("is one process's alone until it lets go, and others can look on", async () => {
    const store = openSqliteStore(folder);
    expect(() => openSqliteStore(folder)).toThrow(
      expect.objectContaining({ code: "locked", message: expect.stringContaining(`process ${process.pid}`) }),
    );
    const inbound = message("alice", "hi");
    await store.accept(inbound, routing(inbound));
    const visitor = visitSqliteStore(folder);
    expect(await visitor.chats()).toHaveLength(1);
    await visitor.close();
    await store.close();
    await openSqliteStore(folder).close();
  });

  test("is opened with full durability also when the file exists", () => {
    const file = join(folder, "parley.db");
    for (const _ of ["new", "existing"]) {
      const db = openDatabase(file);
      expect(db.pragma("journal_mode", { simple: true })).toBe("wal");
      expect(db.pragma("synchronous", { simple: true })).toBe(2);
      db.close();
    }
  });

  test("that holds something else is refused and left as it is", () => {
    writeFileSync(join(folder, "parley.db"), "this is no database, but somebody may want it back".repeat(100));
    expect(() => openSqliteStore(folder)).toThrow(expect.objectContaining({ code: "unusable" }));
  });

  test("of the first version is brought up to date, and what was waiting, running and pending in it goes on", async () => {
    const db = new Database(join(folder, "parley.db"));
    const schema = new URL("../../sessions/sqlite/migrations/001-core.sql", import.meta.url);
    db.exec(readFileSync(schema, "utf8"));
    db.pragma("user_version = 1");
    const plan = JSON.stringify({
      strategy: "shared",
      agent: "main",
      attribution: "tagged",
      thread: "stay",
      replyTo: "m",
    });
    const payload = JSON.stringify({ text: "from the first version", attachments: [] });
    db.exec(`
      INSERT INTO chats (id, platform, account, chat, kind) VALUES (1, 'telegram', 'default', '-100', 'group');
      INSERT INTO sessions (id, key, chat_id, strategy, began_with, started_at) VALUES (1, 'k', 1, 'shared', 1, 1);
      INSERT INTO runs (id, lane, session_id, chat_id, user_id, user_name, holder, fence, attempt, stopped, started_at)
        VALUES (1, 'k', 1, 1, 'alice', 'Alice', 'gone', 1, 1, 0, 1);
      INSERT INTO deliveries (id, chat_id, state, created_at) VALUES (7, 1, 'pending', 1);
      INSERT INTO chunks (delivery_id, n, text, plain, state) VALUES (7, 0, 'old answer', 'old answer', 'sending');
    `);
    const insert = db.prepare(
      `INSERT INTO inbox (chat_id, message_id, user_id, user_name, is_command, state, session, lane, plan, payload, continues,
         ready_at, sent_at, received_at, run_id) VALUES (1, ?, ?, ?, 0, ?, 'k', 'k', ?, ?, 0, 1, 1, 1, ?)`,
    );
    insert.run("m1", "alice", "Alice", "running", plan, payload, 1);
    insert.run("m2", "bob", "Bob", "waiting", plan, payload, null);
    db.close();

    const store = openSqliteStore(folder);
    expect(await store.nextChunk(1)).toMatchObject({
      key: "1-7-0",
      text: "old answer",
      uncertain: true,
      isAnswer: false,
    });
    for (const author of ["alice", "bob"]) {
      const claimed = await store.claim("k");
      if (claimed.kind !== "run") throw new Error("no run");
      expect(claimed.run).toMatchObject({ author: { id: author }, draft: { begun: false } });
      expect(claimed.run.messages[0]?.text).toBe("from the first version");
      await store.end(claimed.run, { outcome: "done", deliveries: [] });
    }
    await store.close();
  });

  test("that a newer version wrote is refused", async () => {
    await openSqliteStore(folder).close();
    const db = new Database(join(folder, "parley.db"));
    db.pragma("user_version = 99");
    db.close();
    expect(() => openSqliteStore(folder)).toThrow(
      expect.objectContaining({ code: "unusable", message: expect.stringContaining("newer") }),
    );
  });

  test("that cannot be made is refused with what to do", () => {
    writeFileSync(join(folder, "file"), "");
    expect(() => openSqliteStore(join(folder, "file"))).toThrow(
      expect.objectContaining({ code: "unwritable", message: expect.stringContaining("writable") }),
    );
  });
});

describe("group commit", () => {
  test("writes what was handed in together in one transaction, in order", async () => {
    const db = new Database(":memory:");
    db.exec("CREATE TABLE t (n INTEGER)");
    const flushes: (() => void)[] = [];
    const commit = new GroupCommit(db, { schedule: (flush) => flushes.push(flush) });
    const insert = db.prepare("INSERT INTO t VALUES (?)");
    const writes = [1, 2, 3].map((n) => commit.run(() => Number(insert.run(n).lastInsertRowid)));
    expect(flushes).toHaveLength(1);
    expect(db.prepare("SELECT count(*) AS n FROM t").get()).toEqual({ n: 0 });
    flushes[0]?.();
    expect(await Promise.all(writes)).toEqual([1, 2, 3]);
    db.close();
  });

  test("a failure is its own operation's alone", async () => {
    const db = new Database(":memory:");
    db.exec("CREATE TABLE t (n INTEGER UNIQUE)");
    const commit = new GroupCommit(db);
    const insert = db.prepare("INSERT INTO t VALUES (?)");
    const results = await Promise.allSettled([1, 1, 2].map((n) => commit.run(() => insert.run(n).changes)));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(db.prepare("SELECT n FROM t ORDER BY n").all()).toEqual([{ n: 1 }, { n: 2 }]);
    db.close();
  });

  test("a full disk rejects, keeps what was there, and goes on when there is room again", async () => {
    const db = new Database(":memory:");
    db.exec("CREATE TABLE t (bytes BLOB)");
    const commit = new GroupCommit(db);
    const insert = db.prepare("INSERT INTO t VALUES (zeroblob(?))");
    await commit.run(() => insert.run(10));
    db.pragma("max_page_count = 10");
    await expect(commit.run(() => insert.run(1_000_000))).rejects.toMatchObject({ code: "unwritable" });
    db.pragma("max_page_count = 100000");
    await commit.run(() => insert.run(1_000_000));
    expect(db.prepare("SELECT count(*) AS n FROM t").get()).toEqual({ n: 2 });
    db.close();
  });
});

test("queries on what is open use the small indexes, however long the inbox grows", () => {
  const db = openDatabase(":memory:");
  const plan = (sql: string) =>
    db
      .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => detail)
      .join("\n");
  const open = "state IN ('waiting', 'running')";
  expect(
    plan(`SELECT min(seq) FROM inbox WHERE lane = 'x' AND state = 'waiting' AND ${open} GROUP BY user_id`),
  ).toContain("inbox_lane");
  expect(plan(`SELECT lane, min(chat_id) FROM inbox WHERE ${open} AND lane IS NOT NULL GROUP BY lane`)).toContain(
    "inbox_lane",
  );
  const lastPart = "substr(key, length(rtrim(key, replace(key, ':', ''))) + 1)";
  expect(plan(`SELECT id FROM sessions WHERE ${lastPart} = 'x' AND ended_at IS NULL`)).toContain("sessions_person");
  expect(
    plan(
      `SELECT seq FROM inbox WHERE state IN ('held', 'waiting', 'running') AND session IS NOT NULL AND user_id = 'x'
         AND EXISTS (SELECT 1 FROM chats c WHERE c.id = inbox.chat_id AND c.platform = 'p' AND c.account = 'a')`,
    ),
  ).toContain("inbox_author");
  expect(plan("UPDATE aliases SET user_id = 'y' WHERE platform = 'p' AND account = 'a' AND user_id = 'x'")).toContain(
    "aliases_person",
  );
  db.close();
});

test("the database is its owner's alone to read, also one that was not", () => {
  const folder = mkdtempSync(join(tmpdir(), "parley-mode-"));
  const file = join(folder, "parley.db");
  const modes = () => readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777);
  const db = openDatabase(file);
  expect(new Set(modes())).toEqual(new Set([0o600]));
  db.close();
  chmodSync(file, 0o644);
  const again = openDatabase(file);
  expect(modes()).toHaveLength(3);
  expect(new Set(modes())).toEqual(new Set([0o600]));
  again.close();
  rmSync(folder, { recursive: true });
});
