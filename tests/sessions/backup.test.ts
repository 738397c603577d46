import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { BACKUP_STEPS } from "../../sessions/sqlite/backup.ts";
import { examineBackup } from "../../sessions/sqlite/examine-backup.ts";
import { checkDatabase, inspectFolder } from "../../sessions/sqlite/integrity.ts";
import { copyAtOneMoment } from "../../sessions/sqlite/snapshot.ts";
import { openSqliteStore } from "../../sessions/sqlite/store.ts";
import {
  cutOff,
  dataWith,
  makeBackup,
  namesIn,
  restoreTo,
  saidIn,
  scratch,
  startWriting,
  tokenIn,
} from "./backups/stage.ts";
import { frozenDatabases, thaw } from "./released/frozen.ts";

let around: string;
let data: string;
let file: string;
beforeEach(() => {
  around = scratch();
  data = join(around, "data");
  file = join(around, "parley.tar");
});

describe("a backup", () => {
  test("holds what was there, can be read by its owner alone, and leaves nothing beside it", async () => {
    await dataWith(data, "hello");
    const before = namesIn(data);
    const { schema } = inspectFolder(data);
    const { bytes, manifest } = await makeBackup(data, file);
    expect(manifest).toMatchObject({
      format: 1,
      parley: "1.2.3",
      createdAt: "2027-01-02T00:00:00.000Z",
      parts: [
        { name: "parley.db", schema },
        { name: "token", schema: null },
      ],
    });
    expect(await examineBackup(file)).toEqual(manifest);
    expect(statSync(file)).toMatchObject({ size: bytes, mode: 0o100600 });
    expect(namesIn(around).filter((name) => !name.startsWith("data/"))).toEqual(["data", "parley.tar"]);
    expect(namesIn(data).filter((name) => !/-(wal|shm)$/.test(name))).toEqual(before);
    await restoreTo(join(around, "new"), file);
    expect(await saidIn(join(around, "new"))).toEqual(["hello"]);
    expect(tokenIn(join(around, "new"))).toBe("token of hello");
  });

  test("is made beside a gateway, with what is committed and still in its log, and does not keep it from writing", async () => {
    await dataWith(data, "first");
    const store = openSqliteStore(data);
    const { message, routing } = await import("./messages.ts");
    const inbound = message("bob", "second");
    await store.accept(inbound, routing(inbound));
    await makeBackup(data, file, {
      reached: (step) => {
        if (step !== "pinned") return;
        const later = message("carol", "too late for it");
        void store.accept(later, routing(later));
      },
    });
    expect((await store.chats())[0]?.waiting).toBe(3);
    await store.close();
    await restoreTo(join(around, "new"), file);
    expect(await saidIn(join(around, "new"))).toEqual(["first"]);
    expect(inspectFolder(join(around, "new"))).toMatchObject({ problems: [], counts: { messages: 2 } });
  });

  test("holds both databases as they were at one moment, however fast somebody writes to both", async () => {
    const writer = await startWriting(data);
    const seen = new Set<number>();
    // Of so many different moments, however little the writer gets to between two of them.
    for (let i = 0; seen.size < 6; i++) {
      const copy = join(around, `copy-${i}`);
      await makeBackup(data, file, { force: true });
      await restoreTo(copy, file);
      const [web, main] = ["web.db", "parley.db"].map((name) => {
        const db = new Database(join(copy, name), { readonly: true });
        const row = db
          .prepare<[], { rows: number; last: number; acknowledged: number }>(
            "SELECT count(*) AS rows, max(n) AS last, coalesce(sum(acknowledged), 0) AS acknowledged FROM steps",
          )
          .get();
        db.close();
        return row ?? { rows: 0, last: 0, acknowledged: 0 };
      }) as [{ rows: number; last: number; acknowledged: number }, { rows: number; last: number }];
      // All of the steps up to one, and of the last one no later part without the earlier.
      expect([web.rows, main.rows]).toEqual([web.last, main.last]);
      expect(web.last - main.last).toBeOneOf([0, 1]);
      expect(main.last - web.acknowledged).toBeOneOf([0, 1]);
      seen.add(web.last);
    }
    writer.send("enough");
    await once(writer, "exit");
  });

  test("is begun while nobody can commit anything to the first database, and copied while everybody can", async () => {
    const files = ["parley.db", "web.db"].map((name) => join(around, name));
    const writers = files.map((name) => {
      const db = new Database(name, { timeout: 0 });
      onTestFinished(() => void db.close());
      db.pragma("journal_mode = WAL");
      db.exec("CREATE TABLE t (n INTEGER)");
      return db.prepare("INSERT INTO t VALUES (1)");
    });
    const canWrite = () =>
      writers.map((write) => {
        try {
          return write.run().changes === 1;
        } catch {
          return false;
        }
      });
    let whileLocked: boolean[] = [];
    let whileCopied: boolean[] = [];
    const { exec } = Database.prototype;
    vi.spyOn(Database.prototype, "exec").mockImplementation(function (this: Database.Database, sql) {
      const result = exec.call(this, sql);
      if (sql === "BEGIN IMMEDIATE") whileLocked = canWrite();
      return result;
    });
    onTestFinished(() => void vi.restoreAllMocks());
    const copies = files.map((from) => ({ from, to: `${from}.copy` }));
    await copyAtOneMoment(copies, () => {
      whileCopied = canWrite();
    });
    expect(whileLocked).toEqual([false, true]);
    expect(whileCopied).toEqual([true, true]);
    // What was committed to the second before its reader was put up is there, and nothing of later.
    const rows = copies.map(({ to }) => {
      const copy = new Database(to);
      onTestFinished(() => void copy.close());
      return copy.prepare("SELECT count(*) FROM t").pluck().get();
    });
    expect(rows).toEqual([0, 1]);
  });

  test.each(frozenDatabases)(
    "of a database of schema $schema brings it up to date neither here nor there",
    async (frozen) => {
      mkdirSync(data);
      thaw(frozen, data);
      const { manifest } = await makeBackup(data, file);
      expect(manifest.parts).toMatchObject([{ name: "parley.db", schema: frozen.schema }]);
      expect(inspectFolder(data).schema).toBe(frozen.schema);
      const copy = join(around, "new");
      await restoreTo(copy, file);
      expect(inspectFolder(copy).schema).toBe(frozen.schema);
      await openSqliteStore(copy).close();
      expect(await checkDatabase(copy)).toEqual([]);
    },
  );

  test("of a damaged database is refused, and the one of before stays", async () => {
    await dataWith(data, ..."abcdefghij".repeat(10));
    await makeBackup(data, file);
    const good = readFileSync(file);
    const bytes = readFileSync(join(data, "parley.db"));
    for (let page = 8192; page < bytes.length; page += 8192) bytes.fill(0xa5, page, page + 200);
    writeFileSync(join(data, "parley.db"), bytes);
    await expect(makeBackup(data, file, { force: true })).rejects.toMatchObject({
      code: "unusable",
      message: expect.stringContaining("damaged"),
    });
    expect(readFileSync(file).equals(good)).toBe(true);
  });
});

