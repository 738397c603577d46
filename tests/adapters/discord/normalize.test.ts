import { describe, expect, it } from "vitest";
import { snowflakeAt } from "../../../adapters/discord/ids.ts";
import { normalize } from "../../../adapters/discord/normalize.ts";
import { isEdit, readDeletion, readMessage } from "../../../adapters/discord/payload.ts";
import type { BotIdentity, Scene } from "../../../adapters/discord/scene.ts";
import { bot, discordFixture, discordFixtures, discordRecords, normalized } from "../../fakes/discord/fixtures.ts";
import { minimal, read, scene } from "./reading.ts";

describe("what the gateway never answers", () => {
  it.each([
    "the bot's own message",
    "nothing that may be seen",
    "somebody joined",
    "something pinned",
    "a thread was opened",
    "the starter message inside its thread",
    "another bot's answer to a command",
  ])("%s", (name) => {
    expect(normalized(discordFixture(name))).toBeNull();
  });
});

describe("whom a message is for", () => {
  it.each([
    ["text in a DM", true],
    ["text in a channel", false],
    ["in a thread", false],
    ["mention", true],
    ["mention by nickname", true],
    ["mention of the bot's role", true],
    ["mention of another role", false],
    ["mention of somebody else", false],
    ["mention inside code", false],
    ["everyone", false],
    ["bare command in a channel", false],
    ["command behind a mention", true],
    ["reply to the bot", true],
    ["reply to the bot without a ping", true],
    ["reply to a person", false],
    ["reply to a message that is gone", false],
    ["forward", true],
  ])("%s: addressed %s", (name, addressed) => {
    expect(read(name).addressed).toBe(addressed);
  });

  it.each([
    ["a mention that the list lacks", { content: `hi <@${bot.id}>` }, true],
    ["one by nickname", { content: `<@!${bot.id}>?` }, true],
    ["one that comes without a name", { content: "hi", mentions: [{ id: bot.id }] }, true],
    ["code within a line", { content: `see \`<@${bot.id}>\`` }, false],
    ["code with two bounds", { content: `\`\`a \` <@${bot.id}>\`\`` }, false],
    ["a block of code", { content: `\`\`\`js\n<@${bot.id}>\n\`\`\`` }, false],
    ["behind code", { content: `\`a\` \`\`\`b\`\`\` <@${bot.id}>` }, true],
    ["behind a bound that opens nothing", { content: `it\`s for <@${bot.id}>` }, true],
    ["behind a bound that is escaped", { content: `\\\`<@${bot.id}>\`` }, true],
    ["one that is escaped", { content: `\\<@${bot.id}>` }, false],
    ["somebody with a longer number", { content: `<@${bot.id}0>` }, false],
  ])("%s: addressed %s", (_, fields, addressed) => {
    const place: Scene = { bot, channel: { id: "300000000000000001", kind: "channel", type: 0 } };
    expect(normalize(readMessage({ ...minimal, ...fields }), place)?.addressed).toBe(addressed);
  });

  it("a long text full of bounds is read in no time", () => {
    const content = "` `` ``` ".repeat(20_000);
    const place: Scene = { bot, channel: { id: "300000000000000001", kind: "channel", type: 0 } };
    expect(normalize(readMessage({ ...minimal, content }), place)?.addressed).toBe(false);
  });

  it("a reply that comes without the bot's message is known by its id", () => {
    const place: Scene = { ...scene, channel: { id: "1", kind: "channel" }, isOwn: (id) => id === "7" };
    const reply = (message_id: string) => {
      const message = readMessage({ ...minimal, type: 19, content: "why?", message_reference: { message_id } });
      return normalize(message, place);
    };
    expect(reply("7")).toMatchObject({ addressed: true, replyTo: { messageId: "7", fromSelf: true } });
    expect(reply("8")).toMatchObject({ addressed: false, replyTo: { messageId: "8", fromSelf: false } });
  });

  it("a role that stands for the bot in another guild is just a role", () => {
    const { payload } = discordFixture("mention of the bot's role");
    const elsewhere: BotIdentity = { account: "default", id: bot.id, name: "Parley" };
    const place: Scene = { bot: elsewhere, channel: { id: "300000000000000001", kind: "channel", type: 0 } };
    expect(normalize(readMessage(payload), place)?.addressed).toBe(false);
  });
});

describe("commands as text", () => {
  it.each([
    ["command in a DM", { name: "strategy", args: "per-user --fresh" }],
    ["command behind a mention", { name: "stop", args: "" }],
    ["command behind the bot's role", { name: "stop", args: "" }],
    ["command behind somebody's mention", undefined],
    ["bare command in a channel", undefined],
    ["slash in mid-text", undefined],
    ["a path", undefined],
  ])("%s", (name, command) => {
    expect(read(name).command).toEqual(command);
  });
});

