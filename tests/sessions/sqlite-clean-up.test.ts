import { expect, onTestFinished, test } from "vitest";
import { DONE_DELIVERIES, DONE_TEXTS } from "../../sessions/sqlite/clean-up.ts";
import { type Db, openDatabase } from "../../sessions/sqlite/database.ts";
import { sqliteStore } from "../../sessions/sqlite/store.ts";
import { message, NOW, routing } from "./messages.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const OLD = NOW - 8 * DAY_MS;

/** A store that holds so many messages that were answered long ago, with their answers. */
function crammed(rows: number, schedule?: (flush: () => void) => void) {
  const db = openDatabase(":memory:");
  const store = sqliteStore(db, { now: () => NOW, ...(schedule && { schedule }) });
  onTestFinished(() => store.close());
  db.exec("INSERT INTO chats (id, platform, account, chat, kind) VALUES (1, 'telegram', 'default', '-100', 'group')");
  const said = db.prepare(
    `INSERT INTO inbox (chat_id, message_id, user_id, user_name, is_command, state, payload, continues, ready_at, sent_at,
       received_at) VALUES (1, ?, 'alice', 'Alice', 0, 'done', '{"text":"secret","attachments":[]}', 0, ?, ?, ?)`,
  );
  const delivery = db.prepare("INSERT INTO deliveries (chat_id, state, created_at) VALUES (1, 'sent', ?)");
  const chunk = db.prepare(
    "INSERT INTO chunks (delivery_id, n, text, plain, state) VALUES (?, ?, 'secret', 'secret', 'sent')",
  );
  db.transaction(() => {
    for (let n = 0; n < rows; n++) {
      said.run(`old${n}`, OLD, OLD, OLD);
      const { lastInsertRowid } = delivery.run(OLD);
      for (const each of [0, 1]) chunk.run(lastInsertRowid, each);
    }
  })();
  return { db, store };
}

function left(db: Db) {
  const count = (of: string) => db.prepare<[], number>(`SELECT count(*) FROM ${of}`).pluck().get();
  return {
    texts: count("inbox WHERE payload LIKE '%secret%'"),
    messages: count("inbox"),
    deliveries: count("deliveries"),
    chunks: count("chunks"),
  };
}

test("thousands of rows go batch by batch, and whoever else wants to write waits for one batch at most", async () => {
  let flushes = 0;
  const { db, store } = crammed(2_001, (flush) =>
    setImmediate(() => {
      flushes += 1;
      flush();
    }),
  );
  const cleaning = store.cleanUp(NOW);
  const inbound = message("bob", "hello");
  await store.accept(inbound, routing(inbound));
  expect(flushes).toBe(1);
  expect(left(db).deliveries).toBeGreaterThan(1_000);
  expect(await cleaning).toBe(2 * 2_001);
  expect(left(db)).toEqual({ texts: 0, messages: 2_002, deliveries: 0, chunks: 0 });
});

test("what a crash leaves in the middle of it is cleaned up the next time", async () => {
  const died = new Error("died");
  let batches = 0;
  const { db, store } = crammed(1_200, (flush) =>
    setImmediate(() => {
      batches += 1;
      if (batches === 2)
        db.exec("CREATE TEMP TRIGGER t BEFORE DELETE ON deliveries BEGIN SELECT RAISE(ABORT, 'x'); END");
      flush();
    }),
  );
  await expect(store.cleanUp(NOW).catch(() => Promise.reject(died))).rejects.toBe(died);
  expect(left(db)).toMatchObject({ deliveries: 700, chunks: 1_400, texts: 1_200 });
  db.exec("DROP TRIGGER t");
  expect(await store.cleanUp(NOW)).toBe(700 + 1_200);
  expect(left(db)).toEqual({ texts: 0, messages: 1_200, deliveries: 0, chunks: 0 });
});

