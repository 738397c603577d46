import { expect, onTestFinished, test } from "vitest";
import { createLog } from "../../gateway/log.ts";
import { createMetrics } from "../../gateway/metrics.ts";
import { StoreHealth } from "../../gateway/store-health.ts";
import { openDatabase } from "../../sessions/sqlite/database.ts";
import { sqliteStore } from "../../sessions/sqlite/store.ts";
import { StoreError, type StoreErrorCode } from "../../sessions/store.ts";
import { VirtualClock } from "../../sessions/virtual-clock.ts";
import { message, NOW, routing } from "../sessions/messages.ts";

/** A store that fails when a test says so, and is watched. */
function stage() {
  const clock = new VirtualClock(NOW);
  const inner = sqliteStore(openDatabase(":memory:"), { now: () => clock.now() });
  const logged: Array<{ level: number; msg: string; err?: { code: string } }> = [];
  const log = createLog("info", { write: (line) => void logged.push(JSON.parse(line)) });
  let failure: StoreErrorCode | undefined;
  let probes = 0;
  let recoveries = 0;
  const fails = async () => {
    if (failure !== undefined) throw new StoreError(failure, `the data is ${failure}`);
  };
  const health = new StoreHealth({
    clock,
    log,
    async recovered() {
      recoveries += 1;
    },
  });
  const store = health.watched({
    ...inner,
    accept: async (...args) => {
      await fails();
      return inner.accept(...args);
    },
    history: async (id) => {
      await fails();
      return inner.history(id);
    },
    async probe() {
      probes += 1;
      await fails();
    },
  });
  onTestFinished(() => {
    health.stop();
    expect(clock.pending).toBe(0);
    return inner.close();
  });
  return {
    ...{ clock, store, health, logged },
    says: async () => {
      const inbound = message("alice", "hello");
      return store.accept(inbound, routing(inbound));
    },
    fail(code: StoreErrorCode | undefined): void {
      failure = code;
    },
    async pass(seconds: number): Promise<void> {
      for (let second = 0; second < seconds; second++) {
        clock.advance(1_000);
        await new Promise(setImmediate);
      }
    },
    get probes() {
      return probes;
    },
    get recoveries() {
      return recoveries;
    },
  };
}

const levels = (logged: Array<{ level: number }>) => logged.map(({ level }) => (level >= 50 ? "error" : "info"));

test("a store that works is left alone", async () => {
  const s = stage();
  await s.says();
  await s.pass(60);
  expect([s.health.failing, s.health.failure, s.probes, s.logged]).toEqual([false, undefined, 0, []]);
});

test.each(["unwritable", "locked"] as const)(
  "one that is %s fails until a probe passes, whoever it was that found out",
  async (code) => {
    const s = stage();
    s.fail(code);
    await expect(s.says()).rejects.toMatchObject({ code });
    await expect(s.store.history(1)).rejects.toMatchObject({ code });
    expect(s.health.failure).toBe(`the data is ${code}`);
    await s.pass(5);
    expect([s.health.failing, s.probes, s.recoveries]).toEqual([true, 5, 0]);
    s.fail(undefined);
    await s.pass(1);
    expect([s.health.failing, s.health.failure, s.recoveries]).toEqual([false, undefined, 1]);
    expect(levels(s.logged)).toEqual(["error", "info"]);
    expect(s.logged[0]?.err?.code).toBe(code);
    await s.pass(10);
    expect(s.probes).toBe(6);
  },
);

test("one that is damaged is so until a restart, and nobody tries it again", async () => {
  const s = stage();
  s.fail("unwritable");
  await expect(s.says()).rejects.toThrow();
  s.fail("unusable");
  await s.pass(1);
  s.fail(undefined);
  await s.says();
  await s.pass(60);
  expect([s.health.failure, s.probes, s.recoveries]).toEqual(["the data is unusable", 1, 0]);
  expect(s.logged.map(({ err }) => err?.code)).toEqual(["unwritable", "unusable"]);
});

test("a store that fails again and again has to pass more and more probes, and is believed again after a good while", async () => {
  const s = stage();
  const relapse = async () => {
    s.fail("unwritable");
    await expect(s.says()).rejects.toThrow();
    s.fail(undefined);
    const before = s.probes;
    while (s.health.failing) await s.pass(1);
    return s.probes - before;
  };
  const needed: number[] = [];
  for (let i = 0; i < 7; i++) needed.push(await relapse());
  expect(needed).toEqual([1, 2, 4, 8, 16, 32, 32]);
  await s.pass(120);
  expect(await relapse()).toBe(1);
});

test("what is no failure of the store's is none here", async () => {
  const s = stage();
  await s.store.close();
  await expect(s.says()).rejects.toMatchObject({ code: "closed" });
  await expect(s.store.command(Number.NaN)).rejects.toThrow();
  expect([s.health.failing, s.logged]).toEqual([false, []]);
});

test("once it is stopped it probes no more", async () => {
  const s = stage();
  s.fail("locked");
  await expect(s.says()).rejects.toThrow();
  s.health.stop();
  await expect(s.says()).rejects.toThrow();
  await s.pass(10);
  expect(s.probes).toBe(0);
});

test("metrics say that it fails, and go on also where it cannot be read", async () => {
  const s = stage();
  const metrics = createMetrics(async () => {
    await s.store.history(1);
    return { waiting: 3, running: 2, pendingDeliveries: 1 };
  }, s.health);
  expect(await metrics.registry.metrics()).toMatch(/^parley_store_failing 0$/m);
  s.fail("locked");
  await expect(s.says()).rejects.toThrow();
  const shown = await metrics.registry.metrics();
  expect(shown).toMatch(/^parley_store_failing 1$/m);
  expect(shown).toMatch(/^parley_messages_waiting 3$/m);
});
