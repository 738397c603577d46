import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Adapter, type OutboundChunk, SendError } from "../../../adapters/adapter.ts";
import type { Destination } from "../../../adapters/record.ts";
import type { FakeChat } from "../../fakes/telegram/fake-chat.ts";
import { FakeTelegram } from "../../fakes/telegram/fake-telegram.ts";
import type { Fault } from "../../fakes/telegram/faults.ts";
import type { WireUser } from "../../fakes/telegram/wire.ts";
import { adapterOn, RecordingGateway } from "./gateway.ts";

let tg: FakeTelegram;
let adapter: Adapter;
let alice: WireUser;
let team: FakeChat;
let forum: FakeChat;

beforeEach(async () => {
  tg = await FakeTelegram.start();
  adapter = adapterOn(tg);
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

function send(to: Destination, text: string, more: Partial<OutboundChunk> = {}, signal = new AbortController().signal) {
  return adapter.send({ key: "delivery-1/0", to, index: 0, text, plain: text, ...more }, signal);
}

/** The failure of a send, which has to be a classified one. */
async function failureOf(sending: Promise<unknown>): Promise<SendError> {
  const error: unknown = await sending.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SendError)) throw new Error(`not a SendError: ${error}`);
  return error;
}

describe("a message", () => {
  it("arrives with its markup resolved, without link previews, and its id comes back", async () => {
    const id = await send(at(team), "<b>bold</b> &amp; plain");
    expect(tg.sent).toMatchObject([{ chatId: team.id, messageId: Number(id), text: "bold & plain" }]);
    expect(tg.sent[0]?.payload.link_preview_options).toEqual({ is_disabled: true });
  });

  it("quotes the message it answers", async () => {
    const question = team.post(alice, "why?");
    await send(at(team), "because", { replyTo: String(question.message_id) });
    expect(tg.sent[0]?.replyTo).toBe(question.message_id);
  });

  it("is sent without the quote if the message is gone", async () => {
    await send(at(team), "because", { replyTo: "999" });
    expect(tg.sent).toMatchObject([{ text: "because", replyTo: undefined }]);
  });

  it("quotes nothing where the id is none of the chat's", async () => {
    await send(at(team), "because", { replyTo: "-1001/5" });
    expect(tg.sent[0]?.payload).not.toHaveProperty("reply_parameters");
  });

  it("goes to its topic", async () => {
    const topic = forum.openTopic("Printers");
    await send(at(forum, String(topic.id)), "try again");
    expect(tg.sent[0]?.topic).toBe(topic.id);
  });

  it("goes to General without naming it", async () => {
    await send(at(forum, "1"), "hello all");
    expect(tg.sent[0]?.payload).not.toHaveProperty("message_thread_id");
  });

  it("whose marked-up form is too long goes out plain at once", async () => {
    const id = await send(at(team), "x".repeat(4_097), { plain: "short" });
    expect(tg.sent).toMatchObject([{ messageId: Number(id), text: "short" }]);
  });

  it("whose markup is refused goes out plain at once", async () => {
    const id = await send(at(team), "<b>open <unknown>", { plain: "open" });
    expect(tg.sent).toMatchObject([{ messageId: Number(id), text: "open" }]);
    expect(tg.sent[0]?.payload).not.toHaveProperty("parse_mode");
  });
});

