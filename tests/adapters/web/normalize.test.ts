import { describe, expect, test } from "vitest";
import { normalize } from "../../../adapters/web/normalize.ts";
import { BOT, NOON, webRecords, webRow } from "../../fakes/web/fixtures.ts";

const addressed = (text: string) => normalize(webRow({ text }), BOT)?.addressed;

describe("what is addressed to the bot", () => {
  test.each(["@parley hi", "hi @Parley!", "so,@PARLEY?", "(@parley)", "ask @parley.", "@parley's turn", "看@parley吗"])(
    "%s is",
    (text) => expect(addressed(text)).toBe(true),
  );

  test.each([
    "parley",
    "jane@parley.com",
    "jane@parley",
    "@parley-x hi",
    "@parleyx",
    "@parley.com",
    "@@parley",
    "@parley@elsewhere.net",
    "x-@parley",
  ])("%s is not", (text) => expect(addressed(text)).toBe(false));

  test("everything in the private chat is", () => {
    expect(normalize(webRow({ chat: "dm:u_ann", text: "hi" }), BOT)?.addressed).toBe(true);
  });

  test("a reply to the bot is, a reply to a person is not", () => {
    const reply = { text: "why?", replyTo: "m_9", quoteUserId: "x", quoteUserName: "X", quoteText: "42" };
    expect(normalize(webRow({ ...reply, quoteIsBot: 1 }), BOT)).toMatchObject({
      addressed: true,
      replyTo: { messageId: "m_9", userId: "x", userName: "X", text: "42", fromSelf: true },
    });
    expect(normalize(webRow({ ...reply, quoteIsBot: 0 }), BOT)).toMatchObject({
      addressed: false,
      replyTo: { fromSelf: false },
    });
  });
});

describe("what is a command", () => {
  test.each([
    ["/help", { name: "help", args: "" }],
    ["/NEW please", { name: "new", args: "please" }],
    ["/strategy@Parley per-user\nnow", { name: "strategy", args: "per-user\nnow" }],
    ["  /stop", { name: "stop", args: "" }],
  ])("%s", (text, command) => expect(normalize(webRow({ text }), BOT)?.command).toEqual(command));

  test.each(["/etc/hosts is a file", "see /help", "/", "//help", "/2fast"])("%s is none", (text) => {
    const message = normalize(webRow({ text }), BOT);
    expect(message).not.toBeNull();
    expect(message?.command).toBeUndefined();
  });

  test("a command to another bot is not ours", () => {
    expect(normalize(webRow({ text: "/help@other" }), BOT)).toBeNull();
  });
});

test("a room is a group that opens threads", () => {
  expect(normalize(webRow({ chat: "garden", thread: "m_0" }), BOT)).toEqual({
    source: {
      platform: "web",
      account: "default",
      chat: { id: "garden", kind: "group", name: "garden", opensThreads: true },
      thread: { id: "m_0", kind: "native" },
      user: { id: "u_ann", name: "Ann", isBot: false },
      messageId: "m_1",
      sentAt: NOON,
    },
    text: "@parley hello",
    attachments: [],
    addressed: true,
    mayContinue: false,
  });
});

test("the bot's own messages are never answered", () => {
  expect(normalize(webRow({ isBot: 1, userId: "parley" }), BOT)).toBeNull();
});

test("every fixture is a message, and no two share an id", () => {
  const ids = webRecords().map(({ source }) => `${source.chat.id}\n${source.messageId}`);
  expect(new Set(ids).size).toBe(10);
});
