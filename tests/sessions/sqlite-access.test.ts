import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AccessRule, Subject } from "../../sessions/access.ts";
import { openDatabase } from "../../sessions/sqlite/database.ts";
import { openSqliteStore, sqliteStore, visitSqliteStore } from "../../sessions/sqlite/store.ts";
import type { Store } from "../../sessions/store.ts";
import { message, NOW, routing } from "./messages.ts";

const account = { platform: "telegram", account: "default" } as const;
const user = (id: string): Subject => ({ ...account, kind: "user", id });
const say = (text: string) => ({ chunks: [{ text, plain: text }] });

function ask(store: Store, who: string, code: string) {
  const inbound = message(who, "let me in", { source: { chat: { id: who, kind: "dm" } } });
  const decision = { kind: "pair", code, notice: say(code), full: say("full") } as const;
  return store.accept(inbound, { ...routing(inbound), decide: () => decision });
}

describe("beside a gateway", () => {
  let folder: string;
  let gateway: Store;
  let visitor: Store;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "parley-beside-"));
    gateway = openSqliteStore(folder);
    visitor = visitSqliteStore(folder);
  });
  afterEach(async () => {
    await visitor.close();
    await gateway.close();
    rmSync(folder, { recursive: true });
  });

  test("what the one writes is a change for the other, once, and for itself none", async () => {
    expect(gateway.changedElsewhere()).toBe(false);
    await gateway.setClaim("h");
    expect(gateway.changedElsewhere()).toBe(false);
    expect(visitor.changedElsewhere()).toBe(true);
    expect(visitor.changedElsewhere()).toBe(false);
    await visitor.pairings();
    expect(gateway.changedElsewhere()).toBe(false);
    await visitor.setAccess(user("alice"), "approved", "cli:op");
    await visitor.setAccess(user("bob"), "approved", "cli:op");
    await gateway.setClaim(null);
    expect(gateway.changedElsewhere()).toBe(true);
    expect(gateway.changedElsewhere()).toBe(false);
    await visitor.close();
    expect(visitor.changedElsewhere()).toBe(false);
  });

  test("an approval is answered by the gateway, and holds for its next message", async () => {
    const { chatRef } = (await ask(gateway, "alice", "CODE0001")) as { chatRef: number };
    const first = await gateway.nextChunk(chatRef);
    await gateway.chunkSent(first as NonNullable<typeof first>, "1");
    expect(await visitor.pairings()).toMatchObject([{ code: "CODE0001", chat: { ref: chatRef } }]);
    const results = await Promise.all([
      visitor.approve("CODE0001", "cli:op", "welcome"),
      gateway.approve("CODE0001", "telegram:root", "welcome"),
    ]);
    expect(results.map(({ kind }) => kind).toSorted()).toEqual(["approved", "unknown"]);
    expect(await gateway.chatsWithDeliveries()).toEqual([chatRef]);
    expect(await gateway.nextChunk(chatRef)).toMatchObject({ text: "welcome" });
    expect(await gateway.standing({ ...account, chatId: "alice" }, ["alice"])).toMatchObject({ user: true });
    expect(await gateway.audit()).toHaveLength(1);
  });

  test("a block stops what the gateway is answering, and what waits there", async () => {
    for (const text of ["runs", "waits"]) {
      const inbound = message("mallory", text);
      await gateway.accept(inbound, routing(inbound));
      if (text === "runs") await gateway.claim("agent:main:telegram:group:-100");
    }
    const { runIds, dropped } = await visitor.setAccess(user("mallory"), "blocked", "cli:op");
    expect(dropped).toBe(1);
    expect(await gateway.stoppedRuns()).toEqual(runIds);
    expect(await gateway.counts()).toMatchObject({ waiting: 0, running: 1 });
  });

  test("a setting is there for the next message", async () => {
    const place = { level: "chat", ...account, chatId: "-100" } as const;
    await visitor.setSettings(place, { strategy: "per-user" }, "cli:op");
    const inbound = message("alice", "hi");
    expect(await gateway.accept(inbound, routing(inbound))).toMatchObject({
      lane: expect.stringContaining("user:alice"),
    });
  });
});

test("a change whose entry in the audit cannot be written is not made", async () => {
  const db = openDatabase(":memory:");
  const store = sqliteStore(db);
  await ask(store, "alice", "CODE0001");
  await store.setClaim("h");
  db.exec("CREATE TRIGGER broken BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'broken'); END");
  const place = { level: "chat", ...account, chatId: "-100" } as const;
  const attempts = [
    () => store.setAccess(user("alice"), "owner", "cli:op"),
    () => store.approve("CODE0001", "cli:op", "welcome"),
    () => store.dismiss("CODE0001", "cli:op"),
    () => store.claimOwner("h", user("bob")),
    () => store.setSettings(place, { strategy: "shared", busy: "steer" }, "cli:op"),
  ];
  for (const attempt of attempts) await expect(attempt()).rejects.toThrow("broken");
  expect(await store.accessEntries()).toEqual([]);
  expect(await store.settingsAt([place])).toEqual([]);
  expect(await store.pairings()).toHaveLength(1);
  db.exec("DROP TRIGGER broken");
  expect(await store.claimOwner("h", user("bob"))).toEqual({ kind: "claimed" });
  expect(await store.approve("CODE0001", "cli:op", "welcome")).toMatchObject({ kind: "approved" });
  await store.close();
});

