import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InboundMessage } from "../adapters/record.ts";
import { normalize } from "../adapters/telegram/normalize.ts";
import { LocalLanes } from "../sessions/local-lanes.ts";
import { Router } from "../sessions/router.ts";
import { type Db, openDatabase } from "../sessions/sqlite/database.ts";
import { sqliteStore } from "../sessions/sqlite/store.ts";
import { StrategyRegistry } from "../strategies/index.ts";
import { median, printTable } from "./table.ts";

/**
 * How many messages per second are accepted durably: Telegram payload → source record → plan → inbox row committed →
 * lane woken. Nobody has anything waiting yet, as is usual; beside it, better-sqlite3 inserting the same rows into the same table in transactions of the same size.
 * Both in turn, several rounds in one run; medians.
 */
const MESSAGES = 20_000;
const ROUNDS = 5;
const IN_FLIGHT = [1, 10, 50, 200];

const bot = { account: "default", id: "42", username: "parley_bot" };
const registry = new StrategyRegistry();
const router = new Router({
  registry,
  agent: "main",
  defaults: () => ({
    strategy: "per-user",
    addressing: "mention",
    threads: "per-user",
    busy: "collect",
    compaction: 0.8,
    compactionTokens: 200_000,
    ambient: "off",
    tools: "all",
    maxAgeMs: 60_000,
  }),
  settleMs: 1_000,
});
const overLimit = { chunks: [{ text: "too many", plain: "too many" }] };

const folder = mkdtempSync(join(tmpdir(), "parley-bench-"));
let files = 0;
const fresh = (): Db => openDatabase(join(folder, `${files++}.db`));

function payload(n: number): Parameters<typeof normalize>[0] {
  const chat = n % 100;
  return {
    message_id: n,
    date: 1_800_000_000,
    chat: { id: -1_000_000 - chat, type: "supergroup", title: `Group ${chat}` },
    from: { id: 1_000 + n, is_bot: false, first_name: "Somebody" },
    text: `@parley_bot ${"what do you think of this? ".repeat(12)}${n}`,
    entities: [{ type: "mention", offset: 0, length: 11 }],
  } as Parameters<typeof normalize>[0];
}

/** Keep `inFlight` acceptances under way until all are done. @returns messages per second */
async function accept(inFlight: number): Promise<number> {
  const db = fresh();
  const store = sqliteStore(db);
  const lanes = new LocalLanes({ handler: async () => "idle" });
  let next = 1;
  const begun = performance.now();
  async function producer(): Promise<void> {
    while (next <= MESSAGES) {
      const message = normalize(payload(next++), bot) as InboundMessage;
      const accepted = await store.accept(message, {
        decide: (facts) =>
          router.decide(message, facts, {
            access: () => "allowed",
            command: () => undefined,
            ageMs: 0,
            tooOld: overLimit,
          }),
        overLimit,
        maxWaiting: 1_000,
      });
      if (accepted.kind !== "turn") throw new Error(`a message became ${accepted.kind}`);
      lanes.wake(accepted.lane, accepted.chatRef);
    }
  }
  await Promise.all(Array.from({ length: inFlight }, producer));
  const seconds = (performance.now() - begun) / 1000;
  rows = rows.length > 0 ? rows : readRows(db);
  await store.close();
  return MESSAGES / seconds;
}

type Row = Record<string, string | number | null>;
let rows: Row[] = [];

function readRows(db: Db): Row[] {
  return db.prepare<[], Row>("SELECT * FROM inbox ORDER BY seq").all();
}

/** The same rows, and nothing else. @returns rows per second */
function insertRaw(batch: number): number {
  const db = fresh();
  db.pragma("foreign_keys = OFF");
  const columns = Object.keys(rows[0] as Row).filter((name) => name !== "seq");
  const insert = db.prepare(
    `INSERT INTO inbox (${columns.join()}) VALUES (${columns.map((name) => `@${name}`).join()})`,
  );
  const write = db.transaction((part: Row[]) => {
    for (const row of part) insert.run(row);
  });
  const begun = performance.now();
  for (let at = 0; at < rows.length; at += batch) write.immediate(rows.slice(at, at + batch));
  const seconds = (performance.now() - begun) / 1000;
  db.close();
  return rows.length / seconds;
}

try {
  await accept(50);
  insertRaw(50);
  const table: string[][] = [];
  for (const inFlight of IN_FLIGHT) {
    const [ours, raw]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await accept(inFlight));
      raw.push(insertRaw(inFlight));
    }
    const ratios = ours.map((rate, round) => rate / (raw[round] as number));
    table.push([
      String(inFlight),
      Math.round(median(ours)).toLocaleString("en"),
      Math.round(median(raw)).toLocaleString("en"),
      median(ratios).toFixed(2),
      `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
    ]);
  }
  printTable(["in flight", "accepted/s", "raw inserts/s", "ratio", "range"], table);
} finally {
  rmSync(folder, { recursive: true });
}
