import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { type Db, openDatabase } from "../../sessions/sqlite/database.ts";
import { openSqliteStore, sqliteStore, visitSqliteStore } from "../../sessions/sqlite/store.ts";
import type { Store } from "../../sessions/store.ts";
import { message, NOW, routing } from "./messages.ts";

async function turn(store: Store, user: string, said: string, strategy = "per-user") {
  const inbound = message(user, said);
  const accepted = await store.accept(inbound, routing(inbound, { strategy }));
  const claimed = await store.claim("lane" in accepted ? accepted.lane : "");
  if (claimed.kind !== "run") throw new Error(`no run but ${claimed.kind}`);
  const { run } = claimed;
  const content = [{ type: "text" as const, text: said }];
  await store.journal(run, { message: { role: "user", content, author: run.author } });
  const chunks = [{ text: `answer to ${said}`, plain: `answer to ${said}` }];
  await store.journal(run, { message: { role: "assistant", content } });
  await store.end(run, { outcome: "done", deliveries: [{ to: run.to, chunks, forUserId: user }] });
  for (let chunk = await store.nextChunk(run.chat.ref); chunk; chunk = await store.nextChunk(run.chat.ref)) {
    await store.chunkSent(chunk, `sent-${chunk.deliveryId}`);
  }
  return run;
}

describe("on the disk", () => {
  const onDisk = async (work: (store: Store, folder: string) => Promise<void>) => {
    const folder = mkdtempSync(join(tmpdir(), "parley-erased-"));
    const store = openSqliteStore(folder, { now: () => NOW });
    try {
      await work(store, folder);
    } finally {
      await store.close();
      rmSync(folder, { recursive: true });
    }
  };
  const holding = (folder: string, words: string) =>
    readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(words));
  const secret = (n: number) => `the ${n}th secret ${"of many words ".repeat(n * 20)}`;

  test("nothing is left of what was forgotten or grew too old, and what others said is there", () =>
    onDisk(async (store, folder) => {
      const run = await turn(store, "alice", secret(1));
      for (let n = 2; n < 20; n++) await turn(store, "alice", secret(n));
      await turn(store, "bob", "what bob keeps");
      expect(holding(folder, "th secret")).not.toEqual([]);
      await store.forget({ chatRef: run.chat.ref, userId: "alice", before: 1_000, by: "telegram:alice" });
      expect(holding(folder, "th secret")).toEqual([]);
      expect(holding(folder, "what bob keeps")).not.toEqual([]);
      await store.prune(NOW + 1);
      expect(holding(folder, "what bob keeps")).toEqual([]);
    }));

  test.each(["forget", "prune"])("nothing is left of summaries of what was erased: %s", (how) =>
    onDisk(async (store, folder) => {
      const run = await turn(store, "alice", "what was said");
      for (const [n, words] of [secret(1), secret(2), secret(3)].entries()) {
        const inbound = message("alice", "/compact");
        await store.accept(inbound, routing(inbound, { strategy: "per-user" }));
        const claimed = await store.claim(run.lane);
        if (claimed.kind !== "run") throw new Error(`no run but ${claimed.kind}`);
        const summary = { summary: words, upTo: 2, clearedTo: 2, method: "model" as const };
        await store.compact(claimed.run, { ...summary, tokensBefore: n, tokensAfter: n });
        await store.end(claimed.run, { outcome: "done", deliveries: [], forget: "always" });
      }
      expect(holding(folder, "th secret")).not.toEqual([]);
      const order = { chatRef: run.chat.ref, userId: "alice", before: 1_000, by: "telegram:alice" };
      if (how === "forget") await store.forget(order);
      else await store.prune(NOW + 1);
      expect(holding(folder, "th secret")).toEqual([]);
      expect(await store.context(run.sessionId)).toEqual({ messages: [], tokens: 0 });
    }),
  );

  test("is erased also while somebody else looks on, who is not waited for", () =>
    onDisk(async (store, folder) => {
      const run = await turn(store, "alice", secret(1));
      const visitor = visitSqliteStore(folder);
      const reader = new Database(join(folder, "parley.db"), { readonly: true });
      reader.exec("BEGIN");
      reader.prepare("SELECT count(*) FROM inbox").get();
      const begun = performance.now();
      const forgotten = { chatRef: run.chat.ref, userId: "alice", before: 1_000, by: "cli:x" };
      expect(await visitor.forget(forgotten)).toMatchObject({ sessions: 1 });
      // Far less than the five seconds that a write would wait for another.
      expect(performance.now() - begun).toBeLessThan(4_000);
      reader.close();
      await visitor.close();
      expect(await store.history(run.sessionId)).toEqual([]);
    }));
});

