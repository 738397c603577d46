import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { openDatabase } from "../../../adapters/web/log/database.ts";
import { Desk } from "./desk.ts";

/** A gateway's data, with something said. */
async function furnished(): Promise<Desk> {
  const desk = Desk.open();
  await desk.hears("alice", "hi");
  return desk;
}

test("a backup is made beside the gateway, and says what is in it and how to treat it", async () => {
  const desk = await furnished();
  const said = await desk.says("backup", "parley.tar");
  expect(said).toMatch(new RegExp(`^${join(desk.folder, "parley.tar")}: [\\d.]+ KiB, as of 2\\d{3}-`));
  expect(said).toMatch(/^ {2}parley\.db, [\d.]+ KiB, schema \d+$/m);
  expect(said).toContain("Credentials are in it");
  expect(await desk.refuses("backup", "parley.tar")).toContain("--force");
  await desk.says("backup", "parley.tar", "--force");
  desk.env.PARLEY_DATA = "nothing-here";
  expect(await desk.refuses("backup", "other.tar")).toContain("there is nothing to back up");
});

test("a backup is restored where there is nothing, and where there is something once somebody has agreed", async () => {
  const desk = await furnished();
  await desk.says("backup", "parley.tar");
  expect(await desk.refuses("restore", "parley.tar")).toContain("in use by another Parley process");
  await desk.close();
  const data = join(desk.folder, "data");
  const refusal = await desk.refuses("restore", "parley.tar");
  expect(refusal).toMatch(/^There is data in .*: parley\.db would be moved to .*replaced-.*--yes/);
  const said = await desk.says("restore", "parley.tar", "--yes");
  expect(said).toContain("parley db check");
  expect(said).toContain(join(data, "replaced-"));
  expect(readdirSync(data).filter((name) => name.startsWith("replaced-"))).toHaveLength(1);
  desk.env.PARLEY_DATA = "elsewhere";
  expect(await desk.says("restore", "parley.tar")).not.toContain("What was there");
  expect(await desk.says("queue")).toContain("ALICE");
  expect(existsSync(join(desk.folder, "elsewhere/parley.db"))).toBe(true);
  expect(await desk.refuses("restore", "parley.yaml")).toContain("no backup of Parley");
});

test("a check says that all is fine, with sizes and counts, or what is wrong and what to do, with exit code 1", async () => {
  const desk = await furnished();
  const fine = await desk.says("db", "check");
  expect(fine).toMatch(/^parley\.db: [\d.]+ KiB, schema \d+, 1 chats, 1 messages, 1 waiting$/m);
  expect(fine).toContain("is fine.");
  const db = new Database(join(desk.folder, "data/parley.db"));
  db.exec("UPDATE inbox SET lane = NULL, state = 'waiting'");
  db.close();
  const { code, out, err } = await desk.run("db", "check");
  expect(code).toBe(1);
  expect(out).toContain("is not fine.");
  expect(err).toBe(
    "parley.db: messages wait, but not in any queue: message 1. They will not be answered: ask their authors to write again.",
  );
  const json = await desk.run("db", "check", "--json");
  expect(json.code).toBe(1);
  expect(JSON.parse(json.out)).toMatchObject({
    fine: false,
    problems: [{ what: expect.stringContaining("message 1") }],
  });
});

test("a web chat whose log was changed, or written by a newer version, is not fine", async () => {
  const desk = await furnished();
  const file = join(desk.folder, "data/web.db");
  openDatabase(file).close();
  expect(await desk.says("db", "check")).toContain("is fine.");
  const change = (sql: string) => {
    const db = new Database(file);
    db.exec(sql);
    db.close();
  };
  change("DROP TABLE files");
  expect((await desk.run("db", "check")).err).toContain("web.db: the schema was changed: table files");
  change("PRAGMA user_version = 99");
  expect((await desk.run("db", "check")).err).toContain("web.db: a newer version of Parley wrote it");
});
