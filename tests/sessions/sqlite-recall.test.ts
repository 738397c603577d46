import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type Db, openDatabase } from "../../sessions/sqlite/database.ts";
import { checkDatabase } from "../../sessions/sqlite/integrity.ts";
import { openSqliteStore, sqliteStore } from "../../sessions/sqlite/store.ts";
import type { Store } from "../../sessions/store.ts";
import { message, NOW, routing } from "./messages.ts";
import { frozenDatabases, thaw } from "./released/frozen.ts";

const account = { platform: "telegram", account: "default" } as const;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "parley-recall-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

async function turn(store: Store, user: string, said: string) {
  const inbound = message(user, said);
  const accepted = await store.accept(inbound, routing(inbound, { strategy: "per-user" }));
  const claimed = await store.claim("lane" in accepted ? accepted.lane : "");
  if (claimed.kind !== "run") throw new Error(`no run but ${claimed.kind}`);
  const { run } = claimed;
  const content = [{ type: "text" as const, text: said }];
  await store.journal(run, { message: { role: "user", content, author: run.author } });
  await store.journal(run, { message: { role: "assistant", content: [{ type: "text", text: "ok" }] } });
  await store.end(run, { outcome: "done", deliveries: [] });
  return run;
}

function opened() {
  const db = openDatabase(":memory:");
  const store = sqliteStore(db, { now: () => NOW });
  onTestFinished(() => store.close());
  return { db, store };
}

const number = (db: Db, sql: string) => db.prepare<[], number>(sql).pluck().get();

describe("on the disk", () => {
  const holding = (word: string) =>
    readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(word));
  /** Words that begin with what tells them apart, so that none is the shortened next of another. */
  const word = (n: number) => `${(n * 7_919).toString(36)}xylophone`;

  test("no single word is left of what was forgotten or grew too old", async () => {
    const store = openSqliteStore(folder, { now: () => NOW });
    onTestFinished(() => store.close());
    const run = await turn(store, "alice", word(1));
    for (let n = 2; n < 100; n++) await turn(store, n % 3 === 0 ? "bob" : "alice", `${word(n)} and ${word(n + 500)}`);
    expect(holding("xylophone")).not.toEqual([]);
    await store.forget({ chatRef: run.chat.ref, userId: "alice", before: 1_000, by: "telegram:alice" });
    const left = Array.from({ length: 99 }, (_, n) => n + 1).filter((n) => holding(word(n)).length > 0);
    expect(left).toEqual(Array.from({ length: 33 }, (_, n) => 3 * (n + 1)));
    await store.prune(NOW + 1);
    expect(holding("xylophone")).toEqual([]);
    expect(await checkDatabase(folder)).toEqual([]);
  });

  test("the index itself never holds a word, and no key of a conversation that is gone", async () => {
    const { db, store } = opened();
    const run = await turn(store, "alice", "xylophone");
    await turn(store, "bob", "xylophone");
    const blocks = db.prepare<[], Buffer>("SELECT block FROM recall_data").pluck().all();
    expect(blocks.some((block) => block.includes("xylo"))).toBe(false);
    expect(number(db, "SELECT count(*) FROM recall_keys")).toBe(2);
    await store.forget({ chatRef: run.chat.ref, userId: "alice", before: 1_000, by: "telegram:alice" });
    expect(number(db, "SELECT count(*) FROM recall_keys")).toBe(1);
  });
});

test("what others say costs a search nothing: no entry of the index belongs to two conversations", async () => {
  const { db, store } = opened();
  for (let n = 0; n < 60; n++) await turn(store, `user${n % 20}`, "everybody says this");
  db.exec("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, recall, row)");
  // Three turns of each, and the model's "ok" to them.
  expect(number(db, "SELECT max(doc) FROM vocabulary")).toBe(3);
  expect(number(db, "SELECT count(*) FROM vocabulary")).toBe(20 * 4);
});

test("conversations of before are searched: at once by whoever searches, else once it is cleaned up", async () => {
  const before = frozenDatabases.find(({ schema }) => schema === 7);
  if (before === undefined) throw new Error("no such database");
  thaw(before, folder);
  const store = openSqliteStore(folder, { now: () => NOW });
  onTestFinished(() => store.close());
  const found = (await store.recall(1, "chart noon", 5)).map(({ role, text }) => `${role}: ${text}`);
  expect(found[0]).toBe("assistant: A chart, at noon.");
  expect(await checkDatabase(folder)).toEqual([]);
  await store.cleanUp(NOW);
  expect(await store.recall(2, "question", 5)).toMatchObject([{ text: "A private question", author: { id: "1001" } }]);
  expect(await checkDatabase(folder)).toEqual([]);
});

test("two conversations that became one are searched under the key of the first, and a check finds nothing", async () => {
  const store = openSqliteStore(folder, { now: () => NOW });
  onTestFinished(() => store.close());
  const { sessionId } = await turn(store, "phone", "before");
  await turn(store, "lid", "after");
  await store.samePerson(account, "phone", "lid");
  expect(await checkDatabase(folder)).toEqual([]);
  expect(await store.recall(sessionId, "before after", 5)).toHaveLength(2);
  expect(await checkDatabase(folder)).toEqual([]);
});

test("parts of words are looked for in the latest million characters alone", async () => {
  const { store } = opened();
  const long = (word: string) => `${word} ${"x".repeat(19_990 - word.length)}`;
  const { sessionId } = await turn(store, "alice", "before-lighthouse");
  await turn(store, "alice", long("then-lighthouse"));
  for (let n = 0; n < 49; n++) await turn(store, "alice", long(`${n}`));
  const texts = async (words: string) => (await store.recall(sessionId, words, 5)).map(({ text }) => text.slice(0, 17));
  expect(await texts("lighthous")).toEqual(["then-lighthouse x", "before-lighthouse"]);
  await turn(store, "alice", long("last"));
  expect(await texts("lighthous")).toEqual(["then-lighthouse x"]);
  // Each sign is folded to 18.
  await turn(store, "alice", "\ufdfa".repeat(3_000));
  expect(await texts("lighthous")).toEqual([]);
  expect(await texts("lighthouse")).toEqual(["then-lighthouse x", "before-lighthouse"]);
});

test("a run ends although its words cannot be taken in", async () => {
  const { db, store } = opened();
  await turn(store, "alice", "before");
  db.exec("DROP TABLE recall_rows; CREATE TABLE recall_rows (id INTEGER PRIMARY KEY, session_id, seq, CHECK (id < 0))");
  const run = await turn(store, "alice", "after");
  expect(await store.history(run.sessionId)).toHaveLength(4);
  expect(number(db, "SELECT count(*) FROM runs")).toBe(0);
});
