import { expect, test } from "vitest";
import { place, Stage } from "./gateway.ts";

test("everybody administers their private chat, by either form of their id", async () => {
  const stage = await Stage.linked();
  const adapter = await stage.started();
  const alice = stage.wa.contact("Alice");
  await alice.writes("hello");
  await stage.gateway.said("hello");
  const chat = place(alice.jid("lid"));
  expect(await adapter.isAdmin?.(chat, alice.jid("lid"))).toBe(true);
  expect(await adapter.isAdmin?.(chat, alice.jid("phone"))).toBe(true);
  expect(await adapter.isAdmin?.(chat, "100000000000099@lid")).toBe(false);
});

test("in a group it is those whom WhatsApp says, as of now", async () => {
  const stage = await Stage.linked();
  const adapter = await stage.started();
  const [alice, bob] = [stage.wa.contact("Alice"), stage.wa.contact("Bob")];
  const team = stage.wa.group("Team", [alice, bob], { admins: [alice] });
  const chat = place(team.id);
  const areAdmins = async () => [await adapter.isAdmin?.(chat, alice.jid()), await adapter.isAdmin?.(chat, bob.jid())];
  expect(await areAdmins()).toEqual([true, false]);
  expect(await adapter.isAdmin?.(chat, alice.jid("phone"))).toBe(true);
  team.promote(bob);
  team.demote(alice);
  await alice.writes("done", { in: team });
  await stage.gateway.said("done");
  expect((await areAdmins())[1]).toBe(true);
});

test("a group that cannot be asked about is no answer", async () => {
  const stage = await Stage.linked();
  const adapter = await stage.started();
  await expect(adapter.isAdmin?.(place("120363999999999999@g.us"), "1@lid")).rejects.toThrow();
});

test("without a connection there is no answer for a group", async () => {
  const stage = await Stage.open();
  const adapter = stage.adapter();
  await expect(adapter.isAdmin?.(place("120363999999999999@g.us"), "1@lid")).rejects.toThrow();
});
