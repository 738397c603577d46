import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Program } from "../gateway/stage/program.ts";
import { TelegramStage } from "../gateway/stage/telegram-stage.ts";
import { FailingStore, makeReadOnly, stages } from "./failing-store.ts";

const NO_LIMITS = "this machine has no prlimit, with which a disk is made full here";
const NOTHING_IMMUTABLE = "this user may write everywhere, and this disk knows no immutable files";
/** The web chat has a log of its own, which fails first. */
const FULL = /let(s it)? grow no further|the log of the web chat cannot be written/;
const LOCKED = /in use by another process, which goes on writing/;

/** Those who are told that nothing was taken in different ways; a lock takes its time. */
const twoStages = stages.filter(([platform]) => platform === "Telegram" || platform === "web");

/**
 * Everybody has been answered, once. What was refused comes again when its author's platform or browser brings it, each at
 * its own time: two people's order is not that in which they first wrote.
 */
async function allAnswered(store: FailingStore, [before, ...texts]: readonly string[]): Promise<void> {
  await expect.poll(() => store.answers.length, { timeout: 15_000 }).toBeGreaterThan(texts.length);
  await store.quiet();
  const [earliest, ...later] = store.answers;
  expect([earliest, ...later.toSorted()]).toEqual([before, ...texts.toSorted()]);
}

/** Two people; one has been answered, and nothing is under way. */
async function begin(openStage: (typeof stages)[number][1]) {
  const store = await FailingStore.open(await openStage());
  const [alice, bob] = [await store.stage.person("Alice"), await store.stage.person("Bob")];
  store.writes(alice, "before");
  await alice.hears("Answer to: before");
  await store.quiet();
  expect(store.taken).toEqual(["before"]);
  return { store, alice, bob };
}

describe.each(stages)("on %s", (platform, openStage) => {
  test("while the disk is full nothing is acknowledged; as soon as there is room everybody is answered, once and in order", async (context) => {
    const { store, alice, bob } = await begin(openStage);
    const makeRoom = store.fillDisk();
    if (makeRoom === undefined) return context.skip(NO_LIMITS);
    store.writes(alice, "first");
    await store.fails(FULL);
    store.writes(bob, "second");
    await store.fails(FULL);
    expect(store.taken).toEqual(["before"]);
    expect(store.theatre.claude.requests).toHaveLength(1);
    makeRoom();
    await store.works();
    await allAnswered(store, ["before", "first", "second"]);
    expect(await store.theatre.gateway.stop()).toBe(0);
    if (platform === "web") return;
    const [failing, well, ...more] = store.logged(/the store/);
    expect(failing).toMatchObject({ level: 50, err: { message: expect.stringContaining("raise the quota") } });
    expect([well?.msg, more]).toEqual(["the store takes writes again", []]);
  });
});

describe.each(twoStages)("on %s", (_, openStage) => {
  test("while another process goes on writing nothing is acknowledged and nothing else stands still; then everybody is answered", async () => {
    const { store, alice, bob } = await begin(openStage);
    const unlock = store.lock();
    store.writes(alice, "first");
    for (let look = 0; look < 5; look++) expect((await store.look("/healthz")).status).toBe(200);
    await store.fails(LOCKED);
    store.writes(bob, "second");
    await store.fails(LOCKED);
    expect(store.taken).toEqual(["before"]);
    unlock();
    await store.works();
    await allAnswered(store, ["before", "first", "second"]);
    expect(await store.theatre.gateway.stop()).toBe(0);
    const [failing, well, ...more] = store.logged(/the store/);
    expect(failing).toMatchObject({ level: 50, err: { message: expect.stringContaining("fuser") } });
    expect([well?.msg, more]).toEqual(["the store takes writes again", []]);
  });
});

test("another process that writes for a moment is noticed by nobody", async () => {
  const { store, alice } = await begin(TelegramStage.open);
  const unlock = store.lock();
  store.writes(alice, "in between");
  const began = performance.now();
  while (performance.now() - began < 300) {
    expect((await store.look("/healthz")).status).toBe(200);
    expect((await store.look("/readyz")).status).toBe(200);
  }
  expect(store.taken).toEqual(["before"]);
  unlock();
  await allAnswered(store, ["before", "in between"]);
  expect(await store.theatre.gateway.stop()).toBe(0);
  expect(store.logged(/the store/)).toEqual([]);
});