describe("a send that fails", () => {
  it.each<[string, Fault, Partial<SendError>]>([
    [
      "too many messages: wait as told",
      { status: 429, description: "Too Many Requests: retry after 5", retryAfter: 5 },
      { code: "rate-limited", retryAfterMs: 5000, uncertain: false },
    ],
    ["the server failed", { status: 502, description: "Bad Gateway" }, { code: "temporary", uncertain: false }],
    [
      "the server took too long",
      { status: 504, description: "Gateway Timeout" },
      { code: "temporary", uncertain: true },
    ],
    ["the connection was cut", {}, { code: "temporary", uncertain: true }],
    ["an answer that is not JSON", { status: 200, body: "<html>proxy</html>" }, { code: "temporary", uncertain: true }],
    ["an answer that makes no sense", { status: 200, body: "{}" }, { code: "temporary", uncertain: true }],
    [
      "a token that was revoked keeps the message",
      { status: 401, description: "Unauthorized" },
      { code: "temporary", uncertain: false },
    ],
    ["blocked", { status: 403, description: "Forbidden: bot was blocked by the user" }, { code: "chat-gone" }],
    [
      "thrown out",
      { status: 403, description: "Forbidden: bot was kicked from the group chat" },
      { code: "chat-gone" },
    ],
    [
      "a group that was deleted",
      { status: 400, description: "Bad Request: group chat was deactivated" },
      { code: "chat-gone" },
    ],
    ["a topic that was deleted", { status: 400, description: "Bad Request: TOPIC_DELETED" }, { code: "thread-gone" }],
    [
      "no right to write",
      { status: 400, description: "Bad Request: not enough rights to send text messages to the chat" },
      { code: "refused" },
    ],
  ])("%s", async (_, fault, expected) => {
    tg.fail("sendMessage", fault);
    expect(await failureOf(send(at(team), "hello"))).toMatchObject(expected);
  });

  it("a chat that the bot does not know is gone", async () => {
    expect(await failureOf(send({ ...at(team), chatId: "-100999" }, "hello"))).toMatchObject({ code: "chat-gone" });
    expect(await failureOf(send({ ...at(team), chatId: "web-room" }, "hello"))).toMatchObject({ code: "chat-gone" });
  });

  it("a topic that was deleted or closed is gone, and nothing leaks into General", async () => {
    const topic = forum.openTopic("Printers");
    topic.state = "deleted";
    expect(await failureOf(send(at(forum, String(topic.id)), "try again"))).toMatchObject({ code: "thread-gone" });
    topic.state = "closed";
    expect(await failureOf(send(at(forum, String(topic.id)), "try again"))).toMatchObject({ code: "thread-gone" });
    expect(tg.sent).toEqual([]);
  });

  it("a text over the limit is refused for good", async () => {
    expect(await failureOf(send(at(team), "x".repeat(4097)))).toMatchObject({ code: "refused" });
    await send(at(team), "&lt;".repeat(4096));
  });

  it("a lost answer is temporary: the message may have been taken", async () => {
    tg.fail("sendMessage", { when: "after" });
    expect(await failureOf(send(at(team), "hello"))).toMatchObject({ code: "temporary", uncertain: true });
    expect(tg.sent.map(({ text }) => text)).toEqual(["hello"]);
  });

  it("where nobody listens, the message was certainly not taken", async () => {
    await tg.close();
    expect(await failureOf(send(at(team), "hello"))).toMatchObject({ code: "temporary", uncertain: false });
  });

  it("a call that hangs ends by itself", async () => {
    await adapter.close();
    adapter = adapterOn(tg, { requestTimeoutMs: 20 });
    tg.hang("sendMessage");
    expect(await failureOf(send(at(team), "hello"))).toMatchObject({ code: "temporary", uncertain: true });
  });

  it("a call that hangs ends when it is aborted, or when the adapter is closed", async () => {
    const hang = tg.hang("sendMessage");
    const aborting = new AbortController();
    const failure = failureOf(send(at(team), "hello", {}, aborting.signal));
    await hang.arrived;
    aborting.abort();
    expect(await failure).toMatchObject({ code: "temporary", uncertain: true });

    const other = failureOf(send(at(team), "hello"));
    await adapter.close();
    expect(await other).toMatchObject({ code: "temporary" });
    expect(await failureOf(send(at(team), "hello"))).toMatchObject({ code: "temporary", uncertain: false });
  });

  it("a group that has a new id is told to the gateway, and to the sender", async () => {
    const group = tg.group("Lunch");
    const gateway = new RecordingGateway();
    await adapter.start(gateway);
    await gateway.ready();
    await adapter.stop();
    const supergroup = tg.migrate(group);
    const failure = await failureOf(send(at(group), "hello"));
    expect(failure).toMatchObject({ code: "chat-moved", movedTo: String(supergroup.id) });
    expect(gateway.moves.all).toEqual([{ from: at(group), to: String(supergroup.id) }]);
  });
});

describe("secrets", () => {
  it("no failure holds the token or the text", async () => {
    const faults: Fault[] = [
      {},
      { status: 200, body: "<html>" },
      { status: 502 },
      { status: 401, description: "Unauthorized" },
      {
        status: 400,
        description: 'Bad Request: can\'t parse entities: Unsupported start tag "private words"',
        times: 2,
      },
    ];
    const failures: SendError[] = [];
    for (const fault of faults) {
      tg.fail("sendMessage", fault);
      failures.push(await failureOf(send(at(team), "private words")));
    }
    await tg.close();
    failures.push(await failureOf(send(at(team), "private words")));
    const file = { kind: "document" as const, ref: "file-1" };
    const signal = new AbortController().signal;
    failures.push(await failureOf(adapter.fetchAttachment?.(file, 10, signal) ?? Promise.resolve()));
    expect(failures).toHaveLength(7);
    for (const failure of failures) {
      const everything = [String(failure), failure.stack, JSON.stringify(failure), String(failure.cause)].join("\n");
      expect(everything).not.toContain(tg.token);
      expect(everything).not.toContain("TEST-TOKEN");
      expect(everything).not.toContain("private words");
    }
  });
});
