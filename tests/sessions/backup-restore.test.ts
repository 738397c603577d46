import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { checkDatabase } from "../../sessions/sqlite/integrity.ts";
import { openSqliteStore, visitSqliteStore } from "../../sessions/sqlite/store.ts";
import { cutOff, dataWith, makeBackup, namesIn, restoreTo, saidIn, scratch, tokenIn } from "./backups/stage.ts";
import { type FrozenDatabase, frozenDatabases, thaw } from "./released/frozen.ts";

const template = mkdtempSync(join(tmpdir(), "parley-restore-"));
const file = join(template, "parley.tar");
let around: string;
let data: string;
beforeAll(async () => {
  await dataWith(join(template, "first"), "of the backup");
  webChat(join(template, "first"), "of the backup");
  await makeBackup(join(template, "first"), file);
  await crash(join(template, "crashed"));
});
afterAll(() => rmSync(template, { recursive: true }));
beforeEach(() => {
  around = scratch();
  data = join(around, "data");
});

/** A database where the web chat has its own. */
function webChat(folder: string, said: string): void {
  const db = new Database(join(folder, "web.db"));
  db.exec("CREATE TABLE said (text TEXT)");
  db.prepare("INSERT INTO said VALUES (?)").run(said);
  db.close();
}

function webChatSaid(folder: string): unknown {
  const db = new Database(join(folder, "web.db"), { readonly: true, fileMustExist: true });
  const said = db.prepare("SELECT text FROM said").pluck().get();
  db.close();
  return said;
}

/** A data folder with other things in it; its database was not closed, so that the last of it stands in its log alone. */
async function crash(folder: string): Promise<void> {
  const living = await dataWith(join(template, "living"), "of the present");
  webChat(living, "of the present");
  const db = new Database(join(living, "parley.db"));
  db.prepare("UPDATE inbox SET payload = json_set(payload, '$.text', 'in the log alone')").run();
  mkdirSync(folder);
  for (const name of ["parley.db", "parley.db-wal", "parley.db-shm", "web.db", "token"]) {
    copyFileSync(join(living, name), join(folder, name));
  }
  db.close();
}

const crashedData = () => cpSync(join(template, "crashed"), data, { recursive: true });

const replacedIn = (folder: string) => readdirSync(folder).filter((name) => name.startsWith("replaced-"));

async function expectRestored(folder: string): Promise<void> {
  expect(await checkDatabase(folder)).toEqual([]);
  expect(await saidIn(folder)).toEqual(["of the backup"]);
  expect(webChatSaid(folder)).toBe("of the backup");
  expect(tokenIn(folder)).toBe("token of of the backup");
}

async function expectAsBefore(folder: string): Promise<void> {
  expect(await saidIn(folder)).toEqual(["in the log alone"]);
  expect(webChatSaid(folder)).toBe("of the present");
  expect(tokenIn(folder)).toBe("token of of the present");
}

describe("restoring", () => {
  test("into a folder that is not there makes it, for its owner alone", async () => {
    expect(await restoreTo(data, file)).toMatchObject({ replaced: null, manifest: { parley: "1.2.3" } });
    const modes = ["parley.db", "web.db", "token"].map((name) => statSync(join(data, name)).mode & 0o777);
    expect([statSync(data).mode & 0o777, ...modes]).toEqual([0o700, 0o600, 0o600, 0o600]);
    await expectRestored(data);
  });

  test("moves what was there into a folder of its own, with what stands in its log alone", async () => {
    crashedData();
    const asked: unknown[] = [];
    const { replaced } = await restoreTo(data, file, { agree: (moved, into) => void asked.push(moved, into) });
    expect(replaced).toBe(join(data, "replaced-1970-01-01T00-00-00"));
    expect(asked).toEqual([["parley.db", "web.db", "token"], replaced]);
    await expectRestored(data);
    await expectAsBefore(replaced ?? "");
  });

  test("moves away what the backup does not hold as well, and never into a folder of an earlier time", async () => {
    const small = join(around, "small.tar");
    await makeBackup(await dataWith(join(around, "second"), "small"), small);
    crashedData();
    await restoreTo(data, file);
    await restoreTo(data, small);
    expect(existsSync(join(data, "web.db"))).toBe(false);
    expect(replacedIn(data)).toEqual(["replaced-1970-01-01T00-00-00", "replaced-1970-01-01T00-00-00-2"]);
    expect(webChatSaid(join(data, "replaced-1970-01-01T00-00-00-2"))).toBe("of the backup");
    await expectAsBefore(join(data, "replaced-1970-01-01T00-00-00"));
    expect(await saidIn(data)).toEqual(["small"]);
  });

  test("of an old schema leaves it to the next start to bring it up to date", async () => {
    mkdirSync(join(around, "old"));
    thaw(frozenDatabases[0] as FrozenDatabase, join(around, "old"));
    await makeBackup(join(around, "old"), join(around, "old.tar"));
    await restoreTo(data, join(around, "old.tar"), { schemas: { "parley.db": 99 } });
    await openSqliteStore(data).close();
    expect(await checkDatabase(data)).toEqual([]);
  });

  test("of a newer schema is refused, saying which version is needed", async () => {
    const refusal = {
      code: "unusable",
      message: expect.stringMatching(/newer version of Parley.*made by version 1\.2\.3/),
    };
    await expect(restoreTo(data, file, { schemas: { "parley.db": 1 } })).rejects.toMatchObject(refusal);
    await expect(restoreTo(data, file, { schemas: { "parley.db": 99, "web.db": -1 } })).rejects.toMatchObject(refusal);
    expect(namesIn(data)).toEqual([]);
  });

  test("is refused while a gateway has the folder, and without anybody's agreement; nothing is changed", async () => {
    crashedData();
    const store = openSqliteStore(data);
    await expect(restoreTo(data, file)).rejects.toMatchObject({ code: "locked" });
    await store.close();
    const before = namesIn(data);
    const no = new Error("no");
    const agree = () => {
      throw no;
    };
    await expect(restoreTo(data, file, { agree })).rejects.toBe(no);
    expect(namesIn(data)).toEqual(before);
    await expectAsBefore(data);
  });
});

