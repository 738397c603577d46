import { describe, expect, it } from "vitest";
import type { InboundMessage } from "../../../adapters/record.ts";
import { commandIn } from "../../../adapters/telegram/choices.ts";
import { normalize } from "../../../adapters/telegram/normalize.ts";
import { readUpdate } from "../../../adapters/telegram/payload.ts";
import {
  messageIn,
  normalized,
  RECEIVED,
  telegramFixture,
  telegramFixtures,
  telegramRecords,
} from "../../fakes/telegram/fixtures.ts";

function read(name: string): InboundMessage {
  const message = normalized(telegramFixture(name));
  if (message === null) throw new Error(`"${name}" is never answered`);
  return message;
}

describe("what the gateway never answers", () => {
  it.each([
    "the bot's own message",
    "command for another bot",
    "somebody joined",
    "a topic was opened",
    "something pinned",
    "button below a message of a forum that was forgotten",
    "button of another program",
    "button that holds nothing",
    "button without a message",
    "button in an inline answer",
  ])("%s", (name) => {
    expect(normalized(telegramFixture(name))).toBeNull();
  });
});

describe("whom a message is for", () => {
  it.each([
    ["text in a DM", true],
    ["text in a group", false],
    ["mention", true],
    ["mention in another case", true],
    ["mention by profile", true],
    ["mention of a longer name", false],
    ["mention of somebody else", false],
    ["e-mail address", false],
    ["everyone", false],
    ["command in a DM", true],
    ["bare command in a group", false],
    ["command for this bot", true],
    ["command in a caption", true],
    ["slash in mid-text", false],
    ["reply to the bot", true],
    ["reply to a person", false],
    ["reply with a partial quote", true],
    ["forum, a topic opened by the bot", false],
    ["album, the part with the caption", true],
    ["album, a part without one", false],
  ])("%s: addressed %s", (name, addressed) => {
    expect(read(name).addressed).toBe(addressed);
  });

  it("the mention stays in the text", () => {
    expect(read("mention").text).toBe("what do you think, @parley_bot?");
  });
});

describe("commands", () => {
  it.each([
    ["command in a DM", { name: "strategy", args: "per-user --fresh" }],
    ["bare command in a group", { name: "stop", args: "" }],
    ["command for this bot", { name: "status", args: "now" }],
    ["command in a caption", { name: "describe", args: "briefly" }],
    ["slash in mid-text", undefined],
    ["text in a DM", undefined],
  ])("%s", (name, command) => {
    expect(read(name).command).toEqual(command);
  });
});

describe("where a message stands", () => {
  it.each([
    ["text in a DM", { id: "501", kind: "dm", name: "Alice Liddell" }],
    ["text in a group", { id: "-4001", kind: "group", name: "Lunch" }],
    ["mention", { id: "-1001000000002", kind: "group", name: "Team" }],
    ["forum, General", { id: "-1001000000003", kind: "group", name: "Help desk", opensThreads: true }],
    ["channel post", { id: "-1001000000005", kind: "channel", name: "News" }],
  ])("%s: the chat", (name, chat) => {
    expect(read(name).source.chat).toEqual(chat);
  });

  it.each([
    ["a reply in a plain supergroup is in no thread", "reply to a person", undefined],
    ["General is no thread", "forum, General", undefined],
    ["a topic is a thread", "forum, a topic", { id: "12", kind: "native", name: "Printers" }],
    ["a reply inside a topic stays in it", "forum, a reply inside a topic", { id: "12", kind: "native" }],
    ["a topic of a private chat is a thread", "topic in a DM", { id: "5", kind: "native" }],
  ])("%s", (_, name, thread) => {
    expect(read(name).source.thread).toEqual(thread);
  });

  it("General named by its number is no thread either", () => {
    const { update, bot } = telegramFixture("topic in a DM");
    const message = messageIn({ ...update, message: { ...(update.message as object), message_thread_id: 1 } });
    expect(normalize(message, bot)?.source.thread).toBeUndefined();
  });

  it("the same topic number in two forums is two places", () => {
    const [one, other] = [read("forum, a topic"), read("another forum, same topic number")];
    expect(one.source.thread?.id).toBe(other.source.thread?.id);
    expect(one.source.chat.id).not.toBe(other.source.chat.id);
  });
});