describe("a backup is refused", () => {
  beforeEach(() => dataWith(data, "hello"));

  test("where a file is already, unless it may be overwritten", async () => {
    writeFileSync(file, "mine");
    const refusal = { code: "unwritable", message: expect.stringContaining("--force") };
    await expect(makeBackup(data, file)).rejects.toMatchObject(refusal);
    expect(readFileSync(file, "utf8")).toBe("mine");
    await makeBackup(data, file, { force: true });
    expect((await examineBackup(file)).parley).toBe("1.2.3");
  });

  test("in the data folder, whatever way leads there", async () => {
    symlinkSync(data, join(around, "link"));
    mkdirSync(join(data, "deep"));
    for (const place of ["data/parley.db", "link/x.tar", "data/deep/x.tar"]) {
      const refusal = { code: "unwritable", message: expect.stringContaining("in the data folder") };
      await expect(makeBackup(data, join(around, place), { force: true }), place).rejects.toMatchObject(refusal);
    }
    expect(await saidIn(data)).toEqual(["hello"]);
  });

  test("where it cannot be written, or where something else than a file stands", async () => {
    await expect(makeBackup(data, join(around, "nowhere/x.tar"))).rejects.toMatchObject({ code: "unwritable" });
    mkdirSync(join(around, "folder"));
    await expect(makeBackup(data, join(around, "folder"), { force: true })).rejects.toMatchObject({
      code: "unwritable",
    });
    chmodSync(join(around, "folder"), 0o500);
    if (process.getuid?.() !== 0) {
      await expect(makeBackup(data, join(around, "folder/x.tar"))).rejects.toMatchObject({ code: "unwritable" });
    }
  });

  test("while another one goes to the same file; those to other files go on side by side", async () => {
    const [one, same, other] = await Promise.allSettled([
      makeBackup(data, file),
      makeBackup(data, file),
      makeBackup(data, join(around, "other.tar")),
    ]);
    expect([one?.status, same?.status, other?.status]).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(same).toMatchObject({ reason: { code: "locked", message: expect.stringContaining("another process") } });
    expect(namesIn(around).filter((name) => name.includes("unfinished"))).toEqual([]);
  });

  test("if there is no data", async () => {
    await expect(makeBackup(join(around, "nothing"), file)).rejects.toMatchObject({ code: "unusable" });
  });
});

describe.each(BACKUP_STEPS)("a backup that is killed when it is %s", (at) => {
  test("leaves the data as it was and no half of a file, and the next one clears away what is left of it", async () => {
    await dataWith(data, "hello");
    expect(await cutOff("backup", { folder: data, file, at })).toBe("SIGKILL");
    const complete = namesIn(around).includes("parley.tar");
    expect(complete).toBe(at === "named");
    if (complete) expect((await examineBackup(file)).parts).toHaveLength(2);
    expect(namesIn(around)).toContain("parley.tar.parley-unfinished");
    expect(await checkDatabase(data)).toEqual([]);
    await makeBackup(data, join(around, "another.tar"));
    expect(namesIn(around).filter((name) => name.includes("unfinished"))).toEqual([]);
    expect(await saidIn(data)).toEqual(["hello"]);
  });
});