test("the audit can be added to and nothing else", async () => {
  const db = openDatabase(":memory:");
  const store = sqliteStore(db);
  await store.addAudit({ by: "cli:op", what: "x", where: "web", from: null, to: "1" });
  for (const sql of [
    "UPDATE audit SET to_value = '2'",
    "DELETE FROM audit",
    "INSERT OR REPLACE INTO audit (id, at, by, what, place) VALUES (1, 1, 'a', 'b', 'c')",
    "INSERT INTO audit (id, at, by, what, place) VALUES (1, 1, 'a', 'b', 'c') ON CONFLICT (id) DO UPDATE SET to_value = '2'",
  ]) {
    expect(() => db.exec(sql)).toThrow("the audit is never changed");
  }
  expect(await store.audit()).toMatchObject([{ to: "1" }]);
  await store.close();
});

test("what is looked up on every message's way, and what owners look at, is found by an index", () => {
  const db = openDatabase(":memory:");
  const plan = (sql: string) =>
    db
      .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => detail)
      .join("\n");
  const rules = plan("SELECT rule FROM access WHERE platform = 'p' AND account = 'a' AND id IN ('x', 'y')");
  expect(rules).toContain("SEARCH access USING PRIMARY KEY (platform=? AND account=? AND id=?)");
  expect(plan("SELECT 1 FROM access WHERE rule = 'owner'")).toContain("access_owners");
  expect(plan("SELECT id FROM audit WHERE place >= 'x#' AND place < 'x$'")).toContain("audit_place");
  expect(plan("SELECT id FROM chats WHERE platform = 'p' AND guild = 'g'")).toContain("chats_guild");
  db.close();
});