describe("who wrote it", () => {
  it.each([
    ["text in a DM", { id: "501", name: "Alice Liddell", isBot: false }],
    ["another bot in a group", { id: "7000000002", name: "Weather", isBot: true }],
    ["anonymous admin", { id: "-1001000000002", name: "Team", isBot: false }],
    ["person posting as a channel", { id: "-1001000000005", name: "News", isBot: false }],
    ["channel post", { id: "-1001000000005", name: "News", isBot: false }],
    ["channel post without a sender", { id: "", name: "", isBot: false }],
    ["forwarded message", { id: "501", name: "Alice Liddell", isBot: false }],
  ])("%s", (name, user) => {
    expect(read(name).source.user).toEqual(user);
  });
});

describe("what it replies to", () => {
  it("the whole message, where nothing was selected", () => {
    expect(read("reply to a person").replyTo).toEqual({
      messageId: "77",
      userId: "502",
      userName: "Bob",
      text: "Shall we ship on Friday or on Monday?",
      fromSelf: false,
    });
  });

  it("the part that the user selected wins over the whole", () => {
    expect(read("reply with a partial quote").replyTo).toMatchObject({ text: "Monday is safer.", fromSelf: true });
  });

  it("a message of another chat is quoted under an id that is none of this chat's", () => {
    const reply = { messageId: "-1001000000003/31", userId: "502", userName: "Bob", fromSelf: false };
    expect(read("reply to a message of another chat").replyTo).toEqual({ ...reply, text: "the printer burns" });
  });

  it.each(["forum, a topic", "forum, a topic opened by the bot", "text in a DM"])("%s: nothing", (name) => {
    expect(read(name).replyTo).toBeUndefined();
  });

  it("a reply inside a topic is one", () => {
    expect(read("forum, a reply inside a topic").replyTo?.messageId).toBe("40");
  });
});

describe("what is only passed on", () => {
  it.each([
    ["forwarded message", { userId: "502", name: "Bob" }],
    ["forward of somebody who hides", { name: "Deep Throat" }],
    ["forward of an anonymous admin", { userId: "-1001000000002", name: "Team" }],
    ["forwarded command to the bot, in a group", { userId: "-1001000000005", name: "News" }],
    ["forward whose origin cannot be read", {}],
    ["channel post that Telegram brought into the channel's group", undefined],
    ["text in a DM", undefined],
  ])("%s", (name, forwarded) => {
    expect(read(name).forwarded).toEqual(forwarded);
  });

  it("neither commands nor calls the bot; in private it is a message like any other", () => {
    const { command, addressed } = read("forwarded command to the bot, in a group");
    expect([command, addressed]).toEqual([undefined, false]);
    expect(read("forwarded message").addressed).toBe(true);
  });

  it("is quoted as said by whoever wrote it", () => {
    expect(read("reply to a forward").replyTo).toEqual({
      messageId: "78",
      userId: "502",
      userName: "Bob",
      text: "the printer burns",
      fromSelf: false,
    });
  });
});

describe("attachments", () => {
  it.each([
    ["album, the part with the caption", { kind: "image", ref: "A-large", mimeType: "image/jpeg", bytes: 180000 }],
    ["document", { kind: "document", ref: "D", name: "plan.pdf", mimeType: "application/pdf", bytes: 40000 }],
    ["picture sent as a file", { kind: "image", ref: "E", name: "x.png", mimeType: "image/png" }],
    [
      "document that is too large",
      { kind: "document", ref: "F", name: "film.mkv", bytes: 30000000, unavailable: "over 20 MB" },
    ],
    ["voice", { kind: "audio", ref: "V", mimeType: "audio/ogg", bytes: 9000 }],
    ["animation", { kind: "video", ref: "G", mimeType: "video/mp4" }],
    ["video note", { kind: "video", ref: "N", mimeType: "video/mp4", bytes: 70000 }],
    ["sticker", { kind: "sticker", ref: "S", name: "👍", mimeType: "image/webp" }],
  ])("%s", (name, attachment) => {
    expect(read(name).attachments).toEqual([attachment]);
  });

  it("the size limit is the operator's", () => {
    const { update, bot } = telegramFixture("document");
    const message = normalize(messageIn(update), bot, 10_240);
    expect(message?.attachments[0]?.unavailable).toBe("over 0.01 MB");
  });

  it("the parts of an album carry its id", () => {
    const parts = [read("album, the part with the caption"), read("album, a part without one")];
    expect(parts.map(({ albumId, text }) => [albumId, text])).toEqual([
      ["13371337", "which one, @parley_bot?"],
      ["13371337", ""],
    ]);
  });
});

