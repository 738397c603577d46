import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Adapter, Choice, OutboundChunk } from "../../../adapters/adapter.ts";
import type { Destination } from "../../../adapters/record.ts";
import type { FakeChat } from "../../fakes/telegram/fake-chat.ts";
import { FakeTelegram } from "../../fakes/telegram/fake-telegram.ts";
import type { WireUser } from "../../fakes/telegram/wire.ts";
import type { SentMessage } from "../../fakes/telegram/world.ts";
import { adapterOn, gate, RecordingGateway } from "./gateway.ts";

const NOW = 1_790_000_000_123;
const SURE: readonly Choice[] = [
  { label: "Confirm", command: "confirm" },
  { label: "Cancel", command: "cancel" },
];
const { signal } = new AbortController();

let tg: FakeTelegram;
let gateway: RecordingGateway;
let adapter: Adapter;
let alice: WireUser;
let bob: WireUser;
let team: FakeChat;

beforeEach(async () => {
  tg = await FakeTelegram.start();
  gateway = new RecordingGateway();
  adapter = adapterOn(tg, { now: () => NOW });
  alice = tg.user("Alice");
  bob = tg.user("Bob");
  team = tg.group("Team", { supergroup: true });
});

afterEach(async () => {
  await adapter.close();
  await tg.close();
});

function at(chat: FakeChat, threadId?: string): Destination {
  const place: Destination = { platform: "telegram", account: "default", chatId: String(chat.id) };
  return threadId === undefined ? place : { ...place, threadId };
}

async function offer(choices: readonly Choice[], to = at(team), more: Partial<OutboundChunk> = {}) {
  const id = await adapter.send({ key: "k", to, index: 0, text: "Sure?", plain: "Sure?", choices, ...more }, signal);
  const sent = tg.sent.find((each) => String(each.messageId) === id && String(each.chatId) === to.chatId);
  if (sent === undefined) throw new Error("nothing was sent");
  return sent;
}

const labels = ({ choices }: SentMessage) => choices.map(({ label }) => label);
const rows = ({ payload }: SentMessage) =>
  (payload.reply_markup as { inline_keyboard: Array<Array<{ text: string }>> }).inline_keyboard.map((row) =>
    row.map(({ text }) => text),
  );

describe("what can be chosen", () => {
  it("is told to the gateway", () => {
    expect(adapter.choices).toBe(true);
  });

  it("stands on buttons below the message, which hold the commands", async () => {
    const sent = await offer(SURE);
    expect(sent).toMatchObject({
      text: "Sure?",
      choices: [
        { label: "Confirm", data: "confirm" },
        { label: "Cancel", data: "cancel" },
      ],
    });
  });

  it("has a row for each, or for two short ones", async () => {
    const label = "One session for each person";
    const choices = ["a", "b", "c", label, "d", label, "e", "f"].map((each, n) => ({
      label: each,
      command: `pick ${n}`,
    }));
    expect(rows(await offer(choices))).toEqual([["a", "b"], ["c"], [label], ["d"], [label], ["e", "f"]]);
  });

  it("is there as well where the markup of the text is refused", async () => {
    const sent = await offer(SURE, at(team), { text: "<b>open" });
    expect(sent).toMatchObject({ text: "Sure?", choices: [{ label: "Confirm" }, { label: "Cancel" }] });
  });

  it("is shown as it is, on one line, with nothing in it that is not seen", async () => {
    const hostile = [
      "<b>bold</b> &amp; *x* `y`",
      "one\n\ntwo\tthree",
      "abc\u202edef\u0007",
      " \u200b ",
      "x".repeat(100),
    ];
    const sent = await offer(hostile.map((label, n) => ({ label, command: `pick ${n}` })));
    expect(labels(sent)).toEqual([
      "<b>bold</b> &amp; *x* `y`",
      "one two three",
      "abc def",
      "pick 3",
      `${"x".repeat(79)}…`,
    ]);
  });

  it("is there once for each command, with the first label, and keeps what joins an emoji", async () => {
    const labels = ["👩‍👩‍👧 for all", "again", "fa\u061cmily"];
    const choices = labels.map((label, n) => ({ label, command: n < 2 ? "pick one" : "pick two" }));
    expect((await offer(choices)).choices).toEqual([
      { label: "👩‍👩‍👧 for all", data: "pick one" },
      { label: "fa mily", data: "pick two" },
    ]);
  });

  it("is left out where it could not be read back, and the rest is offered", async () => {
    const choices = ["", "Not a command", "é", `pick ${"é".repeat(32)}`, "pick\none", "pick one"].map((command) => ({
      label: "x",
      command,
    }));
    expect((await offer(choices)).choices).toEqual([{ label: "x", data: "pick one" }]);
    expect((await offer(choices.slice(0, -1), at(team))).payload).not.toHaveProperty("reply_markup");
    expect((await offer([])).payload).not.toHaveProperty("reply_markup");
  });
});

