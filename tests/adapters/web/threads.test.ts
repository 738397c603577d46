import { expect, test } from "vitest";
import { place, Stage } from "./stage.ts";

test("the bot opens a thread from a message, and what is said inside belongs to it", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const head = await ann.say("lobby", "@parley a question");
  const thread = await stage.adapter.openThread?.(place("lobby"), { id: head.id, title: "a question" });
  expect(thread).toBe(head.id);
  expect(await ann.hearsEvent("thread")).toEqual({ id: head.id, room: "lobby", replies: 0 });
  expect(await stage.adapter.openThread?.(place("lobby"), { id: head.id, title: "again" })).toBe(head.id);

  await stage.send({ key: "1", plain: "an answer" }, "lobby", head.id);
  const followUp = await ann.say("lobby", "and then?", { thread: head.id });
  expect(stage.taker.messages.at(-1)?.source.thread).toEqual({ id: head.id, kind: "native" });
  expect(await ann.history("lobby")).toMatchObject([{ id: head.id, replies: 2 }]);
  const inside = await ann.history("lobby", { thread: head.id });
  expect(inside.map((message) => message.text)).toEqual(["an answer", "and then?"]);
  expect(inside[1]).toEqual(followUp);
});

test("a person starts a thread by answering in one", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const bob = await stage.join("Bob");
  const head = await ann.say("lobby", "lunch?");
  const inside = await bob.say("lobby", "yes", { thread: head.id });
  expect((await ann.hearsEvent("thread")).id).toBe(head.id);
  await expect(bob.say("lobby", "deeper", { thread: inside.id })).rejects.toMatchObject({ code: "invalid" });
  await expect(bob.say("lobby", "where?", { thread: "m_none" })).rejects.toMatchObject({ code: "not-found" });
  await expect(bob.say("garden", "elsewhere", { thread: head.id })).rejects.toMatchObject({ code: "not-found" });
});

test("a thread whose first message was deleted can still be read", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const head = await ann.say("lobby", "never mind");
  await ann.say("lobby", "inside", { thread: head.id });
  await ann.erase(head);
  expect(await ann.history("lobby")).toMatchObject([{ id: head.id, text: "", deleted: true, replies: 1 }]);
  await stage.send({ key: "1" }, "lobby", head.id);
  expect(await ann.history("lobby", { thread: head.id })).toHaveLength(2);
});

test("the private chat has no threads", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const said = await ann.say("dm", "hello");
  await expect(ann.say("dm", "inside", { thread: said.id })).rejects.toMatchObject({ code: "invalid" });
  await expect(
    stage.adapter.openThread?.(place(`dm:${ann.id}`), { id: said.id, title: "hello" }),
  ).rejects.toMatchObject({ code: "refused" });
});
