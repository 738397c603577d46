import { describe, expect, it } from "vitest";
import { decodeAttachmentRef } from "../../../adapters/discord/attachments.ts";
import {
  type DiscordInteraction,
  normalizeInteraction,
  readInteraction,
} from "../../../adapters/discord/interactions.ts";
import { decodeReplyToken } from "../../../adapters/discord/reply-token.ts";
import type { InboundMessage } from "../../../adapters/record.ts";
import { bot, discordFixture, normalized, RECEIVED } from "../../fakes/discord/fixtures.ts";

function read(name: string): InboundMessage {
  const message = normalized(discordFixture(name));
  if (message === null) throw new Error(`"${name}" is never answered`);
  return message;
}

function wire(name: string): Record<string, unknown> {
  return discordFixture(name).payload;
}

const token = (name: string) => decodeReplyToken(read(name).replyToken ?? "");

describe("questions", () => {
  it("/ask is a turn of the one who asked, addressed to the bot", () => {
    const message = read("ask in a channel");
    expect(message).toMatchObject({ text: "How far is the moon?", attachments: [], addressed: true });
    expect(message.command).toBeUndefined();
    expect(message.source).toMatchObject({
      chat: { id: "300000000000000001", kind: "channel", guildName: "Team", opensThreads: true },
      user: { id: "500000000000000001", name: "Alice of Team", isBot: false },
      messageId: wire("ask in a channel").id,
    });
  });

  it("the file comes along, though it belongs to no message", () => {
    const [file] = read("ask in private about a file").attachments;
    expect(file).toMatchObject({ kind: "document", name: "plan.pdf", mimeType: "application/pdf" });
    const ref = decodeAttachmentRef(file?.ref ?? "");
    expect(ref).toMatchObject({ channelId: "300000000000000001", url: expect.stringContaining("plan.pdf") });
    expect(ref?.messageId).toBeUndefined();
  });

  it("what the question mentions is readable", () => {
    expect(read("ask in private about a file").text).toBe("Is #general in it?");
  });

  it("a question without a word is none", () => {
    expect(normalized(discordFixture("ask nothing"))).toBeNull();
  });
});

describe("commands", () => {
  it.each([
    ["command", { name: "stop", args: "" }, "/stop"],
    ["command with options", { name: "strategy", args: "per-user --fresh" }, "/strategy per-user --fresh"],
    ["button in a channel", { name: "confirm", args: "" }, "/confirm"],
    ["button in a DM", { name: "strategy", args: "per-user --here" }, "/strategy per-user --here"],
    ["menu in a thread", { name: "strategy", args: "tagged-hybrid" }, "/strategy tagged-hybrid"],
  ])("%s: values stand in the order in which they are offered", (name, command, text) => {
    expect(read(name)).toMatchObject({ command, text, addressed: true });
  });
});

describe("several options", () => {
  const offers = [
    {
      name: "set",
      description: "Change a setting.",
      options: [
        { name: "name", description: "Which.", choices: [] },
        { name: "value", description: "What to.", choices: [] },
        { name: "here", description: "Where.", choices: [{ value: "--here", description: "in this thread alone" }] },
        { name: "count", description: "How many.", choices: [] },
      ],
    },
  ];
  const given = (...options: Array<Record<string, unknown>>) => {
    const interaction = readInteraction({ ...wire("command"), data: { name: "set", options } });
    return interaction && normalizeInteraction(interaction, { bot, offers, now: () => RECEIVED });
  };

  it("reach the command all of them, in the order in which they are offered, whatever the order of their values", () => {
    const message = given(
      { name: "here", value: "--here" },
      { name: "count", value: 3 },
      { name: "value", value: "Be  brief, and kind. " },
      { name: "name", value: "extraPrompt" },
    );
    expect(message?.command).toEqual({ name: "set", args: "extraPrompt Be  brief, and kind.  --here 3" });
  });

  it("may be left out, each of them", () => {
    expect(given({ name: "here", value: "--here" }, { name: "name", value: "x" })?.command?.args).toBe("x --here");
    expect(given({ name: "value", value: "free text" })?.command?.args).toBe("free text");
    expect(given({ name: "value", value: true })?.command?.args).toBe("true");
  });
});

