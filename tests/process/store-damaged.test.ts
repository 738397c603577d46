import { closeSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { TelegramStage } from "../gateway/stage/telegram-stage.ts";
import { FailingStore } from "./failing-store.ts";

const story = Array.from({ length: 4_000 }, (_, i) => `word${i}`).join(" ");

/** Write nonsense over a page of a table, in the file alone. @returns what puts back what was there */
function damage(file: string, table: string): () => void {
  const db = new Database(file, { readonly: true });
  const size = db.pragma("page_size", { simple: true }) as number;
  const page = db
    .prepare<[string], { pageno: number }>("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'overflow' LIMIT 1")
    .get(table)?.pageno;
  db.close();
  if (page === undefined) throw new Error(`${table} is too small to be damaged in its middle`);
  const at = (page - 1) * size;
  const original = Buffer.alloc(size);
  const descriptor = openSync(file, "r");
  readSync(descriptor, original, 0, size, at);
  closeSync(descriptor);
  const write = (bytes: Buffer) => {
    const open = openSync(file, "r+");
    writeSync(open, bytes, 0, size, at);
    closeSync(open);
  };
  write(Buffer.alloc(size, 0xff));
  return () => write(original);
}

function integrity(file: string): unknown {
  const db = new Database(file, { readonly: true });
  const found = db.pragma("integrity_check", { simple: true });
  db.close();
  return found;
}

test("a page that is damaged while the program runs: nothing is taken or damaged any more, and with the page back all goes on", async () => {
  const store = await FailingStore.open(await TelegramStage.open());
  const { theatre } = store;
  const [alice, bob] = [await store.stage.person("Alice"), await store.stage.person("Bob")];
  theatre.claude.script(story);
  store.writes(alice, "tell me a story");
  await alice.hears("word3999");
  await store.quiet();
  const told = store.answers.length;
  // What was just written is in memory: it has to be read anew.
  await theatre.restart();
  const file = join(theatre.dataDir, "parley.db");
  const repair = damage(file, "transcript");

  store.writes(alice, "and then?");
  await store.fails(/is damaged or no database .*parley db check.*parley restore/);
  store.writes(bob, "hello?");
  await expect.poll(async () => (await store.look("/metrics")).text).toMatch(/result="failed"\} [1-9]/);
  expect(store.taken).toEqual(["tell me a story", "and then?"]);
  expect((await store.look("/readyz")).status).toBe(503);
  expect((await store.look("/metrics")).text).toMatch(/^parley_store_failing 1$/m);
  expect(await theatre.gateway.stop()).toBe(0);
  expect(store.logged(/the store/)).toMatchObject([
    {
      level: 50,
      msg: expect.stringContaining("until a restart"),
      err: { message: expect.stringContaining("parley db check") },
    },
  ]);

  repair();
  expect(integrity(file)).toBe("ok");
  await theatre.rise();
  await expect.poll(() => store.answers.length, { timeout: 15_000 }).toBeGreaterThanOrEqual(told + 2);
  await store.quiet();
  expect(store.answers.slice(told)).toEqual(["and then?", "hello?"]);
});

test("data that is no database refuses to start, is left as it was, and says what to do", async () => {
  const store = await FailingStore.open(await TelegramStage.open());
  await store.theatre.gateway.stop();
  const file = join(store.theatre.dataDir, "parley.db");
  const other = "not what it was".repeat(1_000);
  writeFileSync(file, other);
  await expect(store.theatre.rise()).rejects.toThrow(/damaged or no database .*parley db check.*parley restore/);
  expect(readFileSync(file, "utf8")).toBe(other);
});
