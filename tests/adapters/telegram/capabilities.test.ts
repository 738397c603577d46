import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Adapter } from "../../../adapters/adapter.ts";
import type { Attachment, Destination } from "../../../adapters/record.ts";
import { ForumMemory, topicName } from "../../../adapters/telegram/topics.ts";
import type { FakeChat } from "../../fakes/telegram/fake-chat.ts";
import { FakeTelegram } from "../../fakes/telegram/fake-telegram.ts";
import type { WireUser } from "../../fakes/telegram/wire.ts";
import { adapterOn, RecordingGateway } from "./gateway.ts";

let tg: FakeTelegram;
let gateway: RecordingGateway;
let adapter: Required<Omit<Adapter, "preview" | "http">>;
let alice: WireUser;
let team: FakeChat;
let forum: FakeChat;
const { signal } = new AbortController();

beforeEach(async () => {
  tg = await FakeTelegram.start();
  gateway = new RecordingGateway();
  adapter = adapterOn(tg) as typeof adapter;
  alice = tg.user("Alice");
  team = tg.group("Team", { supergroup: true });
  forum = tg.group("Help desk", { forum: true });
});

afterEach(async () => {
  await adapter.close();
  await tg.close();
});

function at(chat: FakeChat, threadId?: string): Destination {
  const place: Destination = { platform: "telegram", account: "default", chatId: String(chat.id) };
  return threadId === undefined ? place : { ...place, threadId };
}

/** The thread of the last typing sign. */
function typedIn(): unknown {
  return tg.calls.findLast(({ method }) => method === "sendChatAction")?.payload.message_thread_id;
}

describe("typing", () => {
  it("names General, where messages must not", async () => {
    await adapter.start(gateway);
    await tg.taken(forum.post(alice, "hello"));
    await adapter.typing(at(forum));
    expect(typedIn()).toBe(1);
  });

  it("names the topic", async () => {
    const topic = forum.openTopic("Printers");
    await adapter.typing(at(forum, String(topic.id)));
    expect(typedIn()).toBe(topic.id);
  });

  it("names nothing where there are no topics", async () => {
    await adapter.start(gateway);
    await tg.taken(team.post(alice, "hello"));
    await adapter.typing(at(team));
    expect(typedIn()).toBeUndefined();
  });

  it("never fails", async () => {
    tg.fail("sendChatAction", { status: 429, retryAfter: 3 });
    await adapter.typing(at(team));
    await adapter.typing({ ...at(team), chatId: "nowhere" });
  });

  it("the memory of forums is bounded", () => {
    const memory = new ForumMemory(2);
    for (const id of ["a", "b", "a", "c"]) memory.note(id, true);
    expect(["a", "b", "c"].map((id) => memory.has(id))).toEqual([true, false, true]);
    memory.note("a", false);
    expect(memory.has("a")).toBe(false);
  });
});

describe("opening a topic", () => {
  it("gives the thread that answers go to", async () => {
    const id = await adapter.openThread(at(forum), { id: "5", title: "The printer jams" });
    await adapter.send({ key: "k", to: at(forum, id), index: 0, text: "Which one?", plain: "Which one?" }, signal);
    expect(forum.topics.get(Number(id))?.name).toBe("The printer jams");
    expect(tg.sent[0]?.topic).toBe(Number(id));
  });

  it("what people write inside is in that thread, and is no reply to the bot", async () => {
    const id = await adapter.openThread(at(forum), { id: "5", title: "The printer jams" });
    await adapter.start(gateway);
    const topic = forum.topics.get(Number(id));
    forum.post(alice, "still jams", topic && { topic });
    const message = await gateway.messages.waitFor(() => true);
    expect(message.source.thread).toMatchObject({ id, kind: "native" });
    expect(message).toMatchObject({ addressed: false });
    expect(message.replyTo).toBeUndefined();
  });

  it("is refused where the bot may not, and where there are no topics", async () => {
    forum.botMayOpenTopics = false;
    const message = { id: "5", title: "The printer jams" };
    await expect(adapter.openThread(at(forum), message)).rejects.toMatchObject({ code: "refused" });
    await expect(adapter.openThread(at(team), message)).rejects.toMatchObject({ code: "refused" });
  });

  it.each([
    ["one line", "a\n\tb\u202e  c", "a b c"],
    ["never empty", " \n\u200b ", "Conversation"],
    ["at most 128 characters", "x".repeat(200), `${"x".repeat(127)}…`],
    ["no half character", `${"x".repeat(126)}😀${"y".repeat(20)}`, `${"x".repeat(126)}…`],
  ])("its name is %s", (_, title, name) => {
    expect(topicName(title)).toBe(name);
  });
});