describe("reply tokens", () => {
  it("hold what it takes to answer", () => {
    const { id, token: secret } = wire("ask in a channel");
    expect(token("ask in a channel")).toEqual({
      applicationId: bot.id,
      interactionId: id,
      token: secret,
      userId: "500000000000000001",
      ephemeral: false,
      present: true,
      expiresAt: RECEIVED + 15 * 60_000,
    });
  });

  it("live from when the command was received, whatever the time that its id tells", () => {
    const interaction = readInteraction({ ...wire("ask in a channel"), id: "9001" });
    const message = interaction && normalizeInteraction(interaction, { bot, now: () => 5_000 });
    expect(message?.source).toMatchObject({ messageId: "9001", sentAt: 5_000 });
    expect(decodeReplyToken(message?.replyToken ?? "")?.expiresAt).toBe(5_000 + 15 * 60_000);
  });

  it.each([
    ["ask in a channel", false],
    ["ask in private about a file", true],
    ["command", true],
    ["command with options", true],
    ["button in a channel", true],
    ["button in a DM", true],
  ])("%s: for the asker alone is %s", (name, ephemeral) => {
    expect(token(name)?.ephemeral).toBe(ephemeral);
  });

  it.each([
    ["ask in a channel", true],
    ["ask in a DM", true],
    ["ask in a group DM", false],
    ["ask in a DM of two others", false],
    ["ask in a guild without the bot", false],
  ])("%s: the bot is there is %s", (name, present) => {
    expect(token(name)?.present).toBe(present);
  });

  it("the bot is in its own DM even before it knows the channel", () => {
    const interaction = readInteraction(wire("ask in a DM"));
    const message = interaction && normalizeInteraction(interaction, { bot, now: () => RECEIVED });
    expect(message?.source.chat).toEqual({ id: "400000000000000001", kind: "dm" });
    expect(decodeReplyToken(message?.replyToken ?? "")?.present).toBe(true);
  });
});

describe("places", () => {
  it.each([
    ["ask in a DM", { chat: { id: "400000000000000001", kind: "dm" } }],
    [
      "ask in a thread",
      {
        chat: {
          id: "300000000000000001",
          kind: "channel",
          name: "general",
          guildId: "900000000000000001",
          guildName: "Team",
        },
        thread: { id: "300000000000000005", kind: "native", name: "printer jams" },
      },
    ],
    ["ask in a group DM", { chat: { id: "400000000000000009", kind: "group", name: "Holidays" } }],
    ["ask in a DM of two others", { chat: { id: "400000000000000008", kind: "group" } }],
    [
      "ask in a guild without the bot",
      { chat: { id: "300000000000000091", kind: "channel", name: "elsewhere", guildId: "900000000000000002" } },
    ],
    [
      "ask in a thread without the bot",
      {
        chat: { id: "300000000000000091", kind: "channel", guildId: "900000000000000002" },
        thread: { id: "300000000000000093", kind: "native", name: "quiet" },
      },
    ],
  ])("%s", (name, place) => {
    const { chat, thread } = read(name).source;
    expect({ chat, ...(thread && { thread }) }).toEqual(place);
  });
});

describe("what permissions are found out from", () => {
  it("in a guild what the user may do, in a group DM whose it is", () => {
    const found = (name: string) => readInteraction(wire(name)) as DiscordInteraction;
    expect(found("ask in a channel").permissions).toBe("2147483664");
    expect(found("ask in a group DM")).toMatchObject({ channel: { owner_id: "500000000000000002" } });
    expect(found("ask in a group DM").permissions).toBeUndefined();
  });
});

describe("payloads that are not what Discord promises", () => {
  const whole = wire("ask in a channel");

  it.each([
    ["a ping", { type: 1 }],
    ["a component of another program", { ...whole, type: 3, data: { custom_id: "open:42" } }],
    ["completion", { ...whole, type: 4 }],
    ["a menu command", { ...whole, data: { name: "ask", type: 3 } }],
    ["nothing", undefined],
  ])("%s is passed over", (_, payload) => {
    expect(readInteraction(payload)).toBeNull();
  });

  it.each([
    ["no id", { ...whole, id: 7 }],
    ["no application", { ...whole, application_id: undefined }],
    ["no token", { ...whole, token: undefined }],
    ["no command", { ...whole, data: null }],
    ["no user", { ...whole, member: { nick: "x" } }],
    ["no channel", { ...whole, channel: null, channel_id: null }],
  ])("%s: refused, without repeating what is inside", (_, payload) => {
    expect(() => readInteraction(payload)).toThrow(expect.objectContaining({ code: "discord-payload" }));
    expect(() => readInteraction(payload)).not.toThrow(/moon|aW50/);
  });

  it("options that are malformed are left out, and files that are not there are none", () => {
    const options = [
      null,
      { name: 7 },
      { name: "question", value: {} },
      { name: "question", value: "hi" },
      { name: "file", value: "1" },
    ];
    const interaction = readInteraction({ ...whole, data: { name: "ask", options, resolved: { attachments: [7] } } });
    const message = interaction && normalizeInteraction(interaction, { bot, now: () => RECEIVED });
    expect(message).toMatchObject({ text: "hi", attachments: [] });
  });
});
