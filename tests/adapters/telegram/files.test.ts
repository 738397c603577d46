import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Adapter, type OutboundChunk, type OutboundFile, SendError } from "../../../adapters/adapter.ts";
import type { Destination } from "../../../adapters/record.ts";
import { BegunSends } from "../../../adapters/telegram/begun-sends.ts";
import type { FakeChat } from "../../fakes/telegram/fake-chat.ts";
import { FakeTelegram } from "../../fakes/telegram/fake-telegram.ts";
import type { Fault } from "../../fakes/telegram/faults.ts";
import type { WireUser } from "../../fakes/telegram/wire.ts";
import { adapterOn } from "./gateway.ts";

const NOTES: OutboundFile = { name: "notes.md", mimeType: "text/markdown", text: "# Ünïcödé 😀\r\nline\n" };
const BYTES = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256);
const PICTURE: OutboundFile = {
  name: "picture.png",
  mimeType: "image/png",
  base64: Buffer.from(BYTES).toString("base64"),
};
const { signal } = new AbortController();

let tg: FakeTelegram;
let adapter: Adapter;
let alice: WireUser;
let team: FakeChat;

beforeEach(async () => {
  tg = await FakeTelegram.start();
  adapter = adapterOn(tg);
  alice = tg.user("Alice");
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

function send(files: readonly OutboundFile[], text = "Here.", more: Partial<OutboundChunk> = {}): Promise<string> {
  return adapter.send({ key: "k", to: at(team), index: 0, text, plain: text, files, ...more }, signal);
}

async function failureOf(sending: Promise<unknown>): Promise<SendError> {
  const error: unknown = await sending.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SendError)) throw new Error(`not a SendError: ${error}`);
  return error;
}

/** What people see: texts, and names of documents. */
const seen = () => tg.sent.map(({ text, files: [file] }) => file?.name ?? text);

describe("files", () => {
  it("come after the text, each byte of them, as UTF-8 where they are text", async () => {
    const id = await send([NOTES, PICTURE]);
    expect(seen()).toEqual(["Here.", "notes.md", "picture.png"]);
    expect(String(tg.sent[0]?.messageId)).toBe(id);
    expect(tg.sent[1]?.files[0]?.text).toBe("# Ünïcödé 😀\r\nline\n");
    expect(Buffer.compare(tg.sent[2]?.files[0]?.bytes ?? new Uint8Array(), BYTES)).toBe(0);
    for (const { payload } of tg.sent) expect(payload).not.toHaveProperty("caption");
  });

  it("go to the topic of the text, which alone quotes and is chosen from", async () => {
    const forum = tg.group("Help desk", { forum: true });
    const topic = forum.openTopic("Printers");
    const question = forum.post(alice, "may I have it?", { topic });
    const choices = [{ label: "More", command: "export all" }];
    const replyTo = String(question.message_id);
    await send([NOTES], "Here.", { to: at(forum, String(topic.id)), replyTo, choices });
    expect(tg.sent).toMatchObject([
      { topic: topic.id, replyTo: question.message_id, choices: [{ label: "More" }], files: [] },
      { topic: topic.id, replyTo: undefined, choices: [], files: [{ name: "notes.md" }] },
    ]);
  });

  it("without a text quote by themselves and are chosen from", async () => {
    const question = team.post(alice, "may I have it?");
    const choices = [{ label: "More", command: "export all" }];
    const id = await send([NOTES, PICTURE], "", { replyTo: String(question.message_id), choices });
    expect(tg.sent).toMatchObject([
      { messageId: Number(id), replyTo: question.message_id, choices: [{ label: "More", data: "export all" }] },
      { replyTo: undefined, choices: [] },
    ]);
    expect(seen()).toEqual(["notes.md", "picture.png"]);
  });

  it("without a text, quoting a message that is gone, come without the quote", async () => {
    await send([NOTES], "", { replyTo: "999" });
    expect(tg.sent).toMatchObject([{ replyTo: undefined, files: [{ name: "notes.md" }] }]);
  });

  it.each([
    ["..\\..//etc/passwd", ".._.._etc_passwd"],
    ['a"; filename="b.html', "a_; filename=_b.html"],
    ["a\r\ncontent-type: text/html\r\n\r\nb.txt", "a_content-type: text_html_b.txt"],
    ["Gespräch \u202egnp.exe", "Gespräch _gnp.exe"],
    [" ", "file"],
    [`${"x".repeat(300)}.json`, `${"x".repeat(95)}.json`],
  ])("named %j are named without harm", async (name, shown) => {
    await send([{ ...NOTES, name }]);
    expect(tg.sent[1]?.files).toMatchObject([{ name: shown, text: "# Ünïcödé 😀\r\nline\n" }]);
  });
});