test("a delivery that failed and whose words were erased goes; one that has its words stays", async () => {
  const { db, store } = crammed(2);
  db.exec("UPDATE deliveries SET state = 'failed'; DELETE FROM chunks WHERE delivery_id = 1");
  await store.cleanUp(NOW);
  expect(db.prepare("SELECT id FROM deliveries").pluck().all()).toEqual([2]);
});

test("numbers of deliveries are never given again, so that no key is", async () => {
  const { db, store } = crammed(3);
  await store.cleanUp(NOW);
  const inbound = message("bob", "hello");
  const accepted = await store.accept(inbound, routing(inbound));
  const claim = await store.claim("lane" in accepted ? accepted.lane : "");
  if (claim.kind !== "run") throw new Error(claim.kind);
  const { run } = claim;
  await store.end(run, { outcome: "done", deliveries: [{ to: run.to, chunks: [{ text: "hi", plain: "hi" }] }] });
  expect((await store.nextChunk(run.chat.ref))?.deliveryId).toBe(4);
  expect(left(db).deliveries).toBe(1);
});

test("what there is to clean up is found without a look at what is kept", async () => {
  const { db, store } = crammed(10);
  await store.cleanUp(NOW);
  const plans = [DONE_DELIVERIES, DONE_TEXTS].map((sql) =>
    db.prepare<[number], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(NOW),
  );
  expect(plans.map((steps) => steps.map(({ detail }) => detail))).toEqual([
    [
      "SEARCH d USING INDEX deliveries_done (created_at<?)",
      "CORRELATED SCALAR SUBQUERY 1",
      "SEARCH p USING INTEGER PRIMARY KEY (rowid=?)",
    ],
    ["SEARCH inbox USING INDEX inbox_texts (received_at<?)"],
  ]);
});

test("one message that cannot be read keeps nothing else from being cleaned up", async () => {
  const db = openDatabase(":memory:");
  const store = sqliteStore(db, { now: () => NOW });
  db.exec("INSERT INTO chats (id, platform, account, chat, kind) VALUES (1, 'telegram', 'default', '-100', 'group')");
  const add = db.prepare(
    `INSERT INTO inbox (chat_id, message_id, user_id, user_name, is_command, state, payload, continues, ready_at, sent_at,
       received_at) VALUES (1, ?, 'alice', 'Alice', 0, 'done', ?, 0, 0, 0, 0)`,
  );
  add.run("a", '{"text":"sec');
  add.run("b", '{"text":"secret"}');
  expect(await store.cleanUp(NOW)).toBe(2);
  await store.close();
});

test("who was told that an answer could not be posted is not told again, however long that was ago", async () => {
  let now = NOW;
  const store = sqliteStore(openDatabase(":memory:"), { now: () => now });
  const inbound = message("alice", "x");
  const accepted = await store.accept(inbound, routing(inbound));
  const claim = await store.claim("lane" in accepted ? accepted.lane : "");
  if (claim.kind !== "run") throw new Error(claim.kind);
  const { to, chat } = claim.run;
  const deliveries = [{ to, forUserId: "alice", chunks: [{ text: "answer", plain: "answer" }] }];
  await store.end(claim.run, { outcome: "done", deliveries });
  const next = async () => {
    const chunk = await store.nextChunk(chat.ref);
    if (chunk === null) throw new Error("nothing is to be sent");
    return chunk;
  };
  const instead = { chunks: [{ text: "it cannot be posted", plain: "it cannot be posted" }] };
  const parked = await next();
  await store.deliveryFailed(parked, "refused", instead);
  await store.chunkSent(await next(), "told");
  now += 8 * 24 * 60 * 60 * 1000;
  await store.cleanUp(now);
  await store.retryDeliveries({ id: parked.deliveryId }, "cli:me");
  await store.deliveryFailed(await next(), "refused", instead);
  expect(await store.nextChunk(chat.ref)).toBeNull();
  await store.dropDeliveries({ id: parked.deliveryId }, "cli:me");
  await store.cleanUp(now);
  expect(await store.deliveries()).toEqual([]);
  await store.close();
});
