import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Adapter } from "../../../adapters/adapter.ts";
import type { FakeChat } from "../../fakes/telegram/fake-chat.ts";
import { FakeTelegram } from "../../fakes/telegram/fake-telegram.ts";
import type { WireUser } from "../../fakes/telegram/wire.ts";
import { adapterOn, gate, RecordingGateway } from "./gateway.ts";

let tg: FakeTelegram;
let gateway: RecordingGateway;
let adapter: Adapter & { waits: number[] };
let alice: WireUser;
let dm: FakeChat;

beforeEach(async () => {
  tg = await FakeTelegram.start();
  gateway = new RecordingGateway();
  adapter = adapterOn(tg);
  alice = tg.user("Alice");
  dm = tg.dm(alice);
});

afterEach(async () => {
  await adapter.close();
  await tg.close();
});

/** Offsets of the polls, in order. */
function offsets(): unknown[] {
  return tg.calls.filter(({ method }) => method === "getUpdates").map(({ payload }) => payload.offset);
}

/** Whatever was about to be sent before has been sent after this. */
async function roundTrip(): Promise<void> {
  const group = tg.group("Barrier");
  await adapter.isAdmin?.({ platform: "telegram", account: "default", chatId: String(group.id) }, String(alice.id));
}

describe("taking updates", () => {
  it("a message reaches the gateway and is confirmed", async () => {
    await adapter.start(gateway);
    await gateway.ready();
    await tg.taken(dm.post(alice, "hello"));
    expect(gateway.messages.all).toMatchObject([
      { text: "hello", addressed: true, source: { platform: "telegram", account: "default", user: { name: "Alice" } } },
    ]);
  });

  it("what was sent while nobody listened is fetched, in order", async () => {
    for (const text of ["one", "two", "three"]) dm.post(alice, text);
    await adapter.start(gateway);
    await gateway.messages.waitForMany(3);
    expect(gateway.texts()).toEqual(["one", "two", "three"]);
  });

  it("the messages of one poll are handed over in order, none waiting for the commit of another", async () => {
    const disk = gate();
    gateway.commit = () => disk.passed;
    const posted = tg.together(() => ["one", "two", "three"].map((text) => dm.post(alice, text)));
    await adapter.start(gateway);
    await gateway.messages.waitForMany(3);
    expect(gateway.texts()).toEqual(["one", "two", "three"]);
    expect(tg.updates.confirmed.all).toEqual([]);
    disk.open();
    await Promise.all(posted.map((message) => tg.taken(message)));
  });

  it("an edit is handed over as one", async () => {
    await adapter.start(gateway);
    const message = dm.post(alice, "hello");
    dm.edit(message, "hello there");
    const edit = await gateway.edits.waitFor(() => true);
    expect(edit).toMatchObject({
      text: "hello there",
      edited: true,
      source: { messageId: String(message.message_id) },
    });
    expect(gateway.texts()).toEqual(["hello"]);
  });

  it("a malformed update is counted and does not hold up the next", async () => {
    tg.deliver({ message: { message_id: 1, text: "no chat" } });
    tg.deliver({ message: { message_id: 2, date: 1, chat: { id: 5, type: "castle" }, text: "odd chat" } });
    tg.deliver({ message: { message_id: 3, date: 1, chat: { id: 5, type: "private" }, photo: "none" } });
    const message = dm.post(alice, "hello");
    await adapter.start(gateway);
    await tg.taken(message);
    expect(gateway.malformed.all).toHaveLength(3);
    expect(gateway.texts()).toEqual(["hello"]);
  });

  it("a poll that brings nothing but nonsense is not repeated at once", async () => {
    tg.fail("getUpdates", { body: JSON.stringify({ ok: true, result: [{ junk: true }] }) });
    await adapter.start(gateway);
    await gateway.malformed.waitFor(() => true);
    await tg.taken(dm.post(alice, "hello"));
    expect(adapter.waits).toEqual([1000]);
  });

  it("a redelivered update is handed over again: whether it is known is for the gateway to say", async () => {
    await adapter.start(gateway);
    const message = dm.post(alice, "hello");
    await tg.taken(message);
    await tg.redeliver(message, 2);
    const again = await gateway.messages.waitForMany(3);
    expect(new Set(again.map(({ source }) => source.messageId)).size).toBe(1);
  });
});