describe("a file that cannot be sent", () => {
  it.each<[string, Fault, Partial<SendError>]>([
    ["too many messages", { status: 429, retryAfter: 5 }, { code: "rate-limited", retryAfterMs: 5000 }],
    ["the server failed", { status: 502 }, { code: "temporary", uncertain: false }],
    ["the connection was cut", {}, { code: "temporary", uncertain: true }],
    ["too large", { status: 413, description: "Request Entity Too Large" }, { code: "refused" }],
    [
      "not allowed",
      { status: 400, description: "Bad Request: not enough rights to send documents" },
      { code: "refused" },
    ],
    ["thrown out", { status: 403, description: "Forbidden: bot was kicked" }, { code: "chat-gone" }],
  ])("%s", async (_, fault, expected) => {
    tg.fail("sendDocument", fault);
    expect(await failureOf(send([NOTES]))).toMatchObject(expected);
  });

  it("is tried again without saying again what stands there", async () => {
    tg.fail("sendDocument", { status: 429, retryAfter: 1 });
    await failureOf(send([NOTES, PICTURE]));
    tg.fail("sendDocument", { status: 502, when: "after" });
    await failureOf(send([NOTES, PICTURE]));
    const id = await send([NOTES, PICTURE]);
    // The answer to the first document was lost, so that it may stand there twice.
    expect(seen()).toEqual(["Here.", "notes.md", "notes.md", "picture.png"]);
    expect(String(tg.sent[0]?.messageId)).toBe(id);
    await send([NOTES]);
    expect(seen().slice(4)).toEqual(["Here.", "notes.md"]);
  });

  it("in a topic that is gone comes elsewhere with its text", async () => {
    tg.fail("sendDocument", { status: 400, description: "Bad Request: TOPIC_DELETED" });
    expect(await failureOf(send([NOTES]))).toMatchObject({ code: "thread-gone" });
    await send([NOTES]);
    expect(seen()).toEqual(["Here.", "Here.", "notes.md"]);
  });

  it("that is empty is refused for good", async () => {
    expect(await failureOf(send([{ ...NOTES, text: "" }], ""))).toMatchObject({ code: "refused" });
  });

  it("tells neither the token nor what is in it", async () => {
    for (const fault of [
      {},
      { status: 400, description: "Bad Request: private words" },
      { status: 200, body: "<html>" },
    ]) {
      tg.fail("sendDocument", fault);
      const failure = await failureOf(send([{ ...NOTES, name: "secret.txt", text: "secret words" }]));
      const everything = [String(failure), failure.stack, JSON.stringify(failure), String(failure.cause)].join("\n");
      expect(everything).not.toMatch(/secret|TEST-TOKEN/);
    }
  });

  it("is remembered within bounds", () => {
    const begun = new BegunSends(2);
    begun.of("a").push("1");
    begun.of("b").push("2");
    begun.of("c");
    expect([begun.of("b"), begun.of("c")]).toEqual([["2"], []]);
    expect(begun.of("a")).toEqual([]);
  });
});

describe("a private chat", () => {
  it("is where whoever began it is written to", async () => {
    const dm = tg.dm(alice);
    const to = await adapter.openPrivate?.(String(alice.id));
    expect(to).toEqual(at(dm));
    await send([NOTES], "Here.", to && { to });
    expect(tg.sent.map(({ chatId }) => chatId)).toEqual([alice.id, alice.id]);
  });

  it("is refused with somebody who never began one, who blocked the bot, or who is no person", async () => {
    const bob = tg.user("Bob");
    tg.dm(bob).barred = "bot was blocked by the user";
    for (const id of [alice.id, bob.id, team.id, "1@s.whatsapp.net", ""]) {
      expect(await failureOf(adapter.openPrivate?.(String(id)) ?? Promise.resolve())).toMatchObject({
        code: "refused",
      });
    }
    expect(tg.sent).toEqual([]);
  });

  it("that cannot be looked up just now is not refused", async () => {
    tg.dm(alice);
    tg.fail("getChat", { status: 502 });
    const failure = await failureOf(adapter.openPrivate?.(String(alice.id)) ?? Promise.resolve());
    expect(failure).toMatchObject({ code: "temporary" });
  });
});
