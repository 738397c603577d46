import { expect, test } from "vitest";
import { Stage } from "./stage.ts";

const CHOICES = [
  { label: "Confirm <b>it</b>", command: "confirm" },
  { label: "Cancel", command: "cancel now" },
];

test("choices stand below the bot's message, for everybody who reads it, also after a restart", async () => {
  const stage = await Stage.open();
  const [ann, bob] = [await stage.join("Ann"), await stage.join("Bob")];
  const id = await stage.send({ key: "1", plain: "Really?", choices: CHOICES, forUserId: ann.id });
  for (const person of [ann, bob]) {
    expect(await person.hears((message) => message.id === id)).toMatchObject({ text: "Really?", choices: CHOICES });
  }
  await stage.dark();
  await stage.start();
  await ann.reconnect(stage.baseUrl);
  const [kept] = await ann.history("lobby");
  expect(kept?.choices).toEqual(CHOICES);
});

test("labels are one line of what can be seen, or the command, and no command stands there twice", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const labels = ["one\n\ntwo", "abc\u202edef\u200f", " \u200b ", "x".repeat(100)];
  const choices = labels.map((label, n) => ({ label, command: `pick ${n}` }));
  await stage.send({ key: "1", choices: [...choices, { label: "again", command: "pick 0" }] });
  const [message] = await ann.history("lobby");
  expect(message?.choices).toEqual([
    { label: "one two", command: "pick 0" },
    { label: "abc def", command: "pick 1" },
    { label: "pick 2", command: "pick 2" },
    { label: `${"x".repeat(79)}…`, command: "pick 3" },
  ]);
});

test("a message without choices says nothing of them", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  await stage.send({ key: "1" });
  await stage.send({ key: "2", choices: [] });
  await ann.say("lobby", "hello");
  for (const message of await ann.history("lobby")) expect(message).not.toHaveProperty("choices");
});

test("picking is posting the command: whoever posts it is its author", async () => {
  const stage = await Stage.open();
  const [ann, bob] = [await stage.join("Ann"), await stage.join("Bob")];
  await stage.send({ key: "1", choices: CHOICES, forUserId: ann.id });
  const picked = await bob.say("lobby", "/cancel now", { clientId: "c1" });
  await bob.say("lobby", "/cancel now", { clientId: "c1" });
  expect(stage.taker.messages).toMatchObject([
    { source: { messageId: picked.id, user: { id: bob.id } }, command: { name: "cancel", args: "now" } },
  ]);
});

test("nobody but the bot offers choices", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const post = { text: "pick one", choices: CHOICES };
  expect((await ann.request("POST", "/rooms/lobby/messages", post)).status).toBe(400);
  expect(stage.adapter.choices).toBe(true);
});