describe("places", () => {
  const guild = { guildId: "900000000000000001", guildName: "Team" };
  const general = { id: "300000000000000001", kind: "channel", name: "general", ...guild };

  it.each([
    ["text in a DM", { chat: { id: "400000000000000001", kind: "dm" } }],
    ["text in a channel", { chat: { ...general, opensThreads: true } }],
    [
      "announcement channel",
      { chat: { id: "300000000000000002", kind: "channel", name: "news", ...guild, opensThreads: true } },
    ],
    ["text of a voice channel", { chat: { id: "300000000000000003", kind: "channel", name: "Lounge", ...guild } }],
    ["in a thread", { chat: general, thread: { id: "300000000000000005", kind: "native", name: "printer jams" } }],
    [
      "in a forum post",
      {
        chat: { id: "300000000000000004", kind: "channel", name: "questions", ...guild },
        thread: { id: "300000000000000006", kind: "native", name: "How do I start?" },
      },
    ],
  ])("%s", (name, place) => {
    const { chat, thread } = read(name).source;
    expect({ chat, ...(thread && { thread }) }).toEqual(place);
  });

  it("a channel's category is no thread's parent", () => {
    const channel = { id: "3", kind: "channel", type: 0, name: "general", parent: { id: "2", name: "Work" } } as const;
    const source = normalize(readMessage({ ...minimal, content: "x" }), { bot, channel })?.source;
    expect(source?.chat).toMatchObject({ id: "3", name: "general", opensThreads: true });
    expect(source?.thread).toBeUndefined();
  });
});

describe("people", () => {
  it.each([
    ["text in a DM", { id: "500000000000000001", name: "Alice", isBot: false }],
    ["text in a channel", { id: "500000000000000002", name: "bob_builds", isBot: false }],
    ["a nickname", { id: "500000000000000001", name: "Al", isBot: false }],
    ["another bot", { id: "700000000000000002", name: "weather", isBot: true }],
    ["a webhook", { id: "600000000000000001", name: "Deploys", isBot: true }],
  ])("%s", (name, user) => {
    expect(read(name).source.user).toEqual(user);
  });
});

describe("text", () => {
  it.each([
    ["mention", "what do you think, @parley?"],
    ["mention by nickname", "@Parley (bot) hello"],
    ["mention of another role", "@helpers hello"],
    ["mention inside code", "`@Parley`"],
    ["channels, emoji, commands and times", "#general <#1> :wave: /ask 2025-10-09 08:53 UTC"],
    ["picture without words", ""],
    ["sticker", "[sticker] Wave"],
    ["poll", "[poll] Where to?\n- Park\n- Pub"],
    ["forward", "the printer burns :fire:"],
  ])("%s", (name, text) => {
    expect(read(name).text).toBe(text);
  });

  it("a name that looks like a mention is put in once and not read again", () => {
    const mentions = [
      { id: "5", username: "<@6>" },
      { id: "6", username: "$& $1" },
    ];
    const message = readMessage({ ...minimal, content: "<@5> <@6> <t:9999999999999>", mentions });
    expect(normalize(message, scene)?.text).toBe("@<@6> @$& $1 <t:9999999999999>");
  });

  it("a mention of the bot is readable even if nothing tells its name", () => {
    const message = readMessage({
      ...minimal,
      content: `<@${bot.id}> and <@7>`,
      mentions: [{ id: bot.id }, { id: "7" }],
    });
    expect(normalize(message, scene)?.text).toBe("@Parley and <@7>");
  });

  it("an edited message says so", () => {
    expect(read("edited text").edited).toBe(true);
    expect(read("text in a DM").edited).toBeUndefined();
  });
});

describe("replies", () => {
  it("to the bot: who, and what was said", () => {
    const { replyTo } = read("reply to the bot without a ping");
    expect(replyTo).toEqual({
      messageId: expect.stringMatching(/^\d+$/),
      userId: bot.id,
      userName: "parley",
      text: "**Friday** is quieter.",
      fromSelf: true,
    });
  });

  it("to a person: the quoted text is readable", () => {
    const { replyTo } = read("reply to a person");
    expect(replyTo).toMatchObject({ text: "Shall we ship on 2025-10-10 08:53 UTC, @Alice?", fromSelf: false });
  });

  it.each(["reply to a message that is gone", "reply to a message that was not looked up"])(
    "%s: its id alone",
    (name) => {
      expect(read(name).replyTo).toEqual({ messageId: expect.stringMatching(/^\d+$/), fromSelf: false });
    },
  );

  it("a picture has no words to quote", () => {
    expect(read("reply to a picture").replyTo?.text).toBeUndefined();
  });

  it.each(["forward", "published announcement"])("%s: no reply", (name) => {
    expect(read(name).replyTo).toBeUndefined();
  });

  it("a long original is quoted in part", () => {
    const original = { ...minimal, id: "7", content: `${"x".repeat(3_998)}😀😀` };
    const reference = { message_id: "7", channel_id: minimal.channel_id };
    const message = { ...minimal, type: 19, content: "?", message_reference: reference, referenced_message: original };
    const text = normalize(readMessage(message), scene)?.replyTo?.text;
    expect(text).toBe(`${"x".repeat(3_998)}…`);
  });
});

