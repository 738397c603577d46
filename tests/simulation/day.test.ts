import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HEAVY, HOUR_MS } from "./day.ts";
import { liveDays, type Night } from "./days.ts";

/** More by environment: every other day is one without a restart. */
const HOURS = Number(process.env.PARLEY_SIMULATED_HOURS ?? 48);

/** What is kept for ever, as the administrator's guide says: something of it is added every day. */
const KEPT = ["access", "audit", "chats", "inbox", "links", "sessions", "usage"];
/** Without their words, for a week. */
const KEPT_FOR_A_WEEK = ["deliveries"];

const HEAP_BYTES = 1_500_000;

describe(`${HOURS} hours of a thousand people in three hundred chats`, () => {
  const folder = mkdtempSync(join(tmpdir(), "parley-days-"));
  let nights: Night[] = [];
  beforeAll(async () => {
    nights = await liveDays({ folder, days: Math.ceil(HOURS / 24), groupsPerStrategy: 10, peoplePerPlatform: 1_500 });
  }, HOURS * 10_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  test("every message is answered once, in its chat, or its author is told why not", () => {
    for (const { account, people, rows } of nights) {
      expect(account.wrong).toEqual([]);
      expect(Object.keys(account.refused).sort()).toEqual(["kept back", "over-limit", "overloaded", "stale"]);
      const refused = Object.values(account.refused).reduce((sum, n) => sum + n, 0);
      expect(account.answered).toBeGreaterThan(10 * refused);
      expect(people).toBeGreaterThan(1_000);
      expect(rows.chats).toBeGreaterThan(300);
    }
  });

  test("whoever has used up a day's answers is refused in words, and has as many again the next day", () => {
    for (const { account } of nights) {
      expect(account.overLimit).toMatchObject(Object.fromEntries(HEAVY.map((user) => [user, 4])));
    }
  });

  test("codes expire: of two who asked one was let in, every day", () => {
    expect(nights.map(({ rows }) => [rows.access, rows.pairings, rows.code_trials])).toEqual(
      nights.map((_, day) => [day + 1, 0, 0]),
    );
  });

  test("a clock that is put forth and back is told of each time, and nothing follows from it", () => {
    for (const { clockSteps } of nights) expect(clockSteps).toEqual([HOUR_MS, -HOUR_MS, -HOUR_MS, HOUR_MS]);
  });

  test("a platform that is out of reach and one that asks to wait are tried again", () => {
    for (const { refusedSends } of nights) expect(refusedSends).toBeGreaterThan(1_000);
  });

  test("at night nothing waits, runs, or is timed but the upkeep", () => {
    for (const { counts, lanes, pending } of nights) {
      expect(counts).toEqual({ waiting: 0, running: 0, pendingDeliveries: 0 });
      expect(lanes).toEqual({ queued: 0, running: 0, timers: 0 });
      expect(pending).toBeLessThan(10);
      expect(pending).toBe(nights[0]?.pending);
    }
  });

  test("what was said more than a day ago is nowhere, within the hour", () => {
    for (const { oldest } of nights) {
      for (const age of Object.values(oldest)) expect(age).toBeLessThan(25 * HOUR_MS);
    }
  });

  test("no table grows but those that are kept, and those by what each day adds", () => {
    for (const [day, { rows }] of nights.entries()) {
      const before = nights[day - 1]?.rows ?? {};
      const added = (table: string) => (rows[table] ?? 0) - (before[table] ?? 0);
      for (const [table, count] of Object.entries(rows)) {
        if (day === 0) continue;
        const slack = 5 + 0.03 * count;
        if (KEPT.includes(table) || KEPT_FOR_A_WEEK.includes(table)) {
          const first = nights[0]?.rows[table] ?? 0;
          expect(added(table), `${table} on day ${day}`).toBeLessThanOrEqual(first + slack);
        } else {
          expect(Math.abs(added(table)), `${table} on day ${day}`).toBeLessThanOrEqual(slack);
        }
      }
    }
  });

  test("nothing stays in memory of a day", () => {
    // A gateway that was stopped leaves its metrics behind in a process that goes on, which no program does.
    for (let day = 1; day < nights.length; day += 2) {
      const [before, after] = [nights[day - 1]?.heap ?? 0, nights[day]?.heap ?? Number.POSITIVE_INFINITY];
      expect(after - before, `bytes that day ${day} has left`).toBeLessThan(HEAP_BYTES);
    }
  });
});
