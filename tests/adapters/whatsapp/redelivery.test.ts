import { expect, test } from "vitest";
import { gate, RecordingGateway, Stage } from "./gateway.ts";

test("a status is confirmed, however often it comes, and nothing of it is kept", async () => {
  const stage = await Stage.linked();
  await stage.started();
  const alice = stage.wa.contact("Alice");
  const status = stage.wa.statuses([alice]);
  const message = await alice.writes("my status", { in: status });
  await message.taken;
  await stage.wa.redeliver(message, 2);
  expect(stage.wa.receipts.filter(({ type }) => type === "retry")).toEqual([]);
  await alice.writes("in private");
  await stage.gateway.said("in private");
  expect(stage.gateway.texts()).toEqual(["in private"]);
  expect(JSON.stringify(stage.gateway.vault.written)).not.toContain("status@broadcast");
});

test("a status that cannot be read is confirmed as well: nobody misses it", async () => {
  const stage = await Stage.linked();
  await stage.started();
  const alice = stage.wa.contact("Alice");
  const status = stage.wa.statuses([alice]);
  const message = await alice.writes("garbled", { in: status, garbled: true });
  expect(await message.taken).toMatchObject({ kind: "receipt" });
  expect(stage.wa.receipts.filter(({ type }) => type === "retry")).toEqual([]);
});

test("a reaction that comes again is confirmed again", async () => {
  const stage = await Stage.linked();
  await stage.started();
  const alice = stage.wa.contact("Alice");
  const message = await alice.writes("hello");
  const reaction = await alice.reacts(message, "👍");
  await reaction.taken;
  await stage.gateway.vault.until(() => stage.gateway.vault.ids("received").length === 0);
  await stage.wa.redeliver(reaction, 2);
  expect(stage.wa.receipts.filter(({ type }) => type === "retry")).toEqual([]);
});

test("what is known is acknowledged, in case that the server counts no receipts", async () => {
  const stage = await Stage.linked();
  await stage.started();
  const message = await stage.wa.contact("Alice").writes("hello");
  await message.taken;
  await stage.gateway.said("hello");
  const before = stage.wa.acks.length;
  await stage.wa.redeliver(message);
  await stage.wa.until(() => stage.wa.acks.slice(before).includes(message.id));
});

test("an admin's deletion that waited through a restart is still an admin's", async () => {
  const stage = await Stage.linked();
  const first = await stage.started();
  const [alice, boss] = [stage.wa.contact("Alice"), stage.wa.contact("Boss")];
  const team = stage.wa.group("Team", [alice, boss], { admins: [boss] });
  const held = gate();
  stage.gateway.commit = () => held.passed;
  const message = await alice.writes("something bad", { in: team });
  await (await boss.deletes(message)).taken;
  const after = new RecordingGateway(stage.gateway.vault.copy());
  await first.close();
  held.open();
  await stage.started({}, after);
  const deletion = await after.deletions.waitFor(() => true);
  expect(deletion).toMatchObject({ messageId: message.id });
  expect(deletion.by).toBeUndefined();
  expect((await after.said("something bad")).source.chat.name).toBe("Team");
});

test("two people whose files are shown once, under one id, are both heard", async () => {
  const stage = await Stage.linked();
  await stage.started();
  const [alice, bob] = [stage.wa.contact("Alice"), stage.wa.contact("Bob")];
  const team = stage.wa.group("Team", [alice, bob]);
  for (const each of [alice, bob]) await each.showsOnce({ in: team, id: "THE-SAME" });
  const { handedOver } = stage.gateway;
  await handedOver.waitForMany(2);
  expect(handedOver.all.map(({ source }) => source.user.id)).toEqual([alice.jid(), bob.jid()]);
});
