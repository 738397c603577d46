import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../../sessions/sqlite/database.ts";
import { GroupCommit } from "../../sessions/sqlite/group-commit.ts";
import { sqliteStore } from "../../sessions/sqlite/store.ts";
import { message, routing } from "./messages.ts";

/** A table of numbers, and another process that may write into the same file. */
function stage() {
  const folder = mkdtempSync(join(tmpdir(), "parley-commit-"));
  const file = join(folder, "parley.db");
  const db = new Database(file);
  db.pragma("journal_mode = WAL");
  db.exec("CREATE TABLE t (n INTEGER UNIQUE)");
  const other = new Database(file, { timeout: 0 });
  const pauses: number[] = [];
  const flushes: Array<() => void> = [];
  const commit = new GroupCommit(db, {
    schedule: (flush) => flush(),
    later(ms, flush) {
      pauses.push(ms);
      flushes.push(flush);
    },
  });
  const insert = db.prepare("INSERT INTO t VALUES (?)");
  onTestFinished(() => {
    db.close();
    other.close();
    rmSync(folder, { recursive: true });
  });
  return {
    commit,
    pauses,
    write: (n: number) => commit.run(() => insert.run(n).changes),
    lock: () => other.exec("BEGIN IMMEDIATE"),
    unlock: () => other.exec("COMMIT"),
    written: () => other.prepare("SELECT n FROM t ORDER BY rowid").pluck().all(),
    /** One more try. @returns false if none is planned */
    tryAgain(): boolean {
      const flush = flushes.shift();
      flush?.();
      return flush !== undefined;
    },
  };
}

test("while another process writes, everything waits in its order, and is written when that is done", async () => {
  const { write, lock, unlock, tryAgain, written } = stage();
  lock();
  const first = write(1);
  tryAgain();
  const more = [write(2), write(3)];
  tryAgain();
  expect(written()).toEqual([]);
  unlock();
  tryAgain();
  expect(await Promise.all([first, ...more])).toEqual([1, 1, 1]);
  expect(written()).toEqual([1, 2, 3]);
  expect(tryAgain()).toBe(false);
});

test("a lock is waited for with pauses that are short, and not without any", async () => {
  const { write, lock, pauses, tryAgain } = stage();
  lock();
  const failed = expect(write(1)).rejects.toMatchObject({ code: "locked" });
  while (tryAgain());
  await failed;
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(5);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(50);
  const waited = pauses.reduce((sum, ms) => sum + ms, 0);
  expect(waited).toBeGreaterThanOrEqual(5_000);
  expect(waited).toBeLessThan(5_100);
});

test("a lock that stays rejects all that waits, and what comes then at once, until it is gone", async () => {
  const { write, lock, unlock, pauses, tryAgain, written } = stage();
  lock();
  const outcome = Promise.allSettled([write(1), write(2)]);
  while (tryAgain());
  expect((await outcome).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  const tries = pauses.length;
  await expect(write(3)).rejects.toMatchObject({ code: "locked", message: expect.stringContaining("fuser") });
  expect(pauses).toHaveLength(tries);
  unlock();
  expect(await write(4)).toBe(1);
  expect(written()).toEqual([4]);
  // The next lock is waited for again.
  lock();
  const waiting = write(5);
  expect(pauses).toHaveLength(tries + 1);
  unlock();
  tryAgain();
  expect(await waiting).toBe(1);
});

test("a failure in a batch is its own operation's alone also behind a lock", async () => {
  const { write, lock, unlock, tryAgain, written } = stage();
  lock();
  const outcome = Promise.allSettled([write(1), write(1), write(2)]);
  unlock();
  tryAgain();
  expect((await outcome).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(written()).toEqual([1, 2]);
});

test("closing waits for the lock, takes nothing more and loses nothing", async () => {
  const { commit, write, lock, unlock, tryAgain, written } = stage();
  lock();
  const taken = [write(1), write(2)];
  let closed = false;
  const closing = commit.close().then(() => {
    closed = true;
  });
  await expect(write(3)).rejects.toMatchObject({ code: "closed" });
  tryAgain();
  await new Promise(setImmediate);
  expect(closed).toBe(false);
  unlock();
  tryAgain();
  await closing;
  expect(await Promise.all(taken)).toEqual([1, 1]);
  expect(written()).toEqual([1, 2]);
  await commit.close();
});

test("closing ends also where the lock stays: what waits is rejected", async () => {
  const { commit, write, lock, tryAgain, written } = stage();
  lock();
  const outcome = Promise.allSettled([write(1)]);
  const closing = commit.close();
  while (tryAgain());
  await closing;
  expect(await outcome).toMatchObject([{ status: "rejected", reason: { code: "locked" } }]);
  expect(written()).toEqual([]);
});

test("what is handed in and closed at once is written before the file is let go", async () => {
  const folder = mkdtempSync(join(tmpdir(), "parley-commit-"));
  const store = sqliteStore(openDatabase(join(folder, "parley.db")));
  const inbound = message("alice", "hello");
  const accepted = store.accept(inbound, routing(inbound));
  await store.close();
  expect(await accepted).toMatchObject({ kind: "turn" });
  rmSync(folder, { recursive: true });
});

test("a store that waits for another process lets everything else go on", async () => {
  const folder = mkdtempSync(join(tmpdir(), "parley-commit-"));
  const store = sqliteStore(openDatabase(join(folder, "parley.db")));
  const other = new Database(join(folder, "parley.db"));
  other.exec("BEGIN IMMEDIATE");
  const inbound = message("alice", "hello");
  const accepted = store.accept(inbound, routing(inbound));
  let turns = 0;
  for (; turns < 100; turns++) await new Promise(setImmediate);
  expect(await store.chats()).toEqual([]);
  other.exec("COMMIT");
  expect(await accepted).toMatchObject({ kind: "turn" });
  other.close();
  await store.close();
  rmSync(folder, { recursive: true });
});
