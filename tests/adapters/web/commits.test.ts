import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Database from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Commits } from "../../../adapters/web/log/commits.ts";
import { openDatabase } from "../../../adapters/web/log/database.ts";

let folder: string;
let db: Database.Database;
let commits: Commits;
let count: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "parley-web-"));
  db = openDatabase(join(folder, "web.db"));
  count = 0;
  commits = new Commits(db, () => {
    count += 1;
  });
});

afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

const open = (id: string) => () => {
  db.prepare("INSERT INTO rooms (id, created_at) VALUES (?, 0)").run(id);
  return id;
};
const rooms = () => db.prepare("SELECT id FROM rooms ORDER BY id").pluck().all();

test("every connection syncs each commit, also one to an old file", () => {
  const again = openDatabase(join(folder, "web.db"));
  expect(again.pragma("synchronous", { simple: true })).toBe(2);
  expect(again.pragma("journal_mode", { simple: true })).toBe("wal");
  again.close();
});

test("writes that arrive together are one commit, and each gets its own result", async () => {
  expect(await Promise.all([commits.write(open("a")), commits.write(open("b"))])).toEqual(["a", "b"]);
  expect(count).toBe(1);
});

test("a write that fails takes no other with it", async () => {
  const half = commits.write(() => {
    open("half")();
    throw new Error("changed my mind");
  });
  const results = await Promise.allSettled([commits.write(open("a")), half, commits.write(open("b"))]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(rooms()).toEqual(["a", "b"]);
});

test("a full disk rejects what was not stored and damages nothing", async () => {
  await commits.write(open("before"));
  const pages = db.pragma("page_count", { simple: true });
  db.pragma(`max_page_count = ${pages}`);
  const huge = () => open("x".repeat(100_000))();
  const results = await Promise.allSettled([commits.write(open("a")), commits.write(huge), commits.write(open("b"))]);
  const stored = rooms();
  for (const [index, id] of ["a", "x", "b"].entries()) {
    expect([id, stored.includes(id)]).toEqual([id, results[index]?.status === "fulfilled"]);
  }
  expect(results[1]?.status).toBe("rejected");
  db.pragma("max_page_count = 1000000");
  await commits.write(open("after"));
  expect(rooms()).toContain("before");
  expect(rooms()).toContain("after");
  expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
});

test("a file of a newer version is refused", () => {
  db.pragma("user_version = 99");
  expect(() => openDatabase(join(folder, "web.db"))).toThrow("newer version");
});