describe("whoever presses a button", () => {
  it("sends its command, from the place where it stands", async () => {
    await adapter.start(gateway);
    const sent = await offer([{ label: "Each alone", command: "strategy per-user --here" }, ...SURE]);
    const press = tg.picks(bob, sent, "Each alone");
    await press.answered;
    expect(gateway.messages.all).toEqual([
      {
        source: {
          platform: "telegram",
          account: "default",
          chat: { id: String(team.id), kind: "group", name: "Team" },
          user: { id: String(bob.id), name: "Bob", isBot: false },
          messageId: `callback:${press.query.id}`,
          sentAt: NOW,
        },
        text: "/strategy per-user --here",
        attachments: [],
        addressed: true,
        command: { name: "strategy", args: "per-user --here" },
      },
    ]);
  });

  it("in a topic speaks in it, and is answered there without a quote", async () => {
    await adapter.start(gateway);
    const forum = tg.group("Help desk", { forum: true });
    const topic = forum.openTopic("Printers");
    await tg.picks(alice, await offer(SURE, at(forum, String(topic.id))), "Confirm").answered;
    const [message] = gateway.messages.all;
    expect(message?.source).toMatchObject({
      chat: { id: String(forum.id), opensThreads: true },
      thread: { id: String(topic.id), kind: "native" },
    });
    const replyTo = message?.source.messageId;
    const done = await offer([], at(forum, String(topic.id)), { key: "l", text: "Done.", replyTo });
    expect(done).toMatchObject({ text: "Done.", topic: topic.id, replyTo: undefined });
    expect(done.payload).not.toHaveProperty("reply_parameters");
  });

  it("twice, or as two people, sends two commands", async () => {
    await adapter.start(gateway);
    const sent = await offer(SURE);
    for (const user of [alice, alice, bob]) await tg.picks(user, sent, "Cancel").answered;
    expect(new Set(gateway.messages.all.map(({ source }) => source.messageId)).size).toBe(3);
    expect(gateway.messages.all.map(({ source }) => source.user.name)).toEqual(["Alice", "Alice", "Bob"]);
  });

  it("waits until it is committed, and the press comes again where it was not", async () => {
    await adapter.start(gateway);
    const sent = await offer(SURE);
    const disk = gate();
    gateway.commit = () => disk.passed;
    const press = tg.picks(alice, sent, "Confirm");
    await gateway.messages.waitFor(() => true);
    gateway.commit = async () => {};
    disk.refuse();
    await gateway.messages.waitForMany(2);
    await press.answered;
    await tg.taken(press);
    expect(gateway.messages.all.map(({ source }) => source.messageId)).toEqual([
      `callback:${press.query.id}`,
      `callback:${press.query.id}`,
    ]);
    expect(tg.calls.filter(({ method }) => method === "answerCallbackQuery")).toHaveLength(1);
  });

  it("is heard although the sign of it fails", async () => {
    await adapter.start(gateway);
    tg.fail("answerCallbackQuery", { status: 400, description: "Bad Request: query is too old" });
    const press = tg.picks(alice, await offer(SURE), "Confirm");
    await tg.taken(press);
    await tg.waitForCall("answerCallbackQuery");
    expect(gateway.messages.all).toMatchObject([{ command: { name: "confirm" } }]);
    expect(press.isAnswered).toBe(false);
  });

  it("below a message that Telegram has forgotten is heard, but not where the topic could not be told", async () => {
    await adapter.start(gateway);
    const forum = tg.group("Help desk", { forum: true });
    const notices: unknown[] = [];
    for (const chat of [forum, team]) {
      const press = tg.picks(alice, await offer(SURE, at(chat)), "Confirm", { forgotten: true });
      await press.answered;
      notices.push(press.notice);
    }
    expect(notices).toEqual(["This menu is too old: send the command again.", undefined]);
    expect(gateway.messages.all.map(({ source }) => source.chat.id)).toEqual([String(team.id)]);
  });

  it("with made-up data is answered and ignored, and what is malformed is counted", async () => {
    await adapter.start(gateway);
    const sent = await offer(SURE);
    const forged = { ...sent, choices: [{ label: "x", data: "rm -rf\n/" }] };
    const made = tg.picks(alice, forged, "x");
    await made.answered;
    expect(made.notice).toContain("send the command again");
    tg.deliver({ callback_query: { id: {}, from: alice } });
    await tg.picks(alice, sent, "Cancel").answered;
    expect(gateway.messages.all.map(({ text }) => text)).toEqual(["/cancel"]);
    expect(gateway.malformed.all).toMatchObject([{ code: "telegram-payload" }]);
  });
});
