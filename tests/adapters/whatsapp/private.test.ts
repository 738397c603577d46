import { expect, test } from "vitest";
import { chunk, never, place, Stage } from "./gateway.ts";

test("a private chat is the one that the person's own messages come from, by any of their ids", async () => {
  const stage = await Stage.linked();
  const adapter = await stage.started();
  const [alice, bob] = [stage.wa.contact("Alice"), stage.wa.contact("Bob", { addressing: "phone", tellsOther: false })];
  for (const person of [alice, bob]) await person.writes(`I am ${person.name}`);
  const { source } = await stage.gateway.said("I am Alice");
  const ids = [source.user.id, ...(source.user.aliases ?? [])];
  expect(ids).toHaveLength(4);
  for (const id of ids) expect(await adapter.openPrivate?.(id)).toEqual(place(source.chat.id));
  const { user, chat } = (await stage.gateway.said("I am Bob")).source;
  expect(await adapter.openPrivate?.(user.id)).toEqual(place(chat.id));
});

test("whoever wrote in a group alone is reached in private", async () => {
  const stage = await Stage.linked();
  const adapter = await stage.started();
  const alice = stage.wa.contact("Alice");
  const team = stage.wa.group("Team", [alice], { addressing: "phone" });
  await alice.writes("hello", { in: team });
  const { user } = (await stage.gateway.said("hello")).source;
  const to = await adapter.openPrivate?.(user.id);
  expect(to).toEqual(place(user.id));
  await adapter.send(chunk(to?.chatId ?? "", "between us"), never);
  const sent = await stage.wa.waitFor("between us");
  expect([sent.to, sent.readBy]).toEqual([alice.jid("lid"), ["Alice"]]);
});

test("what is no person has no private chat", async () => {
  const stage = await Stage.linked();
  const adapter = await stage.started();
  for (const id of ["120363000000000001@g.us", "status@broadcast", "867051314767696@bot", "Alice", ""]) {
    await expect(adapter.openPrivate?.(id)).rejects.toMatchObject({ name: "SendError", code: "refused" });
  }
});

test("without a connection a LID is known to be the chat; whose a number is, is not", async () => {
  const stage = await Stage.open();
  const adapter = stage.adapter();
  expect(await adapter.openPrivate?.("100000000000001@lid")).toEqual(place("100000000000001@lid"));
  const asked = adapter.openPrivate?.("491700000001@s.whatsapp.net");
  await expect(asked).rejects.toMatchObject({ name: "SendError", code: "temporary" });
});

test("choices are the gateway's to number", async () => {
  const stage = await Stage.open();
  expect(stage.adapter().choices).toBeUndefined();
});
