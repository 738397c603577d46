import { describe, expect, test } from "vitest";
import { StoreError } from "../../../sessions/store.ts";
import { gate, RecordingGateway, Stage } from "./gateway.ts";

/** Resolves when a write of this kind is asked for. */
function asked(gateway: RecordingGateway, kind: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  gateway.vault.onWrite = (entries) => {
    if (entries.some((entry) => entry.kind === kind && entry.value !== null)) resolve();
  };
  return promise;
}

describe("receiving", () => {
  test("a message is confirmed when it is on disk, not before", async () => {
    const stage = await Stage.linked();
    await stage.started();
    const { vault } = stage.gateway;
    let confirmed = -1;
    vault.fails = (entries) => {
      if (entries.some(({ kind, value }) => kind === "received" && value !== null))
        confirmed = stage.wa.receipts.length;
      return false;
    };
    const message = await stage.wa.contact("Alice").writes("hello");
    await stage.wa.waitForReceipt(message.id, "delivered");
    expect(confirmed).toBe(0);
    await stage.gateway.said("hello");
  });

  test("a message that was decrypted and not handed over survives the death of the process", async () => {
    const stage = await Stage.linked();
    const first = await stage.started();
    stage.gateway.commit = () => new Promise(() => {});
    const alice = stage.wa.contact("Alice");
    const message = await alice.writes("do not lose me");
    await message.taken;
    await stage.gateway.handedOver.waitFor(({ text }) => text === "do not lose me");
    const after = new RecordingGateway(stage.gateway.vault.copy());
    await first.close();
    await stage.started({}, after);
    expect((await after.said("do not lose me")).source.messageId).toBe(message.id);
    await alice.writes("and then");
    await after.said("and then");
    expect(after.handedOver.all.map(({ text }) => text)).toEqual(["do not lose me", "and then"]);
    await after.vault.until(() => after.vault.ids("received").length === 0);
  });

  test("a process that dies before the commit gets the message again, and can decrypt it", async () => {
    const stage = await Stage.linked();
    const first = await stage.started();
    const alice = stage.wa.contact("Alice");
    await alice.writes("first");
    await stage.gateway.said("first");
    await stage.wa.until(() => stage.wa.waiting === 0);
    const held = stage.gateway.vault.hold();
    const wanted = asked(stage.gateway, "received");
    const message = await alice.writes("second");
    await wanted;
    const after = new RecordingGateway(stage.gateway.vault.copy());
    held.release();
    await first.close();
    await stage.started({}, after);
    expect((await after.said("second")).source.messageId).toBe(message.id);
  });

  test("what the gateway does not take comes again, in order, and is confirmed once it did", async () => {
    const stage = await Stage.linked();
    await stage.started();
    let refusals = 2;
    stage.gateway.commit = async () => {
      refusals -= 1;
      if (refusals >= 0) throw new StoreError("unwritable", "the store is not available");
    };
    const alice = stage.wa.contact("Alice");
    await alice.writes("one");
    await alice.writes("two");
    await stage.gateway.said("two");
    expect(stage.gateway.texts()).toEqual(["one", "two"]);
    expect(stage.gateway.reasons()).toContain("a message from WhatsApp could not be taken; trying again");
  });

  test("a message that comes again changes nothing, one after the other or all at once", async () => {
    const stage = await Stage.linked();
    await stage.started();
    const alice = stage.wa.contact("Alice");
    const message = await alice.writes("once");
    await stage.gateway.said("once");
    await stage.wa.redeliver(message, 3);
    await stage.wa.redeliver(message, 5, { concurrently: true });
    await alice.writes("marker");
    await stage.gateway.said("marker");
    expect(stage.gateway.handedOver.all.map(({ text }) => text)).toEqual(["once", "marker"]);
    expect(stage.wa.receipts.filter(({ type }) => type === "retry")).toEqual([]);
  });

  test("it changes nothing either while the first is still being handed over, or after a restart", async () => {
    const stage = await Stage.linked();
    const first = await stage.started();
    const held = gate();
    stage.gateway.commit = () => held.passed;
    const alice = stage.wa.contact("Alice");
    const message = await alice.writes("once");
    await stage.gateway.handedOver.waitFor(() => true);
    await stage.wa.redeliver(message, 2);
    held.open();
    await stage.gateway.said("once");
    await first.close();
    const after = new RecordingGateway(stage.gateway.vault);
    await stage.started({}, after);
    await stage.wa.redeliver(message, 2);
    await alice.writes("marker");
    await after.said("marker");
    expect(stage.gateway.handedOver.all.length).toBe(1);
    expect(after.texts()).toEqual(["marker"]);
  });

  test("what came while nobody was there is answered once and in order", async () => {
    const stage = await Stage.linked();
    const alice = stage.wa.contact("Alice");
    const team = stage.wa.group("Team", [alice]);
    const texts = Array.from({ length: 12 }, (_, n) => `message ${n}`);
    for (const text of texts) await alice.writes(text);
    await alice.writes("to all", { in: team, mention: true });
    await stage.started();
    await stage.gateway.said("to all");
    await stage.gateway.said("message 11");
    expect(stage.gateway.texts().filter((text) => text !== "to all")).toEqual(texts);
    expect(stage.gateway.handedOver.all.length).toBe(13);
  });

  test("what comes while the bot still takes in what it missed stands behind that", async () => {
    const stage = await Stage.linked();
    const [alice, bob] = [stage.wa.contact("Alice"), stage.wa.contact("Bob")];
    const missed = Array.from({ length: 20 }, (_, index) => `missed ${index}`);
    for (const text of missed) await alice.writes(text);
    const started = stage.started();
    await stage.wa.connected;
    await alice.writes("just now");
    await bob.writes("good morning");
    await started;
    await stage.gateway.said("just now");
    await stage.gateway.said("good morning");
    expect(stage.gateway.texts().filter((text) => text !== "good morning")).toEqual([...missed, "just now"]);
  });

  test("a store that fails keeps nothing from being answered in the end, and confirms nothing", async () => {
    const stage = await Stage.linked();
    await stage.started();
    const alice = stage.wa.contact("Alice");
    await alice.writes("before");
    await stage.gateway.said("before");
    let failures = 3;
    stage.gateway.vault.fails = (entries) => {
      if (failures === 0 || !entries.some(({ kind }) => kind === "received")) return false;
      failures -= 1;
      return true;
    };
    await alice.writes("one");
    await alice.writes("two");
    await stage.gateway.said("two");
    expect(stage.gateway.texts()).toEqual(["before", "one", "two"]);
    expect(stage.wa.receipts.filter(({ type }) => type === "retry")).toEqual([]);
    expect(stage.gateway.reasons().join()).toContain("the store failed");
  });

  test("a chat that is slow to be committed holds up itself alone", async () => {
    const stage = await Stage.linked();
    await stage.started();
    const held = gate();
    stage.gateway.commit = ({ source }) => (source.user.name === "Alice" ? held.passed : Promise.resolve());
    const alice = stage.wa.contact("Alice");
    const bob = stage.wa.contact("Bob");
    await alice.writes("slow");
    await alice.writes("slower");
    await bob.writes("quick");
    await stage.gateway.said("quick");
    held.open();
    await stage.gateway.said("slower");
    expect(stage.gateway.texts()).toEqual(["quick", "slow", "slower"]);
  });

  test("a message that the gateway fails over holds up its own chat alone", async () => {
    const stage = await Stage.linked();
    await stage.started();
    stage.gateway.commit = async ({ text }) => {
      if (text === "poison") throw new TypeError("a bug");
    };
    await stage.wa.contact("Alice").writes("poison");
    await stage.gateway.handedOver.waitFor(({ text }) => text === "poison");
    await stage.wa.contact("Bob").writes("hello");
    await stage.gateway.said("hello");
    expect(stage.gateway.reasons()).toEqual([]);
    expect(stage.wa.connections).toBe(2);
  });

  test("after stop, messages are kept for the next start", async () => {
    const stage = await Stage.linked();
    const first = await stage.started();
    await first.stop();
    const alice = stage.wa.contact("Alice");
    const message = await alice.writes("kept");
    await message.taken;
    await first.close();
    expect(stage.gateway.handedOver.all).toEqual([]);
    const after = new RecordingGateway(stage.gateway.vault);
    await stage.started({}, after);
    await after.said("kept");
  });

  test("stop waits for what is being handed over", async () => {
    const stage = await Stage.linked();
    const adapter = await stage.started();
    const held = gate();
    stage.gateway.commit = () => held.passed;
    await stage.wa.contact("Alice").writes("under way");
    await stage.gateway.handedOver.waitFor(() => true);
    const order: string[] = [];
    const stopped = adapter.stop().then(() => order.push("stopped"));
    order.push("opened");
    held.open();
    await stopped;
    expect(order).toEqual(["opened", "stopped"]);
    expect(stage.gateway.texts()).toEqual(["under way"]);
  });

  test("what cannot be decrypted is asked for again, and comes", async () => {
    const stage = await Stage.linked();
    await stage.started();
    const alice = stage.wa.contact("Alice");
    await alice.writes("fine");
    await stage.gateway.said("fine");
    const message = await alice.writes("garbled", { garbled: true });
    await stage.gateway.said("garbled");
    await stage.wa.waitForReceipt(message.id, "retry");
    expect(stage.gateway.texts()).toEqual(["fine", "garbled"]);
  });

  test("what will be answered is marked as read, and nothing else", async () => {
    const stage = await Stage.linked();
    await stage.started();
    stage.gateway.answers = ({ text }) => text !== "ambient";
    const alice = stage.wa.contact("Alice");
    const ambient = await alice.writes("ambient");
    const answered = await alice.writes("answered");
    await stage.wa.waitForReceipt(answered.id, "read");
    expect(stage.wa.receipts.some(({ messageId, type }) => messageId === ambient.id && type === "read")).toBe(false);
  });

  test("without read receipts nobody sees that it was read", async () => {
    const stage = await Stage.linked();
    await stage.started({ readReceipts: false });
    const alice = stage.wa.contact("Alice");
    await alice.writes("one");
    const { taken } = await alice.writes("two");
    await stage.gateway.said("two");
    await taken;
    expect(stage.wa.receipts.filter(({ type }) => type === "read")).toEqual([]);
  });

  test("edits and deletions follow their messages", async () => {
    const stage = await Stage.linked();
    await stage.started();
    const alice = stage.wa.contact("Alice");
    const message = await alice.writes("helo");
    await stage.gateway.said("helo");
    await alice.edits(message, "hello");
    const edit = await stage.gateway.edits.waitFor(() => true);
    expect(edit).toMatchObject({ text: "hello", source: { messageId: message.id } });
    await alice.deletes(message);
    const deletion = await stage.gateway.deletions.waitFor(() => true);
    expect(deletion).toMatchObject({ messageId: message.id, place: { chatId: alice.jid() }, by: alice.jid() });
  });

  test("whoever deletes somebody else's message in a group is an admin, or is not believed", async () => {
    const stage = await Stage.linked();
    await stage.started();
    const alice = stage.wa.contact("Alice");
    const bob = stage.wa.contact("Bob");
    const carol = stage.wa.contact("Carol");
    const team = stage.wa.group("Team", [alice, bob, carol], { admins: [bob] });
    const message = await alice.writes("mine", { in: team });
    await stage.gateway.said("mine");
    await carol.deletes(message);
    await bob.deletes(message);
    const [byCarol, byBob] = await stage.gateway.deletions.waitForMany(2);
    expect(byCarol).toMatchObject({ messageId: message.id, by: carol.jid() });
    expect(byBob?.by).toBeUndefined();
  });
});
