import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { checkDatabase, inspectFolder } from "../../sessions/sqlite/integrity.ts";
import { openSqliteStore, visitSqliteStore } from "../../sessions/sqlite/store.ts";
import { contentOf, frozenDatabases, latestFrozen, thaw } from "./released/frozen.ts";

const GROUP = "-1000000002001";
const MIGRATIONS = join(import.meta.dirname, "../../sessions/sqlite/migrations");
const migrations = readdirSync(MIGRATIONS).toSorted();

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "parley-upgrade-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

describe.each(frozenDatabases)("a database of schema $schema ($name)", (frozen) => {
  test("is what the migrations up to that one make to this day", () => {
    expect(migrations[frozen.schema - 1]).toBe(`${frozen.name}.sql`);
    const db = new Database(":memory:");
    for (const file of migrations.slice(0, frozen.schema)) db.exec(readFileSync(join(MIGRATIONS, file), "utf8"));
    const made = db.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name").all();
    db.close();
    thaw(frozen, folder);
    expect(contentOf(folder).schema).toEqual(made);
  });

  test("is brought up to date and keeps everything that was in it", async () => {
    thaw(frozen, folder);
    expect(inspectFolder(folder)).toMatchObject({
      schema: frozen.schema,
      older: frozen.schema < migrations.length,
      problems: [],
    });
    const before = contentOf(folder);
    const store = openSqliteStore(folder);
    expect(await store.history(1)).toMatchObject([
      { author: { id: "1001", name: "Alice" }, content: [{ type: "text" }, { type: "image", mimeType: "image/png" }] },
      { role: "assistant", content: [{ type: "text" }, { type: "tool-use", id: "toolu_1" }] },
      { role: "user", content: [{ type: "tool-result", toolUseId: "toolu_1" }] },
      { role: "assistant", content: [{ text: "A chart, at noon." }] },
      { author: { id: "1002" }, content: [{ text: "Thanks, it's ‘Bob’ here 🎉" }] },
      { role: "assistant" },
    ]);
    expect(await store.history(2)).toMatchObject([
      { content: [{ text: "A private question" }] },
      { role: "assistant" },
    ]);
    const place = { platform: "telegram", account: "default", chatId: GROUP } as const;
    expect(await store.settingsAt([{ level: "chat", ...place }])).toEqual([
      { level: "chat", values: { strategy: "shared" } },
    ]);
    expect(await store.chats()).toMatchObject([
      { id: GROUP, name: "Team", sessions: 1, waiting: 3, failed: 1 },
      { id: "1001", sessions: 1, waiting: 2 },
    ]);
    expect(await store.usageByUser({ since: 0 })).toMatchObject([
      { userId: "1001", userName: "Alice", tokens: 254 },
      { userId: "1002", userName: "Bob", tokens: 127 },
    ]);
    expect(await store.pendingCommands()).toMatchObject([
      { message: { command: { name: "status" } }, user: { id: "1001" } },
    ]);
    expect((await store.lane(`agent:main:telegram:group:${GROUP}`)).waiting.map(({ userName }) => userName)).toEqual([
      "Bob",
      "Bob",
      "Carol",
    ]);
    await store.close();
    // No row and no column of before was lost, whatever has been added since.
    const after = contentOf(folder);
    for (const [table, rows] of Object.entries(before)) {
      if (table === "schema" || table.startsWith("sqlite_")) continue;
      expect(after[table], table).toEqual(rows.map((row) => expect.objectContaining(row as object)));
    }
    expect(inspectFolder(folder)).toMatchObject({ schema: migrations.length, older: false, problems: [] });
  });
});

test.each(frozenDatabases.filter(({ schema }) => schema < migrations.length))(
  "a database of schema $schema is as it was after a crash in the middle of its upgrade, however far that was, and the next start brings it up to date",
  async (frozen) => {
    thaw(frozen, folder);
    const before = contentOf(folder);
    for (let done = 1; done <= migrations.length - frozen.schema; done++) {
      const script = fileURLToPath(new URL("released/killed-upgrade.ts", import.meta.url));
      const child = spawn(process.execPath, [script, join(folder, "parley.db"), String(done)], { stdio: "ignore" });
      expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
      expect(contentOf(folder)).toEqual(before);
    }
    await openSqliteStore(folder).close();
    expect(inspectFolder(folder)).toMatchObject({ schema: migrations.length, problems: [] });
  },
);

test("the database that was frozen last is written down again as it is, so that the next one can be made of it", () => {
  const script = fileURLToPath(new URL("released/freeze.ts", import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, [script], { input: "", encoding: "utf8" });
  expect(stderr).toBe("");
  expect(stdout).toBe(latestFrozen.sql);
});

test("a database of a newer schema is refused and left as it is, also by those who only look on", async () => {
  thaw(latestFrozen, folder);
  await openSqliteStore(folder).close();
  const db = new Database(join(folder, "parley.db"));
  db.exec("ALTER TABLE chats ADD COLUMN of_tomorrow TEXT; CREATE TABLE tomorrow (n INTEGER) STRICT;");
  db.pragma(`user_version = ${migrations.length + 1}`);
  db.close();
  const bytes = readFileSync(join(folder, "parley.db"));
  const newer = { code: "unusable", message: expect.stringContaining("update Parley") };
  expect(() => openSqliteStore(folder)).toThrow(expect.objectContaining(newer));
  expect(() => visitSqliteStore(folder)).toThrow(expect.objectContaining(newer));
  expect(await checkDatabase(folder)).toEqual([expect.stringContaining("a newer version of Parley wrote it")]);
  expect(readFileSync(join(folder, "parley.db")).equals(bytes)).toBe(true);
});
