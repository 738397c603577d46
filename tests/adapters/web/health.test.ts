import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { Alarms, Stage } from "./stage.ts";

async function open() {
  const alarms = new Alarms();
  const stage = await Stage.open({ environment: { after: alarms.after } });
  const other = new Database(stage.file);
  onTestFinished(() => void other.close());
  return { alarms, stage, other, ann: await stage.join("Ann") };
}

test("while its log cannot be written nothing is taken, and it is not ready; it finds out by itself when it is again", async () => {
  const { alarms, stage, other, ann } = await open();
  const before = alarms.pending;
  other.exec("BEGIN IMMEDIATE");
  for (const _ of ["first", "second"]) {
    const refused = await ann.request("POST", "/rooms/lobby/messages", { text: "hello?", clientId: "c1" });
    expect([refused.status, await refused.json()]).toMatchObject([503, { error: { code: "not-stored" } }]);
  }
  await expect(stage.send({ key: "1" })).rejects.toMatchObject({ code: "temporary" });
  expect(stage.taker.states).toEqual([
    { ready: true },
    { ready: false, reason: expect.stringContaining("cannot be written (SQLITE_BUSY)") },
  ]);
  alarms.ring(1_000);
  await stage.send({ key: "1" }).catch(() => {});
  expect(stage.taker.states).toHaveLength(2);
  other.exec("COMMIT");
  alarms.ring(1_000);
  await expect.poll(() => stage.taker.states.at(-1)).toEqual({ ready: true });
  expect(alarms.pending).toBe(before);
  await ann.say("lobby", "hello?", { clientId: "c1" });
  await stage.send({ key: "1" });
  expect(stage.taker.texts()).toEqual(["hello?"]);
  expect(stage.taker.states).toHaveLength(3);
});

test("a fault of one message's own says nothing of the log", async () => {
  const { stage, ann } = await open();
  await expect(ann.say("lobby", "in no thread", { thread: "m_none" })).rejects.toMatchObject({ status: 404 });
  expect(stage.taker.states).toEqual([{ ready: true }]);
});

test("once it is closing it has no news of its log", async () => {
  const { alarms, stage, other, ann } = await open();
  other.exec("BEGIN IMMEDIATE");
  await ann.request("POST", "/rooms/lobby/messages", { text: "hello?" });
  await stage.adapter.stop();
  other.exec("COMMIT");
  alarms.ring(1_000);
  await stage.send({ key: "1" });
  expect(stage.taker.states.map(({ ready }) => ready)).toEqual([true, false, false]);
});
