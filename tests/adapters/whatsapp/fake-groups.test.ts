import { expect, test } from "vitest";
import { linked } from "./bare-stage.ts";

test("a group message arrives and is answered", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice", { device: 4 });
  const bob = whatsapp.contact("Bob");
  const team = whatsapp.group("Team", [alice, bob]);
  const first = await client.waitForMessage((await alice.writes("hello", { in: team })).id);
  const { key } = await client.waitForMessage((await alice.writes("hello again", { in: team })).id);
  expect(first.message?.conversation).toBe("hello");
  expect(key).toMatchObject({ remoteJid: team.id, participant: alice.jid("lid"), participantAlt: alice.jid("phone") });
  await client.send(team.id, { text: "hi all" });
  await client.send(team.id, { text: "hi again" });
  const sent = await whatsapp.waitFor("hi again");
  expect(sent.to).toBe(team.id);
  await whatsapp.until(() => sent.readBy.length === 2);
  expect(whatsapp.violations).toEqual([]);
});

test("in a group of phone numbers everybody goes by theirs", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const team = whatsapp.group("Old team", [alice], { addressing: "phone" });
  const { key } = await client.waitForMessage((await alice.writes("hello", { in: team })).id);
  expect(key).toMatchObject({ participant: alice.jid("phone"), participantAlt: alice.jid("lid") });
  await client.send(team.id, { text: "hi all" });
  await whatsapp.waitFor("hi all");
  expect(whatsapp.violations).toEqual([]);
});

test("a group's description says who is in it and who administers it", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const bob = whatsapp.contact("Bob", { tellsOther: false });
  const team = whatsapp.group("Team", [bob, alice], { admins: [alice] });
  expect(await client.call("groupMetadata", team.id)).toMatchObject({
    id: team.id,
    subject: "Team",
    addressingMode: "lid",
    participants: [
      { id: bob.jid("lid"), admin: null },
      { id: alice.jid("lid"), phoneNumber: alice.jid("phone"), admin: "superadmin" },
      { id: "900000001@lid", phoneNumber: "15550001111@s.whatsapp.net", admin: null },
    ],
  });
  expect(await client.call("groupFetchAllParticipating")).toHaveProperty([team.id]);
  await expect(client.call("groupMetadata", "1@g.us")).rejects.toThrow("item-not-found");
});

test("the bot is told what happens in its groups", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const bob = whatsapp.contact("Bob");
  const team = whatsapp.group("Team", [alice], { admins: [alice] });
  await team.add(bob);
  team.promote(bob);
  team.demote(bob);
  await team.remove(bob, { by: alice });
  team.rename("Crew", { by: alice });
  await team.removeBot();
  await client.events.waitForMany(6, ({ event }) => /^group/.test(event) && event !== "groups.upsert");
  const told = client.events.all.filter(({ event }) => /^group/.test(event));
  const actions = told.flatMap(({ event, data }) => (event === "group-participants.update" ? [action(data)] : []));
  expect(actions).toEqual(["add", "promote", "demote", "remove", "remove"]);
  const changed = told.find(({ event }) => event === "groups.update");
  expect(changed?.data).toMatchObject([{ id: team.id, subject: "Crew" }]);
  await whatsapp.until(() => whatsapp.waiting === 0);
});

test("what happened in a group while the bot was away is told when it is back", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const team = whatsapp.group("Team", [alice]);
  await client.events.waitFor(({ event }) => event === "groups.upsert");
  whatsapp.drop();
  await client.closed(428);
  team.rename("Crew");
  await client.reconnect();
  const { data } = await client.events.waitFor(({ event }) => event === "groups.update");
  expect(data).toMatchObject([{ id: team.id, subject: "Crew" }]);
});

test("who has left a group does not read on; who stays does", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const bob = whatsapp.contact("Bob");
  const team = whatsapp.group("Team", [alice, bob]);
  await client.waitForMessage((await alice.writes("before", { in: team })).id);
  await team.remove(bob);
  await expect(bob.writes("me, too", { in: team })).rejects.toThrow("not in the group");
  await client.waitForMessage((await alice.writes("after", { in: team })).id);
  await client.send(team.id, { text: "just us" });
  expect((await whatsapp.waitFor("just us")).readBy).toEqual(["Alice"]);
});

test("in a group without the bot nothing reaches it", async () => {
  const { whatsapp, client } = await linked();
  const alice = whatsapp.contact("Alice");
  const team = whatsapp.group("Team", [alice]);
  await team.removeBot();
  const unheard = await alice.writes("at last", { in: team });
  team.addBot();
  await client.waitForMessage((await alice.writes("welcome back", { in: team })).id);
  expect(client.messages.all.some(({ key }) => key.id === unheard.id)).toBe(false);
});

const action = (data: unknown): unknown => (data as { action?: string }).action;