describe("confirming updates", () => {
  it("nothing is confirmed while its commit is under way", async () => {
    const disk = gate();
    gateway.commit = () => disk.passed;
    const message = dm.post(alice, "hello");
    await adapter.start(gateway);
    await gateway.messages.waitFor(() => true);
    await roundTrip();
    expect(offsets()).toEqual([undefined]);
    disk.open();
    await tg.taken(message);
    expect(offsets()).toEqual([undefined, 101]);
  });

  it("the offset stays before the first message that was refused, and it comes again", async () => {
    const refusals = new Set(["two"]);
    gateway.commit = async ({ text }) => {
      if (refusals.delete(text)) throw new Error("the disk is full");
    };
    const posted = tg.together(() => ["one", "two", "three"].map((text) => dm.post(alice, text)));
    await adapter.start(gateway);
    await Promise.all(posted.map((message) => tg.taken(message)));
    expect(gateway.texts()).toEqual(["one", "two", "three", "two", "three"]);
    // 100 is "one"; the second poll confirms it alone.
    expect(offsets().slice(0, 3)).toEqual([undefined, 101, 103]);
    expect(adapter.waits).toEqual([1000]);
  });

  it("in whatever order updates are listed, none that was refused is confirmed", async () => {
    const refusals = new Set(["one"]);
    gateway.commit = async ({ text }) => {
      if (refusals.delete(text)) throw new Error("the disk is full");
    };
    const posted = ["one", "two", "three"].map((text) => dm.post(alice, text));
    const body = JSON.stringify({ ok: true, result: tg.updates.pending.toReversed() });
    tg.fail("getUpdates", { body });
    await adapter.start(gateway);
    await Promise.all(posted.map((message) => tg.taken(message)));
    expect(gateway.texts()).toEqual(["three", "two", "one", "one", "two", "three"]);
    expect(offsets().slice(0, 3)).toEqual([undefined, 100, 103]);
  });

  it("a gateway that takes nothing gets the same again after ever longer waits, and nothing is lost", async () => {
    let attempts = 0;
    gateway.commit = async () => {
      attempts += 1;
      if (attempts <= 3) throw new Error("the disk is full");
    };
    const message = dm.post(alice, "hello");
    await adapter.start(gateway);
    await tg.taken(message);
    expect(gateway.texts()).toEqual(["hello", "hello", "hello", "hello"]);
    expect(adapter.waits).toEqual([1000, 2000, 4000]);
  });

  it("a handler that throws instead of rejecting is the same as one that rejects", async () => {
    let first = true;
    gateway.commit = () => {
      if (!first) return Promise.resolve();
      first = false;
      throw new Error("the disk is full");
    };
    const message = dm.post(alice, "hello");
    await adapter.start(gateway);
    await tg.taken(message);
    expect(gateway.texts()).toEqual(["hello", "hello"]);
  });

  it("stopping finishes the hand-over and confirms nothing after it", async () => {
    const disk = gate();
    gateway.commit = () => disk.passed;
    dm.post(alice, "hello");
    await adapter.start(gateway);
    await gateway.messages.waitFor(() => true);
    let stopped = false;
    const stopping = adapter.stop().then(() => {
      stopped = true;
    });
    await roundTrip();
    expect(stopped).toBe(false);
    disk.open();
    await stopping;
    expect(tg.updates.confirmed.all).toEqual([]);
    expect(offsets()).toEqual([undefined]);
  });

  it("what was not confirmed comes again after a restart", async () => {
    const disk = gate();
    gateway.commit = () => disk.passed;
    const message = dm.post(alice, "hello");
    await adapter.start(gateway);
    await gateway.messages.waitFor(() => true);
    const closing = adapter.close();
    disk.open();
    await closing;
    const restarted = new RecordingGateway();
    adapter = adapterOn(tg);
    await adapter.start(restarted);
    await tg.taken(message);
    expect(restarted.texts()).toEqual(["hello"]);
  });
});

describe("a group that becomes a supergroup", () => {
  it("is told from either side, and nothing that follows is handed over before that is committed", async () => {
    const group = tg.group("Team");
    const disk = gate();
    gateway.commitMove = () => disk.passed;
    const supergroup = tg.together(() => {
      group.post(alice, "before");
      const moved = tg.migrate(group);
      moved.post(alice, "after");
      return moved;
    });
    await adapter.start(gateway);
    await gateway.moves.waitFor(() => true);
    expect(gateway.texts()).toEqual(["before"]);
    disk.open();
    await gateway.messages.waitFor(({ text }) => text === "after");
    const move = {
      from: { platform: "telegram", account: "default", chatId: String(group.id) },
      to: String(supergroup.id),
    };
    expect(gateway.moves.all).toEqual([move, move]);
  });
});