test("a subject has one rule at most, and the audit tells every change in order", async () => {
  const subjects: Subject[] = [
    user("alice"),
    user("bob"),
    user("carol"),
    { ...account, kind: "chat", id: "-100" },
    { ...account, kind: "guild", id: "g" },
  ];
  const rule = fc.constantFrom<AccessRule | null>("owner", "approved", "blocked", null);
  const step = fc.oneof(
    fc.record({ does: fc.constant("set" as const), subject: fc.constantFrom(...subjects), rule }),
    fc.record({ does: fc.constant("approve" as const), who: fc.constantFrom("alice", "bob", "carol") }),
    fc.record({ does: fc.constant("claim" as const), who: fc.constantFrom("alice", "bob") }),
    fc.record({ does: fc.constant("again" as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const db = openDatabase(":memory:");
      const store = sqliteStore(db, { now: () => NOW });
      const expected = new Map<string, AccessRule>();
      const put = (id: string, to: AccessRule | null) => (to === null ? expected.delete(id) : expected.set(id, to));
      let codes = 0;
      for (const each of steps) {
        if (each.does === "set") {
          const allowed = each.subject.kind === "user" || each.rule === "approved" || each.rule === null;
          const done = await store.setAccess(each.subject, each.rule, "cli:op").catch((error: unknown) => error);
          const before = expected.get(each.subject.id) ?? null;
          if (!allowed) expect(done).toBeInstanceOf(TypeError);
          else if (before === "owner" && each.rule === "blocked") {
            expect(done).toEqual({ changed: false, dropped: 0, runIds: [], refused: "owner" });
          } else {
            expect(done).toMatchObject({ changed: before !== each.rule });
            put(each.subject.id, each.rule);
          }
        } else if (each.does === "approve") {
          const code = `CODE${codes++}`;
          await ask(store, each.who, code);
          const { kind } = await store.approve(code, `cli:op${codes}`, "welcome");
          expect(kind).toBe(expected.get(each.who) === "blocked" ? "unknown" : "approved");
          if (!expected.has(each.who)) put(each.who, "approved");
        } else if (each.does === "claim") {
          await store.setClaim("h");
          const { kind } = await store.claimOwner("h", user(each.who));
          const hasOwner = [...expected.values()].includes("owner");
          if (kind === "claimed") {
            expect(hasOwner || expected.get(each.who) === "blocked").toBe(false);
            put(each.who, "owner");
          } else expect(hasOwner || expected.get(each.who) === "blocked").toBe(true);
          db.exec("DELETE FROM code_trials");
        } else {
          for (const entry of await store.accessEntries()) {
            expect(await store.setAccess(entry, entry.rule, "cli:op")).toMatchObject({ changed: false });
          }
        }
        const entries = await store.accessEntries();
        expect(new Map(entries.map(({ id, rule: stored }) => [id, stored]))).toEqual(expected);
        expect(entries).toHaveLength(expected.size);
      }
      const told = new Map<string, string>();
      for (const { where, from, to } of (await store.audit({ limit: 1_000 })).toReversed()) {
        expect(told.get(where) ?? null).toBe(from);
        expect(to).not.toBe(from);
        if (to === null) told.delete(where);
        else told.set(where, to);
      }
      expect(told).toEqual(new Map([...expected].map(([id, stored]) => [`telegram:${id}`, stored])));
      await store.close();
    }),
    { numRuns: 150 },
  );
});

test("a database of before these tables keeps what it had: people, settings, what waits, runs and is to be sent", async () => {
  const folder = mkdtempSync(join(tmpdir(), "parley-third-"));
  const migrations = new URL("../../sessions/sqlite/migrations/", import.meta.url);
  const db = new Database(join(folder, "parley.db"));
  for (const file of readdirSync(migrations).toSorted().slice(0, 3))
    db.exec(readFileSync(new URL(file, migrations), "utf8"));
  db.pragma("user_version = 3");
  const lane = "agent:main:discord:channel:c";
  const plan = JSON.stringify({ strategy: "shared", agent: "main", attribution: "tagged", thread: "stay" });
  const said = JSON.stringify({ text: "of old", attachments: [] });
  db.exec(`
    INSERT INTO chats (id, platform, account, chat, kind, name, guild, guild_name)
      VALUES (1, 'discord', 'default', 'c', 'channel', 'general', 'g', 'Server');
    INSERT INTO settings VALUES ('chat:discord:default:c', 'strategy', 'shared', 1, 'cli:op');
    INSERT INTO aliases VALUES ('discord', 'default', 'phone', 5, 'alice');
    INSERT INTO vault VALUES ('discord', 'default', 'creds', 'c', 'secret', NULL);
    INSERT INTO sessions (id, key, chat_id, strategy, began_with, started_at) VALUES (1, '${lane}', 1, 'shared', 1, 1);
    INSERT INTO transcript VALUES (1, 1, 'user', '[{"type":"text","text":"hi"}]', 'phone', 'Alice', 1);
    INSERT INTO usage VALUES (1, 1, 1, 1, 'alice', 'm', 1, 2, 3, 4);
    INSERT INTO runs (id, lane, session_id, chat_id, user_id, user_name, holder, fence, attempt, stopped, started_at)
      VALUES (1, '${lane}', 1, 1, 'alice', 'Alice', 'gone', 1, 1, 0, 1);
    INSERT INTO deliveries (id, chat_id, state, created_at) VALUES (7, 1, 'pending', 1);
    INSERT INTO chunks (delivery_id, n, text, plain, files, state)
      VALUES (7, 0, 'old answer', 'old answer', '[{"name":"a.txt","mimeType":"text/plain","text":"x"}]', 'pending');
    INSERT INTO inbox (chat_id, message_id, user_id, user_name, is_command, state, session, lane, plan, payload, continues,
      ready_at, sent_at, received_at, run_id) VALUES
      (1, 'm1', 'alice', 'Alice', 0, 'running', '${lane}', '${lane}', '${plan}', '${said}', 0, 1, 1, 1, 1),
      (1, 'm2', 'bob', 'Bob', 0, 'waiting', '${lane}', '${lane}', '${plan}', '${said}', 0, 1, 1, 1, NULL);
  `);
  db.close();

  const store = openSqliteStore(folder);
  const place = { ...account, platform: "discord", chatId: "c", guildId: "g" } as const;
  expect(await store.settingsAt([{ level: "chat", ...place }])).toEqual([
    { level: "chat", values: { strategy: "shared" } },
  ]);
  expect(await store.audit()).toEqual([]);
  expect(await store.chats()).toMatchObject([{ id: "c", guildId: "g", guildName: "Server" }]);
  expect(await store.history(1)).toMatchObject([{ author: { id: "alice" } }]);
  expect(await store.nextChunk(1)).toMatchObject({ text: "old answer", files: [{ name: "a.txt" }] });
  await store.setAccess({ ...place, kind: "guild", id: "g" }, "approved", "cli:op");
  expect(await store.standing(place, ["bob"])).toMatchObject({ chat: true, blocked: false });
  // What was accepted before is found by who wrote it.
  const blocked = await store.setAccess({ ...place, kind: "user", id: "phone" }, "blocked", "cli:op");
  expect(blocked).toEqual({ changed: true, dropped: 0, runIds: [1] });
  expect(await store.lanes(1)).toMatchObject([
    { lane, running: { userId: "alice" }, waiting: [{ userId: "bob", userName: "Bob" }] },
  ]);
  await store.close();
  rmSync(folder, { recursive: true });
});
