import { expect, test } from "vitest";
import { linked } from "./bare-stage.ts";

test("a private message arrives and is answered", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const message = await alice.writes("hello");
  const got = await client.waitForMessage(message.id);
  expect(got.message?.conversation).toBe("hello");
  expect(got.key).toMatchObject({ remoteJid: alice.jid("lid"), remoteJidAlt: alice.jid("phone"), fromMe: false });
  expect(got.pushName).toBe("Alice");
  expect(await whatsapp.taken(message)).toEqual({ kind: "receipt", type: "delivered" });
  await client.send(alice.jid(), { text: "hi there" }, { quoted: got });
  const sent = await whatsapp.waitFor("hi there");
  expect(sent.to).toBe(alice.jid());
  expect(sent.quotes).toEqual({ id: message.id, participant: alice.jid(), text: "hello" });
  expect(whatsapp.violations).toEqual([]);
});

test("a chat that is named by a phone number is answered there", async () => {
  const { whatsapp, client } = await linked();
  const bob = whatsapp.contact("Bob", { addressing: "phone" });
  const message = await bob.writes("hello");
  const got = await client.waitForMessage(message.id);
  expect(got.key).toMatchObject({ remoteJid: bob.jid("phone"), remoteJidAlt: bob.jid("lid") });
  await client.send(bob.jid("phone"), { text: "hi Bob" });
  expect((await whatsapp.waitFor("hi Bob")).to).toBe(bob.jid("phone"));
  expect(whatsapp.violations).toEqual([]);
});

test("who does not tell the other name is answered under the one that is known, until the other is learned", async () => {
  const { whatsapp, client } = await linked();
  const carol = whatsapp.contact("Carol", { addressing: "phone", tellsOther: false });
  const first = await client.waitForMessage((await carol.writes("hello")).id);
  expect(first.key.remoteJidAlt).toBeUndefined();
  await client.send(carol.jid("phone"), { text: "hi Carol" });
  await whatsapp.waitFor("hi Carol");
  whatsapp.learnMapping(carol);
  const second = await client.waitForMessage((await carol.writes("me again")).id);
  expect(second.key.remoteJidAlt).toBe(carol.jid("lid"));
  carol.addressedBy("lid");
  await client.waitForMessage((await carol.writes("and again")).id);
  await client.send(carol.jid("lid"), { text: "I know you" });
  expect((await whatsapp.waitFor("I know you")).to).toBe(carol.jid("lid"));
  expect(whatsapp.violations).toEqual([]);
});

test("every device of a person reads the answer", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice", { device: 12 });
  const got = await client.waitForMessage((await alice.writes("from my desk")).id);
  expect(got.key.remoteJid).toBe(alice.jid());
  await client.send(alice.jid(), { text: "to your desk and your pocket" });
  const { id } = await whatsapp.waitFor("pocket");
  await whatsapp.until(() => alice.state.devices.every(({ opened }) => opened.get(id) === 1));
  expect(whatsapp.violations).toEqual([]);
});

test("quotes, mentions and forwards show in a message", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const bob = whatsapp.contact("Bob");
  const team = whatsapp.group("Team", [alice, bob]);
  const question = await alice.writes("who?", { in: team });
  const answer = await bob.writes("you two", { in: team, quote: question, mention: [alice], forwarded: true });
  const got = await client.waitForMessage(answer.id);
  expect(got.message?.extendedTextMessage).toMatchObject({
    text: `@${alice.lid} you two`,
    contextInfo: {
      stanzaId: question.id,
      participant: alice.jid(),
      quotedMessage: { conversation: "who?" },
      mentionedJid: [alice.jid()],
      isForwarded: true,
    },
  });
  const call = await client.waitForMessage((await alice.writes("are you there?", { in: team, mention: true })).id);
  expect(call.message?.extendedTextMessage).toMatchObject({
    text: "@900000001 are you there?",
    contextInfo: { mentionedJid: ["900000001@lid"] },
  });
});

test("messages are edited, taken back and reacted to", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const message = await alice.writes("helo");
  const edit = await client.waitForMessage((await alice.edits(message, "hello", { sealed: false })).id);
  const edited = edit.message?.editedMessage?.message?.protocolMessage;
  expect(edited).toMatchObject({ key: { id: message.id }, editedMessage: { conversation: "hello" } });
  const deletion = await client.waitForMessage((await alice.deletes(message)).id);
  expect(deletion.message?.protocolMessage).toMatchObject({ key: { id: message.id, fromMe: true }, type: "REVOKE" });
  const { key } = await client.send(alice.jid(), { text: "what was that?" });
  const sent = await whatsapp.waitFor("what was that?");
  expect(sent.id).toBe(key.id);
  const reaction = await client.waitForMessage((await alice.reacts(sent, "👍")).id);
  expect(reaction.message?.reactionMessage).toMatchObject({ text: "👍", key: { id: sent.id, fromMe: true } });
});

test("an admin takes back what somebody else wrote in a group", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const bob = whatsapp.contact("Bob");
  const team = whatsapp.group("Team", [alice, bob], { admins: [alice] });
  const message = await bob.writes("rude", { in: team });
  const deletion = await client.waitForMessage((await alice.deletes(message)).id);
  expect(deletion.key).toMatchObject({ remoteJid: team.id, participant: alice.jid() });
  const key = { id: message.id, participant: bob.jid(), fromMe: false };
  expect(deletion.message?.protocolMessage).toMatchObject({ key });
});

test("people see that the bot has read and is writing", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const got = await client.waitForMessage((await alice.writes("hello")).id);
  await client.call("readMessages", [got.key]);
  expect(await whatsapp.waitForReceipt(got.key.id ?? "", "read")).toMatchObject({ to: alice.jid() });
  await client.call("sendPresenceUpdate", "composing", alice.jid());
  await whatsapp.waitForPresence("composing", alice.jid());
  await client.call("sendPresenceUpdate", "paused", alice.jid());
  await whatsapp.waitForPresence("paused", alice.jid());
  expect(whatsapp.presences.map(({ state }) => state)).toEqual(expect.arrayContaining(["composing", "paused"]));
});

test("what somebody writes keeps its order, however fast it is written", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const bob = whatsapp.contact("Bob");
  const words = Array.from({ length: 20 }, (_, index) => `word ${index}`);
  const written = await Promise.all(words.map((word, index) => (index % 2 ? alice : bob).writes(word)));
  await Promise.all(written.map(({ taken }) => taken));
  await Promise.all(written.map(({ id }) => client.waitForMessage(id)));
  for (const { jid } of [alice, bob].map((person) => ({ jid: person.jid() }))) {
    const own = written.filter(({ fromJid }) => fromJid === jid).map(({ id }) => id);
    expect(client.messages.all.flatMap(({ key }) => (key.remoteJid === jid ? [key.id] : []))).toEqual(own);
  }
});
