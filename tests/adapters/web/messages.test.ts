import { expect, test } from "vitest";
import { Stage } from "./stage.ts";

test("a message reaches the room and the gateway, with who wrote it", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const bob = await stage.join("Bob");
  const said = await ann.say("lobby", "@parley hello");
  expect(await bob.hears(() => true)).toEqual(said);
  expect(said).toMatchObject({ room: "lobby", text: "@parley hello", user: { id: ann.id, name: "Ann", isBot: false } });
  expect(stage.taker.messages).toMatchObject([
    { source: { messageId: said.id, user: { id: ann.id } }, addressed: true },
  ]);
});

test("nobody reads, hears or touches another person's private chat", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const bob = await stage.join("Bob");
  const secret = await ann.say("dm", "my secret");
  await stage.send({ key: "1", plain: "kept" }, `dm:${ann.id}`);
  expect((await ann.hears((message) => message.user.isBot)).room).toBe("dm");

  // Bob hears what was said after it, so he would have heard it.
  await ann.say("lobby", "done");
  await bob.hears((message) => message.text === "done");
  expect(bob.heard().map((message) => message.text)).toEqual(["done"]);

  expect(await bob.history("dm")).toEqual([]);
  expect((await ann.history("dm")).map((message) => message.text)).toEqual(["my secret", "kept"]);
  for (const room of [`dm:${ann.id}`, encodeURIComponent(`dm:${ann.id}`)]) {
    expect((await bob.request("GET", `/rooms/${room}/messages`)).status).toBe(404);
    expect((await bob.request("POST", `/rooms/${room}/messages`, { text: "x" })).status).toBe(404);
  }
  await expect(bob.say("lobby", "what?", { replyTo: secret.id })).rejects.toMatchObject({ code: "not-found" });
  await expect(bob.say("dm", "what?", { replyTo: secret.id })).rejects.toMatchObject({ code: "not-found" });
  await expect(bob.history("dm", { before: secret.id })).rejects.toMatchObject({ code: "not-found" });
  await expect(bob.history("lobby", { thread: secret.id })).rejects.toMatchObject({ code: "not-found" });
  await expect(bob.edit(secret, "x")).rejects.toMatchObject({ code: "not-found" });
  await expect(bob.erase(secret)).rejects.toMatchObject({ code: "not-found" });
  expect((await bob.request("POST", `/rooms/dm/messages/${secret.id}/again`, {})).status).toBe(404);

  await bob.disconnect();
  const missed = await ann.say("dm", "another secret");
  await ann.say("lobby", "done again");
  await bob.reconnect();
  await bob.hears((message) => message.text === "done again");
  expect(bob.heard()).not.toContainEqual(missed);
});

test("the same client id makes one message, however often it is sent", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const bob = await stage.join("Bob");
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => ann.request("POST", "/rooms/lobby/messages", { text: "once", clientId: "c1" })),
  );
  expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 200, 200, 201]);
  const bodies = await Promise.all(answers.map((answer) => answer.json()));
  expect(new Set(bodies.map((body) => body.id)).size).toBe(1);
  await bob.say("lobby", "mine", { clientId: "c1" });
  expect(stage.taker.texts()).toEqual(["once", "mine"]);
});

test("messages of one chat are handed over one at a time, in the order of arrival", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const started: string[] = [];
  const gate = Promise.withResolvers<void>();
  const bothWait = Promise.withResolvers<void>();
  stage.taker.takes = async (message) => {
    started.push(message.text);
    if (started.length === 2) bothWait.resolve();
    if (message.text === "first") await gate.promise;
  };
  const first = ann.say("lobby", "first");
  await ann.hears((message) => message.text === "first");
  const second = ann.say("lobby", "second");
  await ann.hears((message) => message.text === "second");
  const elsewhere = ann.say("garden", "elsewhere");
  await bothWait.promise;
  expect(started).toEqual(["first", "elsewhere"]);
  gate.resolve();
  await Promise.all([first, second, elsewhere]);
  expect(started).toEqual(["first", "elsewhere", "second"]);
});

test("writing in a room that is not there yet opens it, and everybody hears of it", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const bob = await stage.join("Bob");
  await ann.say("garden", "hello?");
  expect(await bob.hearsEvent("room")).toEqual({ id: "garden" });
  expect((await bob.request("PUT", "/rooms/garden")).status).toBe(200);
  expect((await bob.request("PUT", "/rooms/cellar")).status).toBe(201);
  const { rooms } = await (await ann.request("GET", "/rooms")).json();
  expect(rooms.map((room: { id: string }) => room.id).sort()).toEqual(["cellar", "garden", "lobby"]);
  expect((await ann.request("PUT", "/rooms/Not%20a%20room")).status).toBe(404);
});