describe("who is an admin", () => {
  it("creators and administrators are, members are not", async () => {
    team.promote(alice);
    team.members.set(tg.user("Eve").id, "creator");
    const bob = tg.user("Bob");
    expect(await adapter.isAdmin(at(team), String(alice.id))).toBe(true);
    expect(await adapter.isAdmin(at(team), String(alice.id + 1))).toBe(true);
    expect(await adapter.isAdmin(at(team), String(bob.id))).toBe(false);
  });

  it("a person is the admin of their private chat", async () => {
    expect(await adapter.isAdmin(at(tg.dm(alice)), String(alice.id))).toBe(true);
    expect(tg.calls).toEqual([]);
  });

  it("anonymous admins are; channels that somebody posts as, and nobody, are not", async () => {
    expect(await adapter.isAdmin(at(team), String(team.id))).toBe(true);
    expect(await adapter.isAdmin(at(team), String(tg.channel("News").id))).toBe(false);
    expect(await adapter.isAdmin(at(team), "")).toBe(false);
  });

  it("throws where it cannot be found out", async () => {
    tg.fail("getChatMember", { status: 500 });
    await expect(adapter.isAdmin(at(team), String(alice.id))).rejects.toMatchObject({ code: "temporary" });
    await expect(adapter.isAdmin(at(team), "999999")).rejects.toMatchObject({ code: "refused" });
  });
});

describe("attachments", () => {
  async function posted(file: { bytes?: Uint8Array; size?: number; mimeType?: string }): Promise<Attachment> {
    await adapter.start(gateway);
    const message = tg.dm(alice).post(alice, "look", { document: { name: "a.bin", ...file } });
    await tg.taken(message);
    const attachment = gateway.messages.all[0]?.attachments[0];
    if (attachment === undefined) throw new Error("no attachment came");
    return attachment;
  }

  it("a file's bytes are those that were posted", async () => {
    const bytes = Uint8Array.from({ length: 5000 }, (_, index) => index % 251);
    const attachment = await posted({ bytes, mimeType: "text/x-odd" });
    const fetched = await adapter.fetchAttachment(attachment, 5000, signal);
    expect(Buffer.compare(fetched.bytes, bytes)).toBe(0);
    expect(fetched.mimeType).toBe("text/x-odd");
  });

  it("the largest size of a photo is fetched", async () => {
    await adapter.start(gateway);
    await tg.taken(tg.dm(alice).post(alice, "", { photo: { bytes: Buffer.from("picture") } }));
    const attachments = gateway.messages.all.flatMap((message) => message.attachments);
    expect(attachments).toMatchObject([{ kind: "image", bytes: 7 }]);
    const [photo = { kind: "image", ref: "" }] = attachments;
    const { bytes, mimeType } = await adapter.fetchAttachment(photo, 100, signal);
    expect([Buffer.from(bytes).toString(), mimeType]).toEqual(["picture", "image/jpeg"]);
  });

  it("one that is announced as too large is not downloaded", async () => {
    const attachment = await posted({ bytes: new Uint8Array(5000) });
    await expect(adapter.fetchAttachment(attachment, 4999, signal)).rejects.toMatchObject({ code: "refused" });
  });

  it("one that turns out larger than announced is given up", async () => {
    const attachment = await posted({ bytes: new Uint8Array(500_000), size: 10 });
    await expect(adapter.fetchAttachment(attachment, 1000, signal)).rejects.toMatchObject({ code: "refused" });
  });

  it("one that Telegram does not hand out is refused", async () => {
    const attachment = await posted({ size: 21 * 1024 * 1024 });
    expect(attachment.unavailable).toBe("over 20 MB");
    await expect(adapter.fetchAttachment(attachment, 1e9, signal)).rejects.toMatchObject({ code: "refused" });
  });

  it("a download ends when it is aborted", async () => {
    const attachment = await posted({ bytes: new Uint8Array(10) });
    const hang = tg.hang("getFile");
    const aborting = new AbortController();
    const failure = expect(adapter.fetchAttachment(attachment, 10, aborting.signal)).rejects.toMatchObject({
      code: "temporary",
    });
    await hang.arrived;
    aborting.abort();
    await failure;
  });
});

describe("commands", () => {
  it("are offered to people; one that Telegram would refuse is left out", async () => {
    await adapter.registerCommands([
      { name: "strategy", description: "Choose who shares what" },
      { name: "Not-Valid", description: "x" },
      { name: "stop", description: "d".repeat(300) },
    ]);
    expect(tg.commands).toEqual([
      { command: "strategy", description: "Choose who shares what" },
      { command: "stop", description: "d".repeat(256) },
    ]);
  });

  it("failing to offer them is told", async () => {
    tg.fail("setMyCommands", { status: 429, retryAfter: 2 });
    await expect(adapter.registerCommands([])).rejects.toMatchObject({ code: "rate-limited", retryAfterMs: 2000 });
  });
});
