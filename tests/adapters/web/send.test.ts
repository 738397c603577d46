import { expect, test } from "vitest";
import { place, Stage } from "./stage.ts";

test("what the bot sends appears with its markup, whom it answers and what it quotes", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const asked = await ann.say("lobby", "@parley  what is\n\nthe answer? ".padEnd(400, "."));
  const id = await stage.send({
    key: "k1",
    text: "<p><strong>42</strong></p>",
    plain: "42",
    replyTo: asked.id,
    forUserId: ann.id,
  });
  const answer = await ann.hears((message) => message.user.isBot);
  expect(answer).toMatchObject({
    id,
    room: "lobby",
    user: { id: "parley", name: "Parley", isBot: true },
    text: "42",
    html: "<p><strong>42</strong></p>",
    replyTo: asked.id,
    forUserId: ann.id,
    forUserName: "Ann",
  });
  expect(answer.quote?.text).toMatch(/^@parley what is the answer\? \.+…$/);
  expect(answer.quote?.text?.length).toBeLessThan(210);
});

test("the same key sends once, also at the same moment and after a restart", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const ids = await Promise.all([stage.send({ key: "k1" }), stage.send({ key: "k1" })]);
  await stage.dark();
  await stage.start();
  ids.push(await stage.send({ key: "k1", plain: "another text" }));
  expect(new Set(ids).size).toBe(1);
  await ann.reconnect(stage.baseUrl);
  expect(await ann.history("lobby")).toHaveLength(1);
});

test("a quote of a message that is gone, or of another room, is left out", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const gone = await ann.say("lobby", "gone");
  await ann.erase(gone);
  const secret = await ann.say("dm", "secret");
  await stage.send({ key: "1", replyTo: gone.id });
  await stage.send({ key: "2", replyTo: "m_none" });
  await stage.send({ key: "3", replyTo: secret.id });
  for (const message of await ann.history("lobby")) expect(message).not.toHaveProperty("replyTo");
});

test("places that are not there are refused by name", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const head = await ann.say("lobby", "no thread here");
  await expect(stage.send({ key: "1" }, "nowhere")).rejects.toMatchObject({ name: "SendError", code: "chat-gone" });
  await expect(stage.send({ key: "2" }, "dm:u_nobody")).rejects.toMatchObject({ code: "chat-gone" });
  await expect(stage.send({ key: "3" }, "lobby", "m_none")).rejects.toMatchObject({ code: "thread-gone" });
  await expect(stage.send({ key: "4" }, "lobby", head.id)).rejects.toMatchObject({ code: "thread-gone" });
  await expect(stage.send({ key: "5" }, "nowhere", head.id)).rejects.toMatchObject({ code: "chat-gone" });
  const open = (chat: string, id: string) => stage.adapter.openThread?.(place(chat), { id, title: "" });
  await expect(open("lobby", "m_none")).rejects.toMatchObject({ code: "refused" });
  await expect(open("nowhere", head.id)).rejects.toMatchObject({ code: "chat-gone" });
});

test("a sending that was called off writes nothing", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const chunk = { key: "1", to: place("lobby"), index: 0, text: "<p>x</p>", plain: "x" };
  await expect(stage.adapter.send(chunk, AbortSignal.abort())).rejects.toMatchObject({ code: "temporary" });
  expect(await ann.history("lobby")).toEqual([]);
});

test("the bot can write during a drain, and not before the start or after the end", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  await stage.adapter.stop();
  await stage.send({ key: "1", plain: "the last word" });
  await ann.hears((message) => message.text === "the last word");
  await stage.adapter.close();
  await stage.adapter.close();
  await expect(stage.send({ key: "2" })).rejects.toMatchObject({ code: "temporary" });
});

test("nobody administers a room, everybody their own private chat", async () => {
  const stage = await Stage.open();
  const isAdmin = (chat: string, user: string) => stage.adapter.isAdmin?.(place(chat), user);
  expect(await isAdmin("lobby", "u_ann")).toBe(false);
  expect(await isAdmin("dm:u_ann", "u_ann")).toBe(true);
  expect(await isAdmin("dm:u_ann", "u_bob")).toBe(false);
});

test("the private chat of a person is opened for that person alone", async () => {
  const stage = await Stage.open();
  const [ann, bob] = [await stage.join("Ann"), await stage.join("Bob")];
  const to = await stage.adapter.openPrivate?.(ann.id);
  expect(to).toEqual(place(`dm:${ann.id}`));
  await stage.send({ key: "1", plain: "between us" }, to?.chatId);
  expect(await ann.hears(() => true)).toMatchObject({ room: "dm", text: "between us" });
  await ann.say("dm", "thank you");
  expect(stage.taker.messages[0]?.source.chat).toEqual({ id: to?.chatId, kind: "dm" });
  await ann.say("lobby", "done");
  await bob.hears((message) => message.text === "done");
  expect(bob.heard().map((message) => message.text)).toEqual(["done"]);
  for (const nobody of ["u_nobody", "parley", "", `dm:${ann.id}`, "lobby"]) {
    await expect(stage.adapter.openPrivate?.(nobody)).rejects.toMatchObject({ name: "SendError", code: "refused" });
  }
});