describe("a restore that is cut off", () => {
  /** Every step of one that replaces everything. */
  const STEPS = [
    "agreed",
    "unpacked",
    "verified",
    "planned",
    "away parley.db-wal",
    "away parley.db-shm",
    "away parley.db",
    "away web.db",
    "away token",
    "in parley.db",
    "in web.db",
    "in token",
    "over",
  ];
  const BEFORE = ["agreed", "unpacked", "verified"];

  beforeEach(crashedData);

  test("has these steps", async () => {
    const steps: string[] = [];
    await restoreTo(data, file, { reached: (step) => void steps.push(step) });
    expect(steps).toEqual(STEPS);
  });

  test.each(STEPS)(
    "at: %s, has changed nothing or is finished by the next start, or the next restore; nothing is lost",
    async (at) => {
      expect(await cutOff("restore", { folder: data, file, at })).toBe("SIGKILL");
      const again = join(around, "again");
      cpSync(data, again, { recursive: true });
      if (!BEFORE.includes(at) && at !== "over") {
        const refusal = { code: "locked", message: expect.stringContaining("not finished") };
        expect(() => visitSqliteStore(data)).toThrow(expect.objectContaining(refusal));
        await expect(checkDatabase(data)).rejects.toMatchObject(refusal);
        await expect(makeBackup(data, join(around, "half.tar"))).rejects.toMatchObject(refusal);
      }
      await openSqliteStore(data).close();
      if (BEFORE.includes(at)) {
        expect(replacedIn(data)).toEqual([]);
        await expectAsBefore(data);
      } else {
        await expectRestored(data);
        await expectAsBefore(join(data, "replaced-1970-01-01T00-00-00"));
      }
      await restoreTo(again, file);
      await expectRestored(again);
      await expectAsBefore(join(again, "replaced-1970-01-01T00-00-00"));
      expect(readdirSync(again).filter((name) => name.startsWith("restor"))).toEqual([]);
    },
  );

  test("is finished step by step by starts that are cut off as well", async () => {
    expect(await cutOff("restore", { folder: data, file, at: "planned" })).toBe("SIGKILL");
    for (const at of STEPS.slice(STEPS.indexOf("planned"))) {
      expect(await cutOff("finish", { folder: data, at }), at).toBe("SIGKILL");
    }
    await openSqliteStore(data).close();
    await expectRestored(data);
    await expectAsBefore(join(data, "replaced-1970-01-01T00-00-00"));
  });

  test("and whose plan cannot be read stops the start, with what to do", async () => {
    expect(await cutOff("restore", { folder: data, file, at: "planned" })).toBe("SIGKILL");
    writeFileSync(join(data, "restored/plan.json"), "{}");
    const refusal = { code: "unusable", message: expect.stringContaining("move") };
    expect(() => openSqliteStore(data)).toThrow(expect.objectContaining(refusal));
    renameSync(join(data, "restored"), join(around, "aside"));
    await openSqliteStore(data).close();
    await expectAsBefore(data);
  });
});