test("files that were sent are in the database no more; those of an answer that may go outside stay until it is sent or dropped", async () => {
  const db = openDatabase(":memory:");
  const store = sqliteStore(db, { now: () => NOW });
  const stored = db.prepare<[], number>("SELECT n FROM chunks WHERE files IS NOT NULL ORDER BY delivery_id, n");
  stored.pluck();
  const chunks = ["one", "two"].map((text) => ({
    text,
    plain: text,
    files: [{ name: "export.json", mimeType: "application/json", text: "all of it" }],
  }));
  async function left(opened: boolean, failing = false): Promise<unknown[]> {
    const inbound = message("alice", "/export", { command: { name: "export", args: "" } });
    const accepted = await store.accept(inbound, routing(inbound, { isCommand: true }));
    const seq = "seq" in accepted ? accepted.seq : 0;
    const to = { platform: "telegram", account: "default", chatId: "-100" } as const;
    const [chatRef = 0] = await store.answerCommand(seq, [{ to, chunks, opened }]);
    const seen: unknown[] = [stored.all()];
    for (let chunk = await store.nextChunk(chatRef); chunk; chunk = await store.nextChunk(chatRef)) {
      if (failing && chunk.index === 1) await store.deliveryFailed(chunk, "refused");
      else await store.chunkSent(chunk, `${seq}-${chunk.index}`);
      seen.push(stored.all());
    }
    db.exec("UPDATE chunks SET files = NULL");
    return seen;
  }
  expect(await left(false)).toEqual([[0, 1], [1], []]);
  expect(await left(true)).toEqual([[0, 1], [0, 1], []]);
  expect(await left(true, true)).toEqual([
    [0, 1],
    [0, 1],
    [0, 1],
  ]);
  await store.close();
});