describe("text", () => {
  it.each([
    ["document", "please read"],
    ["voice", ""],
    ["poll", "[poll] Where to?\n- Park\n- Pub"],
    ["location", "[location] 52.52, 13.405"],
    ["venue", "[venue] Café, Main Street 1 (52.5, 13.4)"],
    ["contact", "[contact] Jane Doe, +4930123456"],
    ["dice", "[dice] 🎲 4"],
  ])("%s", (name, text) => {
    expect(read(name).text).toBe(text);
  });

  it("a text as long as Telegram allows may go on in the next message", () => {
    expect(read("text that was cut at the limit").mayContinue).toBe(true);
    expect(read("text in a DM").mayContinue).toBeUndefined();
  });
});

describe("buttons that somebody presses", () => {
  it("are commands of theirs, addressed to the bot, received now, with ids of their own", () => {
    const message = read("button in a DM");
    expect(message).toEqual({
      source: {
        platform: "telegram",
        account: "default",
        chat: { id: "501", kind: "dm", name: "Alice Liddell" },
        user: { id: "501", name: "Alice Liddell", isBot: false },
        messageId: expect.stringMatching(/^callback:\d+$/),
        sentAt: RECEIVED,
      },
      text: "/strategy per-user",
      attachments: [],
      addressed: true,
      command: { name: "strategy", args: "per-user" },
    });
  });

  it.each([
    ["button in a supergroup", "-1001000000002", undefined],
    ["button in a topic", "-1001000000003", "12"],
    ["button in General", "-1001000000003", undefined],
    ["button below a message that was forgotten", "-1001000000002", undefined],
  ])("%s: the place is that of its message", (name, chat, thread) => {
    const { source } = read(name);
    expect([source.chat.id, source.thread?.id]).toEqual([chat, thread]);
    expect(source.user.id).toBe("501");
  });

  it.each(["", " confirm", "Confirm", "/confirm", "confirm\nstop", "confirm \u202ethis", "a".repeat(65), "ä", "42"])(
    "%j is no command",
    (data) => {
      expect(commandIn(data)).toBeNull();
    },
  );
});

describe("every fixture", () => {
  it("has a name, an update number and a message number of its own", () => {
    expect(new Set(telegramFixtures.map(({ name }) => name)).size).toBe(telegramFixtures.length);
    expect(new Set(telegramFixtures.map(({ update }) => update.update_id)).size).toBe(telegramFixtures.length);
    const records = telegramRecords();
    expect(new Set(records.map(({ source }) => source.messageId)).size).toBe(records.length);
  });

  it("is sent at a time in milliseconds", () => {
    for (const { source } of telegramRecords()) {
      expect(source.sentAt).toBeGreaterThanOrEqual(1_760_000_000_000);
      expect(source.sentAt % 1000).toBe(0);
    }
  });
});

describe("payloads that are not what the Bot API promises", () => {
  it.each([
    ["no object", 7],
    ["no update number", { message: {} }],
    ["no message number", { update_id: 1, message: { date: 1, chat: { id: 1, type: "private" } } }],
    ["no chat", { update_id: 1, message: { message_id: 1, date: 1, text: "secret words" } }],
    [
      "text that is none",
      { update_id: 1, message: { message_id: 1, date: 1, chat: { id: 1, type: "private" }, text: {} } },
    ],
    ["a press without a number", { update_id: 1, callback_query: { from: { id: 1 }, data: "secret words" } }],
    ["a press by nobody", { update_id: 1, callback_query: { id: "1", data: "secret words" } }],
    ["a press of what is no text", { update_id: 1, callback_query: { id: "1", from: { id: 1 }, data: 7 } }],
    [
      "a press below no message",
      { update_id: 1, callback_query: { id: "1", from: { id: 1 }, message: "secret words" } },
    ],
  ])("%s: refused, without repeating what is inside", (_, update) => {
    expect(() => readUpdate(update)).toThrow(expect.objectContaining({ code: "telegram-payload" }));
    expect(() => readUpdate(update)).not.toThrow(/secret words/);
  });

  it("updates of other kinds are passed over", () => {
    expect(readUpdate({ update_id: 1, poll: { id: "1" } })).toBeNull();
  });
});
