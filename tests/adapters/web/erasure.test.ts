import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Adapter, OutboundChunk } from "../../../adapters/adapter.ts";
import { place, Stage } from "./stage.ts";

const SECRET = "xyzzy-plugh";
const FILE = { name: `${SECRET}.md`, mimeType: "text/markdown", text: SECRET };
const CHOICES = [{ label: SECRET, command: "confirm" }];

function eraserOf({ erase }: Adapter) {
  if (erase === undefined) throw new Error("it cannot erase");
  return erase;
}

/** The bot answers, in two chunks of which the first alone is a reply. */
async function answers(stage: Stage, to: { id: string; user: { id: string } }, chatId: string, threadId?: string) {
  const chunk = { plain: SECRET, text: `<p>${SECRET}</p>`, forUserId: to.user.id, files: [FILE], choices: CHOICES };
  const send = (more: Partial<OutboundChunk>, n: number) =>
    stage.send({ ...chunk, ...more, key: `${to.id}${n}`.slice(-20), index: n }, chatId, threadId);
  return [await send({ replyTo: to.id }, 0), await send({}, 1)];
}

test("what a person said in a room goes with its answers; what others said and were answered stays", async () => {
  const stage = await Stage.open();
  const [ann, bob] = [await stage.join("Ann"), await stage.join("Bob")];
  const question = await ann.say("lobby", SECRET);
  const mine = [question.id, ...(await answers(stage, question, "lobby"))];
  const other = await bob.say("lobby", "mine", { replyTo: question.id });
  const kept = [other.id, ...(await answers(stage, other, "lobby"))];
  const elsewhere = await ann.say("kitchen", "not here");
  const inPrivate = await ann.say("dm", "nor here");
  await bob.hears(({ id }) => id === kept.at(-1));
  expect(await eraserOf(stage.adapter).of(place("lobby"), ann.id)).toBe(3);
  for (const id of mine) await bob.hearsEvent("delete", (gone) => gone.id === id);
  const left = await bob.history("lobby");
  expect(left.map(({ id }) => id)).toEqual(kept);
  expect(left[0]?.quote).toEqual({ userId: ann.id, userName: "Ann" });
  for (const id of mine.slice(1)) {
    expect((await ann.request("GET", `/rooms/lobby/messages/${id}/files/0`)).status).toBe(404);
  }
  expect((await ann.history("kitchen")).map(({ id }) => id)).toEqual([elsewhere.id]);
  expect((await ann.history("dm")).map(({ id }) => id)).toEqual([inPrivate.id]);
  expect(await eraserOf(stage.adapter).of(place("lobby"), ann.id)).toBe(0);
});

test("of a private chat nothing is left, and nobody else's is touched", async () => {
  const stage = await Stage.open();
  const [ann, bob] = [await stage.join("Ann"), await stage.join("Bob")];
  for (const person of [ann, bob]) {
    await person.say("dm", "hello");
    // Neither a reply nor for anybody.
    await stage.send({ key: `note${person.name}` }, `dm:${person.id}`);
  }
  expect(await eraserOf(stage.adapter).of(place(`dm:${ann.id}`), ann.id)).toBe(2);
  expect([await ann.history("dm"), (await bob.history("dm")).length]).toEqual([[], 2]);
  expect(await eraserOf(stage.adapter).of(place(`dm:${bob.id}`), ann.id)).toBe(0);
});

test("a thread can be meant by itself, and is open to those who are left in it", async () => {
  const stage = await Stage.open();
  const [ann, bob] = [await stage.join("Ann"), await stage.join("Bob")];
  const head = await ann.say("lobby", "a question");
  const inside = await ann.say("lobby", SECRET, { thread: head.id });
  await bob.say("lobby", "I know", { thread: head.id });
  expect(await eraserOf(stage.adapter).of(place("lobby", head.id), ann.id)).toBe(1);
  expect(await bob.hearsEvent("thread", ({ replies }) => replies === 1)).toMatchObject({ id: head.id });
  expect((await bob.history("lobby")).map(({ text }) => text)).toEqual(["a question"]);
  expect((await bob.history("lobby", { thread: head.id })).map(({ text }) => text)).toEqual(["I know"]);
  expect(await eraserOf(stage.adapter).of(place("lobby"), ann.id)).toBe(1);
  expect(await bob.history("lobby")).toMatchObject([{ id: head.id, text: "", deleted: true, replies: 1 }]);
  expect(inside.thread).toBe(head.id);
});

test("what was said before a time goes everywhere, and the rest stays", async () => {
  let now = 1_000_000;
  const stage = await Stage.open({ environment: { now: () => now } });
  const ann = await stage.join("Ann");
  await ann.say("dm", "old");
  await ann.say("lobby", "old");
  // More than one batch.
  await Promise.all(Array.from({ length: 600 }, (_, n) => stage.send({ key: `old ${n}` })));
  now += 1_000;
  const recent = await ann.say("lobby", "new");
  expect(await eraserOf(stage.adapter).before(now)).toBe(602);
  expect(await ann.history("dm")).toEqual([]);
  expect((await ann.history("lobby")).map(({ id }) => id)).toEqual([recent.id]);
  // The gateway has asked for it: it need not be told.
  expect(stage.taker.deletions).toEqual([]);
  await stage.dark();
  await stage.start();
  expect(stage.taker.messages).toHaveLength(3);
});

test("nothing of it is left on the disk, nor told to whoever listens again", async () => {
  const stage = await Stage.open();
  const [ann, bob] = [await stage.join("Ann"), await stage.join("Bob")];
  await bob.hearsEvent("ready");
  await bob.disconnect();
  const question = await ann.say("lobby", SECRET);
  const [, last] = await answers(stage, question, "lobby");
  await ann.hears(({ id }) => id === last);
  const onDisk = () => [stage.file, `${stage.file}-wal`].some((file) => readFileSync(file).includes(SECRET));
  expect(onDisk()).toBe(true);
  await eraserOf(stage.adapter).of(place("lobby"), ann.id);
  expect(onDisk()).toBe(false);
  await bob.reconnect();
  await bob.hearsEvent("delete", ({ id }) => id === last);
  expect(bob.heard()).toEqual([]);
});

test("nor of what its author deletes", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  await ann.erase(await ann.say("lobby", SECRET));
  expect([stage.file, `${stage.file}-wal`].some((file) => readFileSync(file).includes(SECRET))).toBe(false);
});

test("what the gateway did not take goes as well and is never handed over", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  stage.taker.takes = () => Promise.reject(new Error("no"));
  await expect(ann.say("lobby", SECRET, { clientId: "1" })).rejects.toMatchObject({ code: "not-taken" });
  stage.taker.takes = async () => {};
  expect(await eraserOf(stage.adapter).of(place("lobby"), ann.id)).toBe(1);
  await ann.say("lobby", SECRET, { clientId: "1" }).catch(() => {});
  await stage.dark();
  await stage.start();
  await ann.reconnect(stage.baseUrl);
  await ann.say("lobby", "hello");
  expect(stage.taker.texts()).toEqual(["hello"]);
});

test("what is not open cannot be erased", async () => {
  const stage = await Stage.open();
  await stage.dark();
  await expect(eraserOf(stage.adapter).before(1)).rejects.toMatchObject({ code: "closed" });
});