describe("a long conversation", () => {
  /** Turns of so many rows each: the words, then replies that ask for a tool and its results, then the answer. */
  function fill(db: Db, session: number, turns: number, rows: number): void {
    const insert = db.prepare(
      "INSERT INTO transcript (session_id, seq, role, content, author_id, author_name, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    const words = JSON.stringify([{ type: "text", text: "words" }]);
    const uses = JSON.stringify([{ type: "tool-use", id: "t", name: "x", input: {} }]);
    const result = JSON.stringify([{ type: "tool-result", toolUseId: "t", text: "r", isError: false }]);
    for (let seq = 1; seq <= turns * rows; seq++) {
      const step = (seq - 1) % rows;
      const content = step === 0 || step === rows - 1 ? words : step % 2 === 1 ? uses : result;
      const author = step === 0 ? "alice" : null;
      insert.run(
        session,
        seq,
        content === uses || step === rows - 1 ? "assistant" : "user",
        content,
        author,
        author,
        seq,
      );
    }
  }

  async function pruned(turns: number, rows: number, before: number) {
    const db = openDatabase(":memory:");
    const count = db.prepare<[], { n: number }>("SELECT total_changes() AS n");
    const changes = () => count.get()?.n ?? 0;
    const batches: number[] = [];
    const schedule = (flush: () => void) =>
      void setImmediate(() => {
        const so = changes();
        flush();
        batches.push(changes() - so);
      });
    const store = sqliteStore(db, { now: () => NOW, schedule });
    const { sessionId } = await turn(store, "alice", "first");
    db.exec("DELETE FROM transcript");
    fill(db, sessionId, turns, rows);
    const erased = await store.prune(before);
    const left = (await store.history(sessionId)).length;
    await store.close();
    return { turns: erased, left, largest: Math.max(...batches) };
  }

  test("goes in batches, turn by turn", async () => {
    const { turns, left, largest } = await pruned(700, 4, 2_003);
    expect({ turns, left }).toEqual({ turns: 500, left: 800 });
    expect(largest).toBeLessThan(1_100);
  });

  test("with turns that are longer than a batch loses them whole or not at all", async () => {
    expect(await pruned(3, 1_200, 1_000)).toMatchObject({ turns: 0, left: 3_600 });
    expect(await pruned(3, 1_200, 1_300)).toMatchObject({ turns: 1, left: 2_400 });
    expect(await pruned(3, 1_200, 3_600)).toMatchObject({ turns: 2, left: 1_200 });
    expect(await pruned(3, 1_200, 3_601)).toMatchObject({ turns: 3, left: 0 });
  });
});

test("pictures of before are known to be shown where they are, in transcripts and in journals", async () => {
  const folder = mkdtempSync(join(tmpdir(), "parley-old-"));
  const db = new Database(join(folder, "parley.db"));
  const migrations = new URL("../../sessions/sqlite/migrations/", import.meta.url);
  for (const name of readdirSync(migrations).sort().slice(0, 3)) {
    db.exec(readFileSync(new URL(name, migrations), "utf8"));
  }
  db.pragma("user_version = 3");
  const shows = (...hashes: string[]) =>
    JSON.stringify([
      { type: "text", text: `no "blob": "${hashes[0]}"` },
      ...hashes.map((blob) => ({ type: "image", blob, mimeType: "image/png" })),
    ]);
  db.exec(`
    INSERT INTO chats (id, platform, account, chat, kind) VALUES (1, 'telegram', 'default', '-100', 'group');
    INSERT INTO sessions (id, key, chat_id, strategy, began_with, started_at, ended_at)
      VALUES (1, 'agent:main:telegram:group:-100:user:alice', 1, 'per-user', 1, 1, 2),
             (2, 'agent:main:telegram:group:-100:user:bob', 1, 'per-user', 1, 1, NULL);
    INSERT INTO runs (id, lane, session_id, chat_id, user_id, user_name, holder, fence, attempt, stopped, started_at)
      VALUES (1, 'agent:main:telegram:group:-100:user:bob', 2, 1, 'bob', 'Bob', 'gone', 1, 1, 0, 1);
    INSERT INTO blobs (hash, mime_type, bytes) VALUES ('own', 'image/png', x'01'), ('both', 'image/png', x'02'),
      ('nowhere', 'image/png', x'03');
    INSERT INTO usage (at, session_id, chat_id, user_id, model, input_tokens, output_tokens, cache_read_tokens,
      cache_write_tokens) VALUES (5, 1, 1, 'alice', 'm', 1, 2, 3, 4);
  `);
  const transcript = db.prepare(
    "INSERT INTO transcript (session_id, seq, role, content, author_id, author_name, at) VALUES (1, 1, 'user', ?, 'alice', 'Alice', 1)",
  );
  transcript.run(shows("own", "both", "own"));
  const journal = db.prepare(
    "INSERT INTO journal (run_id, step, role, content, author_id, author_name, at) VALUES (1, 0, 'user', ?, 'bob', 'Bob', 1)",
  );
  journal.run(shows("both"));
  db.close();

  const store = openSqliteStore(folder, { now: () => NOW });
  expect(await store.usageByUser({ since: 0 })).toMatchObject([
    { userId: "alice", userName: "Alice", tokens: 10, runs: 0 },
    { userId: "bob", userName: "Bob", tokens: 0, runs: 1 },
  ]);
  await store.forget({ chatRef: 1, userId: "alice", before: 1_000, by: "cli:x" });
  expect(await store.blob("own")).toBeNull();
  expect(await store.blob("both")).not.toBeNull();
  expect(await store.blob("nowhere")).not.toBeNull();
  await store.prune(NOW);
  expect(await store.blob("nowhere")).toBeNull();
  expect(await store.blob("both")).not.toBeNull();
  await store.close();
  rmSync(folder, { recursive: true });
});

test("what is one person's is found without reading everybody's", () => {
  const db = openDatabase(":memory:");
  const plan = (sql: string) =>
    db
      .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => detail)
      .join("\n");
  const ids = `(SELECT value FROM json_each('["x"]'))`;
  expect(plan(`SELECT sum(input_tokens) FROM usage WHERE user_id IN ${ids} AND at >= 1`)).toContain("usage_user");
  expect(plan("SELECT sum(input_tokens) FROM usage WHERE chat_id IN (1, 2) AND at >= 1")).toContain("usage_chat");
  expect(plan(`SELECT session_id FROM transcript WHERE author_id IN ${ids}`)).toContain("transcript_author");
  expect(plan(`SELECT 1 FROM inbox WHERE chat_id IN (1) AND user_id IN ${ids} AND seq < 5`)).toContain("inbox_people");
  expect(plan(`SELECT id FROM deliveries WHERE chat_id IN (1) AND for_user IN ${ids} AND state = 'sent'`)).toContain(
    "deliveries_reader",
  );
  db.close();
});
