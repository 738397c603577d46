import { expect, test } from "vitest";
import { linked } from "./bare-stage.ts";

test("what is written while the bot is away waits for it, in order", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const team = whatsapp.group("Team", [alice]);
  whatsapp.disconnect(503);
  await client.closed(503);
  const written = [await alice.writes("one"), await alice.writes("two", { in: team }), await alice.writes("three")];
  await client.reconnect();
  await Promise.all(written.map(({ taken }) => taken));
  await client.waitForMessage(written[2]?.id ?? "");
  const got = client.messages.all.filter(({ message }) => message);
  expect(got.map(({ key, waited }) => [key.id, waited])).toEqual(written.map(({ id }) => [id, true]));
});

test("what the bot has confirmed does not come again; what it has not does", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const first = await alice.writes("one");
  await whatsapp.taken(first);
  const forgetting = whatsapp.forgetDelivery();
  const second = await alice.writes("two");
  await whatsapp.waitForReceipt(second.id);
  forgetting.release();
  await whatsapp.until(() => whatsapp.waiting === 1);
  whatsapp.drop();
  await client.closed(428);
  await client.reconnect();
  // The library has the key no more with which it could read it a second time.
  expect(await whatsapp.taken(second)).toEqual({ kind: "nack", error: "487" });
  await whatsapp.until(() => whatsapp.waiting === 0);
  expect(whatsapp.receipts.filter(({ messageId }) => messageId === first.id)).toHaveLength(1);
});

test("the very same stanza comes again as often as it is wanted", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const team = whatsapp.group("Team", [alice]);
  const message = await alice.writes("hello");
  await whatsapp.taken(message);
  await whatsapp.redeliver(message, 2);
  await whatsapp.redeliver(message, 3, { concurrently: true });
  const inTeam = await alice.writes("hello all", { in: team });
  await whatsapp.taken(inTeam);
  await whatsapp.redeliver(inTeam, 2);
  expect(client.messages.all.filter(({ key }) => key.id === message.id)).toHaveLength(1);
});

test("a message that the bot cannot read is sent to it again", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const team = whatsapp.group("Team", [alice]);
  const privately = await alice.writes("in private", { garbled: true });
  const inTeam = await alice.writes("in the team", { in: team, garbled: true });
  for (const { id, taken } of [privately, inTeam]) {
    await whatsapp.waitForReceipt(id, "retry");
    await client.waitForMessage(id);
    expect(await taken).toEqual({ kind: "receipt", type: "delivered" });
  }
  const after = await alice.writes("all well", { in: team });
  await client.waitForMessage(after.id);
  await whatsapp.until(() => whatsapp.waiting === 0);
});

test("somebody with a new phone asks the bot to send again, and reads it", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  await client.waitForMessage((await alice.writes("hello")).id);
  await client.send(alice.jid(), { text: "to the old phone" });
  await whatsapp.waitFor("old phone");
  alice.reinstalls();
  await client.send(alice.jid(), { text: "to the new phone" });
  const sent = await whatsapp.waitFor("new phone");
  expect(sent.copies).toBeGreaterThan(1);
  await client.waitForMessage((await alice.writes("from the new phone")).id);
  expect(whatsapp.violations).toEqual([]);
});

test("a message that somebody asks for again comes again and is shown once", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const bob = whatsapp.contact("Bob", { device: 3 });
  const team = whatsapp.group("Team", [alice, bob]);
  for (const to of [alice.jid(), team.id]) {
    await client.send(to, { text: "listen" });
    const sent = await whatsapp.waitFor((each) => each.to === to);
    await whatsapp.asksAgain(alice, sent);
    await whatsapp.asksAgain(alice, sent);
    expect(sent.copies).toBe(3);
  }
  expect(whatsapp.sent).toHaveLength(2);
  expect(whatsapp.violations).toEqual([]);
});

test("the same id twice is shown once", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  await client.send(alice.jid(), { text: "first" }, { messageId: "3EB0AA" });
  await client.send(alice.jid(), { text: "second" }, { messageId: "3EB0AA" });
  await client.send(alice.jid(), { text: "other" }, { messageId: "3EB0BB" });
  await whatsapp.waitFor("other");
  expect(whatsapp.sent.map(({ text, copies }) => [text, copies])).toEqual([
    ["first", 2],
    ["other", 1],
  ]);
});

test("acks come at once, later, with an error, or never", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const ackOf = (id: string) => client.call("waitForMessage", id, 20_000) as Promise<{ attrs: Record<string, string> }>;
  const send = (id: string) => client.send(alice.jid(), { text: `as ${id}` }, { messageId: id });

  const plain = ackOf("A1");
  await send("A1");
  expect((await plain).attrs).toMatchObject({ class: "message", from: alice.jid() });

  const hold = whatsapp.holdAcks();
  const held = ackOf("A2");
  await send("A2");
  await whatsapp.waitFor("as A2");
  hold.release();
  expect((await held).attrs.error).toBeUndefined();

  whatsapp.failSends(463, 1);
  const failed = ackOf("A3");
  await send("A3");
  expect((await failed).attrs.error).toBe("463");

  whatsapp.loseAck();
  const next = ackOf("A5");
  await send("A4");
  await whatsapp.waitFor("as A4");
  await send("A5");
  await next;
  expect(whatsapp.sent.map(({ id }) => id)).toEqual(["A1", "A2", "A4", "A5"]);
});

test("what WhatsApp does not take is refused, and nobody sees it", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const team = whatsapp.group("Team", [alice]);
  await client.send(team.id, { text: "hello team" });
  await whatsapp.waitFor("hello team");
  const refusal = async (to: string, text: string) => {
    const id = `3EB0${to.length}${text.length}`;
    const ack = client.call("waitForMessage", id, 20_000) as Promise<{ attrs: Record<string, string> }>;
    await client.send(to, { text }, { messageId: id });
    return (await ack).attrs.error;
  };
  expect(await refusal("123@lid", "anybody?")).toBe("404");
  expect(await refusal(alice.jid(), "x".repeat(65_537))).toBe("479");
  expect(await refusal(alice.jid(), "x".repeat(65_536))).toBeUndefined();
  await team.removeBot();
  await expect(client.send(team.id, { text: "still here?" })).rejects.toThrow("forbidden");
  expect(whatsapp.sent).toHaveLength(2);
});