test("rooms are bounded", async () => {
  const stage = await Stage.open({ limits: { rooms: 2 } });
  const ann = await stage.join("Ann");
  await ann.say("second", "fits");
  await expect(ann.say("third", "does not")).rejects.toMatchObject({ status: 429, code: "too-many" });
  await ann.say("second", "fits still");
});

test("what one person posts within a minute is bounded, and sending the same again does not count", async () => {
  let now = Date.UTC(2026, 2, 1);
  const stage = await Stage.open({ limits: { postsPerMinute: 2 }, environment: { now: () => now } });
  const ann = await stage.join("Ann");
  const bob = await stage.join("Bob");
  await ann.say("lobby", "1", { clientId: "c1" });
  await ann.say("lobby", "1", { clientId: "c1" });
  await ann.say("dm", "2");
  await expect(ann.say("lobby", "3")).rejects.toMatchObject({ status: 429, code: "too-many" });
  await ann.say("lobby", "1", { clientId: "c1" });
  await bob.say("lobby", "mine");
  now += 60_000;
  await ann.say("lobby", "3");
  expect(stage.taker.texts()).toEqual(["1", "2", "mine", "3"]);
});

test("an edit changes the message for everybody and tells the gateway", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const bob = await stage.join("Bob");
  const said = await ann.say("lobby", "helo");
  await ann.edit(said, "hello");
  expect(await bob.hearsEvent("edit")).toMatchObject({ id: said.id, text: "hello", editedAt: expect.any(Number) });
  expect(await bob.history("lobby")).toMatchObject([{ id: said.id, text: "hello" }]);
  expect(stage.taker.messages).toHaveLength(1);
  expect(stage.taker.edits).toMatchObject([{ text: "hello", edited: true, source: { messageId: said.id } }]);
  await expect(bob.edit(said, "mine now")).rejects.toMatchObject({ status: 403, code: "not-yours" });
});

test("a deleted message is gone for everybody, and the gateway is told", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const bob = await stage.join("Bob");
  const said = await ann.say("lobby", "oops");
  await bob.say("lobby", "what?", { replyTo: said.id });
  await expect(bob.erase(said)).rejects.toMatchObject({ code: "not-yours" });
  await ann.erase(said);
  expect(await bob.hearsEvent("delete")).toEqual({ id: said.id, room: "lobby" });
  const rest = await bob.history("lobby");
  expect(rest.map((message) => message.text)).toEqual(["what?"]);
  expect(rest[0]?.quote).toEqual({ userId: ann.id, userName: "Ann" });
  expect(stage.taker.deletions).toMatchObject([{ place: { chatId: "lobby" }, messageId: said.id }]);
  await expect(ann.erase(said)).rejects.toMatchObject({ code: "not-found" });
  await expect(ann.edit(said, "back")).rejects.toMatchObject({ code: "not-found" });
});

test("history comes in pages, oldest first", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  for (const text of ["1", "2", "3", "4", "5"]) await ann.say("lobby", text);
  const newest = await ann.history("lobby", { limit: 2 });
  expect(newest.map((message) => message.text)).toEqual(["4", "5"]);
  const before = newest[0]?.id ?? "";
  const older = await (await ann.request("GET", `/rooms/lobby/messages?limit=2&before=${before}`)).json();
  expect(older).toMatchObject({ messages: [{ text: "2" }, { text: "3" }], more: true });
  expect((await ann.request("GET", "/rooms/lobby/messages?limit=1000")).status).toBe(400);
});

test("a new name changes no id and nothing that was said", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  await ann.say("lobby", "before");
  await ann.rename("Anna");
  await ann.say("lobby", "after");
  expect(await (await ann.request("GET", "/me")).json()).toEqual({ id: ann.id, name: "Anna" });
  expect((await ann.history("lobby")).map(({ user }) => [user.id, user.name])).toEqual([
    [ann.id, "Ann"],
    [ann.id, "Anna"],
  ]);
  expect(stage.taker.messages.map(({ source }) => source.user.name)).toEqual(["Ann", "Anna"]);
});

test("two people may have the same name and stay two people", async () => {
  const stage = await Stage.open();
  const one = await stage.join("Ann");
  const two = await stage.join("Ann");
  expect(one.id).not.toBe(two.id);
});