test("what the model said while the disk was full is kept, and asked for once", async (context) => {
  const { store, alice } = await begin(TelegramStage.open);
  const gate = store.theatre.claude.hold();
  store.writes(alice, "think about it");
  await gate.reached();
  const makeRoom = store.fillDisk();
  if (makeRoom === undefined) return context.skip(NO_LIMITS);
  gate.release();
  await store.fails(FULL);
  makeRoom();
  await store.works();
  await allAnswered(store, ["before", "think about it"]);
  expect(store.theatre.claude.requests).toHaveLength(2);
});

test("a command that was accepted before the disk was full is answered when there is room, once", async (context) => {
  const { store, alice } = await begin(TelegramStage.open);
  const { tg, group } = store.stage as TelegramStage;
  const lookUp = tg.hang("getChatMember");
  const taken = alice.says("/strategy per-user");
  await lookUp.arrived;
  await taken;
  const makeRoom = store.fillDisk();
  if (makeRoom === undefined) return context.skip(NO_LIMITS);
  lookUp.release();
  await store.fails(FULL);
  makeRoom();
  await store.works();
  await alice.hears("Only an admin");
  await store.quiet();
  expect(tg.sent.filter(({ chatId }) => chatId === group.id)).toHaveLength(2);
});

test("an answer that was on its way when the disk became full stands once", async (context) => {
  const { store, alice } = await begin(TelegramStage.open);
  const sending = (store.stage as TelegramStage).tg.hang("sendMessage", 1);
  store.writes(alice, "on its way");
  await sending.arrived;
  const makeRoom = store.fillDisk();
  if (makeRoom === undefined) return context.skip(NO_LIMITS);
  sending.release();
  await store.fails(FULL);
  makeRoom();
  await store.works();
  await allAnswered(store, ["before", "on its way"]);
});

test("files that become read-only are like a full disk, and the log says where to look", async (context) => {
  const { store, alice } = await begin(TelegramStage.open);
  const end = makeReadOnly(store.theatre.dataDir, { open: true });
  if (end === undefined) return context.skip(NOTHING_IMMUTABLE);
  store.writes(alice, "read only");
  await store.fails(
    /cannot write .*check that the folder exists, is writable for this user and is not on a read-only disk/,
  );
  expect(store.taken).toEqual(["before"]);
  end();
  await store.works();
  await allAnswered(store, ["before", "read only"]);
});

describe("a start", () => {
  function folder(): string {
    const path = mkdtempSync(join(tmpdir(), "parley-start-"));
    onTestFinished(() => rmSync(path, { recursive: true }));
    return path;
  }
  async function start(cwd: string) {
    const program = new Program({ cwd, env: { PARLEY_PORT: "0", PARLEY_DATA: cwd } });
    const code = await program.exited;
    return { code, said: program.errors.join("\n") };
  }

  test("in a folder that is read-only is refused with what to do", async (context) => {
    const cwd = folder();
    if (makeReadOnly(cwd) === undefined) return context.skip(NOTHING_IMMUTABLE);
    const { code, said } = await start(cwd);
    expect(code).toBe(1);
    expect(said).toMatch(/cannot write .*check that the folder exists, is writable for this user/);
  });

  test("on data that is read-only is refused, and leaves it as it was", async (context) => {
    const { store } = await begin(TelegramStage.open);
    await store.theatre.gateway.stop();
    const end = makeReadOnly(store.theatre.dataDir);
    if (end === undefined) return context.skip(NOTHING_IMMUTABLE);
    const { code, said } = await start(store.theatre.dataDir);
    expect(code).toBe(1);
    expect(said).toMatch(/cannot write .*check that the folder exists, is writable for this user/);
    end();
    await store.theatre.rise();
    expect((await store.look("/readyz")).status).toBe(200);
  });
});
