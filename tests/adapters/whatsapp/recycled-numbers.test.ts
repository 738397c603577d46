import { describe, expect, test } from "vitest";
import { RecordingGateway, Stage } from "./gateway.ts";

const phoneJid = (digits: string) => `${digits}@s.whatsapp.net`;
const NUMBER = "15552220001";

/** Alice has another number now, and somebody else has hers. */
async function recycled() {
  const stage = await Stage.linked();
  const adapter = await stage.started();
  const alice = stage.wa.contact("Alice", { phone: NUMBER, lid: "100" });
  await alice.writes("I am the first");
  await stage.gateway.said("I am the first");
  alice.changesNumber("15559990001");
  await alice.writes("my number is another");
  const { source } = await stage.gateway.said("my number is another");
  const stranger = stage.wa.contact("Stranger", {
    phone: NUMBER,
    lid: "200",
    addressing: "phone",
    tellsOther: false,
  });
  return { stage, adapter, alice, stranger, source };
}

describe("a number that its owner gave up", () => {
  test("is no name of theirs any more", async () => {
    const { source } = await recycled();
    expect(source.user.id).toBe("100@lid");
    expect(source.user.aliases).toContain("15559990001");
    expect(source.user.aliases).not.toContain(NUMBER);
  });

  test("does not bring whoever has it next into their private chat", async () => {
    const { stage, stranger } = await recycled();
    await stranger.writes("who is this?");
    const { source } = await stage.gateway.said("who is this?");
    expect([source.user.id, source.chat.id]).toEqual([phoneJid(NUMBER), phoneJid(NUMBER)]);
  });

  test("nor after a restart", async () => {
    const { stage, adapter, stranger } = await recycled();
    await adapter.close();
    const after = new RecordingGateway(stage.gateway.vault);
    await stage.started({}, after);
    await stranger.writes("who is this?");
    expect((await after.said("who is this?")).source.user.id).toBe(phoneJid(NUMBER));
  });
});

test("a new LID for a number leaves the old LID without it", async () => {
  const stage = await Stage.linked();
  await stage.started();
  const alice = stage.wa.contact("Alice", { phone: NUMBER, lid: "100" });
  await alice.writes("with my number");
  await stage.gateway.said("with my number");
  const other = stage.wa.contact("Other", { phone: NUMBER, lid: "200" });
  await other.writes("the number is mine now");
  await stage.gateway.said("the number is mine now");
  alice.state.tellsOther = false;
  await alice.writes("and I am still here");
  const { user } = (await stage.gateway.said("and I am still here")).source;
  expect(user.id).toBe("100@lid");
  expect(user.aliases ?? []).not.toContain(NUMBER);
});

test("whoever is known by their number, and was never answered, is understood when their LID comes out", async () => {
  const stage = await Stage.linked();
  await stage.started();
  stage.gateway.answers = () => false;
  const alice = stage.wa.contact("Alice", { addressing: "phone", tellsOther: false });
  await alice.writes("first");
  await stage.gateway.said("first");
  stage.wa.learnMapping(alice);
  alice.addressedBy("lid");
  await alice.writes("second");
  await stage.gateway.said("second");
  expect(stage.wa.receipts.filter(({ type }) => type === "retry")).toEqual([]);
});
