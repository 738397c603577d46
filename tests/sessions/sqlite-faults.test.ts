import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SqliteError } from "better-sqlite3";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { asStoreError } from "../../sessions/sqlite/database.ts";
import { Faults } from "../../sessions/sqlite/faults.ts";
import { openSqliteStore } from "../../sessions/sqlite/store.ts";
import { message, planOf, routing } from "./messages.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "parley-faults-"));
  file = join(folder, "parley.db");
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

const failure = (code: string) => asStoreError(new SqliteError("it failed", code), file);

describe("what SQLite says is put into what can be done", () => {
  test.each([
    ["SQLITE_FULL", "unwritable", /the disk is full \(\d.* MiB are free, the data takes 0\.0 MiB\); free some space/],
    ["SQLITE_READONLY", "unwritable", /read-only disk/],
    ["SQLITE_CANTOPEN", "unwritable", /check that the folder exists/],
    ["SQLITE_IOERR_WRITE", "unwritable", /the disk reports a fault/],
    ["SQLITE_IOERR_READ", "unwritable", /the disk reports a fault/],
    ["SQLITE_BUSY", "locked", /in use by another process.*fuser/],
    ["SQLITE_CORRUPT", "unusable", /parley db check.*parley restore/],
    ["SQLITE_NOTADB", "unusable", /parley db check.*parley restore/],
    ["SQLITE_IOERR_CORRUPTFS", "unusable", /parley db check.*parley restore/],
  ])("%s is %s", (sqlite, code, advice) => {
    expect(failure(sqlite)).toMatchObject({ code, message: expect.stringMatching(advice) });
    expect(failure(sqlite)).toMatchObject({ message: expect.stringContaining(file) });
  });

  test("where a disk fails that cannot be written to at all, its cause is found", () => {
    file = join(folder, "gone", "parley.db");
    expect(failure("SQLITE_IOERR_WRITE")).toMatchObject({
      code: "unwritable",
      message: expect.stringContaining("check that the folder exists"),
    });
  });

  test.each(["SQLITE_CONSTRAINT_UNIQUE", "SQLITE_ERROR", "LEASE"])("%s is nothing of the disk's", (code) => {
    const error = new SqliteError("it failed", code);
    expect(asStoreError(error, file)).toBe(error);
  });
});

describe("faults", () => {
  const readFault = () => new SqliteError("disk I/O error", "SQLITE_IOERR_READ");

  test("a disk that fails to be read again and again is given up", () => {
    const faults = new Faults(file);
    expect(faults.of(readFault())).toMatchObject({ code: "unwritable" });
    faults.passed();
    expect(faults.of(readFault())).toMatchObject({ code: "unwritable" });
    expect(faults.damage).toBeUndefined();
    expect(faults.of(readFault())).toMatchObject({ code: "unusable" });
    expect(faults.damage).toMatchObject({ code: "unusable" });
  });

  test("a disk that is full is never given up", () => {
    const faults = new Faults(file);
    for (let i = 0; i < 100; i++) faults.of(new SqliteError("full", "SQLITE_FULL"));
    expect(faults.damage).toBeUndefined();
  });
});

/** A page in the middle of a conversation becomes nonsense, and can be put back. */
function damage(text: string): () => void {
  const page = 4096;
  const bytes = readFileSync(file);
  const at = bytes.indexOf(text);
  const from = at - (at % page);
  const write = (what: Buffer) => {
    const descriptor = openSync(file, "r+");
    writeSync(descriptor, what, 0, what.length, from);
    closeSync(descriptor);
  };
  write(Buffer.alloc(page, 0xff));
  return () => write(bytes.subarray(from, from + page));
}

test("damage is noticed where it is read, and nothing is written from then on until the store is opened anew", async () => {
  let store = openSqliteStore(folder);
  const inbound = message("alice", "hello");
  const { lane } = planOf(inbound);
  await store.accept(inbound, routing(inbound));
  const claim = async () => {
    const claimed = await store.claim(lane);
    if (claimed.kind !== "run") throw new Error(claimed.kind);
    return claimed.run;
  };
  const run = await claim();
  const text = `the beginning ${"x".repeat(20_000)} the middle ${"y".repeat(20_000)}`;
  await store.journal(run, { message: { role: "user", content: [{ type: "text", text }], author: run.author } });
  await store.end(run, { outcome: "done", deliveries: [] });
  await store.close();
  const repair = damage("the middle");

  store = openSqliteStore(folder);
  const again = message("alice", "are you there?");
  await store.accept(again, routing(again));
  const size = statSync(`${file}-wal`).size;
  await expect(store.history(run.sessionId)).rejects.toMatchObject({ code: "unusable" });
  const more = message("bob", "hello?");
  await expect(store.accept(more, routing(more))).rejects.toMatchObject({
    code: "unusable",
    message: expect.stringMatching(/parley db check.*parley restore/),
  });
  await expect(store.probe()).rejects.toMatchObject({ code: "unusable" });
  expect(statSync(`${file}-wal`).size).toBe(size);
  await store.close();
  repair();

  store = openSqliteStore(folder);
  expect(await store.history(run.sessionId)).toHaveLength(1);
  expect((await claim()).messages).toMatchObject([{ text: "are you there?" }]);
  await store.close();
});

test("a file that is no database is refused, and says what to do", () => {
  writeFileSync(file, "x".repeat(10_000));
  expect(() => openSqliteStore(folder)).toThrow(expect.objectContaining({ code: "unusable" }));
  expect(readFileSync(file, "utf8")).toBe("x".repeat(10_000));
});

test.each(["deleted", "replaced"])(
  "a file that is %s while it is in use is noticed: nothing more is taken",
  async (what) => {
    const store = openSqliteStore(folder);
    const inbound = message("alice", "hi");
    await store.accept(inbound, routing(inbound));
    await store.probe();
    renameSync(file, join(folder, "elsewhere.db"));
    if (what === "replaced") copyFileSync(join(folder, "elsewhere.db"), file);
    await expect(store.probe()).rejects.toMatchObject({ code: "unusable", message: expect.stringContaining("moved") });
    const more = message("alice", "and this");
    await expect(store.accept(more, routing(more))).rejects.toMatchObject({ code: "unusable" });
    await store.close();
  },
);