describe("every fixture", () => {
  it("has a name and a message id of its own", () => {
    expect(new Set(discordFixtures.map(({ name }) => name)).size).toBe(discordFixtures.length);
    const records = discordRecords();
    expect(new Set(records.map(({ source }) => source.messageId)).size).toBe(records.length);
  });
});

describe("times", () => {
  it.each([
    ["as the message tells", { timestamp: "2025-10-09T08:53:20.000000+00:00" }, 1_760_000_000_000],
    ["as the id tells, where the message does not", {}, 1_760_000_000_000],
    ["as the id tells, where the message has no proper one", { timestamp: "yesterday" }, 1_760_000_000_000],
  ])("%s", (_, fields, time) => {
    const id = "timestamp" in fields && fields.timestamp !== "yesterday" ? "9001" : snowflakeAt(1_760_000_000_000);
    expect(normalize(readMessage({ ...minimal, content: "x", ...fields, id }), scene)?.source.sentAt).toBe(time);
  });
});

describe("payloads that lack what Discord promises", () => {
  it.each([
    ["nothing to say what it is", {}, undefined],
    ["a message that it refers to", { message_reference: { message_id: "7" } }, "7"],
    ["a channel that it refers to", { message_reference: { channel_id: "7" } }, undefined],
    ["a message that it forwards", { message_reference: { type: 1, message_id: "7" } }, undefined],
  ])("without a type, with %s: a message, or a reply", (_, fields, replyTo) => {
    const { type: _type, ...untyped } = minimal;
    const message = normalize(readMessage({ ...untyped, content: "x", ...fields }), scene);
    expect(message?.text).toBe("x");
    expect(message?.replyTo?.messageId).toBe(replyTo);
  });
});

describe("payloads that are not what Discord promises", () => {
  it.each([
    ["nothing", undefined],
    ["no object", 7],
    ["a list", []],
    ["no id", { ...minimal, id: undefined }],
    ["an id that is a number", { ...minimal, id: 1425768101969920005n }],
    ["no channel", { ...minimal, channel_id: null, content: "secret words" }],
    ["no type", { ...minimal, type: "0" }],
    ["no author", { ...minimal, author: null }],
    ["an author without a name", { ...minimal, author: { id: "5" } }],
  ])("%s: refused, without repeating what is inside", (_, payload) => {
    expect(() => readMessage(payload)).toThrow(expect.objectContaining({ code: "discord-payload" }));
    expect(() => readMessage(payload)).not.toThrow(/secret words/);
  });

  it("parts that are malformed are left out, and the rest is read", () => {
    const hostile = {
      ...minimal,
      type: 19,
      content: "hello",
      member: "x",
      mentions: [null, 7, { id: "x" }, { id: bot.id, username: "parley", member: 7 }],
      mention_roles: { length: 3 },
      attachments: [{}, null, { id: "1", filename: 7, url: "u" }],
      sticker_items: [null, { name: {} }, { name: "Wave" }],
      poll: { question: { text: "?" }, answers: [null, { poll_media: null }] },
      message_reference: { type: "x", message_id: "7" },
      referenced_message: { id: 7 },
      message_snapshots: [null, { message: null }, { message: { content: 7 } }],
      flags: "x",
      edited_timestamp: 7,
    };
    expect(normalize(readMessage(hostile), scene)).toMatchObject({
      text: "hello\n[sticker] Wave\n[forwarded]\n[forwarded]\n[forwarded]\n[poll] ?",
      attachments: [],
      addressed: true,
      replyTo: { messageId: "7", fromSelf: false },
    });
  });
});

describe("edits and deletions", () => {
  it.each([
    ["a new text", { ...minimal, content: "x", edited_timestamp: "2025-10-09T09:00:00+00:00" }, true],
    ["an embed that appears", { ...minimal, content: "x", edited_timestamp: null }, false],
    ["a part without its text", { id: "1", channel_id: "2", edited_timestamp: "2025-10-09T09:00:00+00:00" }, false],
    ["nothing", null, false],
  ])("%s: an edit is %s", (_, payload, edit) => {
    expect(isEdit(payload)).toBe(edit);
  });

  it("one message or many", () => {
    expect(readDeletion({ id: "7", channel_id: "1" })).toEqual({ channelId: "1", messageIds: ["7"] });
    expect(readDeletion({ ids: ["7", "8", "x"], channel_id: "1", guild_id: "2" })).toEqual({
      channelId: "1",
      guildId: "2",
      messageIds: ["7", "8"],
    });
    for (const payload of [null, { id: "7" }, { channel_id: "1" }, { ids: [], channel_id: "1" }]) {
      expect(() => readDeletion(payload)).toThrow(expect.objectContaining({ code: "discord-payload" }));
    }
  });
});
