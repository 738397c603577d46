import { describe, expect, test } from "vitest";
import { discordCsv, discordJson } from "../../../gateway/simulate/formats/discord.ts";
import { jsonLines } from "../../../gateway/simulate/formats/jsonl.ts";
import { telegram } from "../../../gateway/simulate/formats/telegram.ts";
import { DISCORD_CSV, DISCORD_JSON, readAll, TELEGRAM } from "./exports.ts";

/** The line on which a message of the export begins: the one before its id. */
function lineOf(id: number): number {
  return TELEGRAM.slice(0, TELEGRAM.indexOf(`"id": ${id},`)).split("\n").length - 1;
}

describe("Telegram's export", () => {
  test("gives what people wrote, with what they answered and whom they mentioned", async () => {
    const entries = await readAll(telegram, TELEGRAM);
    expect(entries.map(({ id, user, text }) => [id, user.id, user.name, text])).toEqual([
      ["2", "user11", "Ann", "Hey @parley_bot, what is a[0] }?"],
      ["3", "user99", "Parley", "The first one."],
      ["4", "user12", "", ""],
      ["5", "channel1", "Cy", "Ann look\\\\ at that\u2028"],
    ]);
    expect(entries.map(({ replyTo }) => replyTo)).toEqual([undefined, "2", "3", undefined]);
    expect(entries[0]?.mentions).toEqual(["@parley_bot"]);
    expect(entries[3]?.mentions).toEqual(["user11"]);
    expect(entries[0]?.at).toBe(Date.UTC(2026, 0, 12, 9, 0, 5));
  });

  test("is read the same in whatever pieces it comes", async () => {
    const whole = await readAll(telegram, TELEGRAM);
    for (const piece of [1, 2, 7, 100]) expect(await readAll(telegram, TELEGRAM, piece)).toEqual(whole);
  });

  test("may hold control characters as Telegram writes them, which is no JSON", async () => {
    const text = TELEGRAM.replace("The first one.", String.raw`a\x0Bb \\x41`);
    expect((await readAll(telegram, text))[1]?.text).toBe("a\u000Bb \\x41");
  });

  test("of older programs has times without seconds since 1970, and numbers for people", async () => {
    const old = {
      name: "x",
      messages: [{ id: 1, type: "message", date: "2020-01-29T11:41:46", from_id: 12, from: "A", text: "hi" }],
    };
    expect(await readAll(telegram, JSON.stringify(old))).toMatchObject([
      { user: { id: "12" }, at: Date.UTC(2020, 0, 29, 11, 41, 46), text: "hi" },
    ]);
  });

  test.each([
    ['{"about":"…","chats":{"list":[{"messages":[]}]}}', "log: this is the export of a whole account"],
    ["{}", 'log: expected an export with a list of "messages"'],
    [TELEGRAM.slice(0, -6), `log:${TELEGRAM.split("\n").length - 2}: the file ends in the middle of its messages`],
    [TELEGRAM.replace('"width": 800', '"width": 8x0'), `log:${lineOf(4)}: the message that begins here is no JSON`],
    [
      TELEGRAM.replace("1768208520", "later").replace("2026-01-12T10:02:00", "soon"),
      `log:${lineOf(5)}: this message has no time`,
    ],
  ])("that is not one is refused by file and line (%#)", async (text, problem) => {
    await expect(readAll(telegram, text)).rejects.toMatchObject({
      code: "log",
      message: expect.stringContaining(problem),
    });
  });
});

describe("DiscordChatExporter's JSON", () => {
  test("gives what people and programs wrote; what the platform says and what is passed on answers nothing", async () => {
    const entries = await readAll(discordJson, DISCORD_JSON, 11);
    expect(entries.map(({ id, user, isBot, replyTo }) => [id, user.id, user.name, isBot, replyTo])).toEqual([
      ["11", "11", "ann (nick)", false, undefined],
      ["12", "900", "Parley (nick)", true, "11"],
      ["13", "12", "ben (nick)", false, "12"],
      ["14", "12", "ben (nick)", false, undefined],
    ]);
    expect(entries[0]).toMatchObject({ at: Date.UTC(2026, 0, 12, 9, 0, 0, 123), mentions: ["900", "Parley"] });
  });

  test.each([
    [DISCORD_JSON.replace("2026-01-12T10:00:05+01:00", "yesterday"), /^log:\d+: timestamp: expected a time/],
    [DISCORD_JSON.replaceAll('"author"', '"writer"'), /^log:\d+: this message has no author/],
  ])("that is wrong is refused by file and line (%#)", async (text, problem) => {
    await expect(readAll(discordJson, text)).rejects.toThrow(problem);
  });
});

describe("DiscordChatExporter's CSV", () => {
  test("gives texts of several lines with quotes and commas in them, in whatever pieces", async () => {
    const whole = await readAll(discordCsv, DISCORD_CSV);
    expect(whole.map(({ user, text }) => [user.id, user.name, text])).toEqual([
      ["11", "ann", 'say "hi", and\nthen, @ben'],
      ["900", "Parley#1234", "hi"],
      ["12", "ben", "@Parley#1234 thanks"],
    ]);
    expect(whole[0]?.at).toBe(Date.UTC(2026, 0, 12, 9));
    expect(await readAll(discordCsv, `\uFEFF${DISCORD_CSV}`, 3)).toEqual(whole);
  });

  test("of older programs has times as people write them", async () => {
    const text = 'AuthorID,Author,Date,Content,Attachments,Reactions\n"1","a","12-Jan-26 10:00 AM","hi","",""\n';
    expect((await readAll(discordCsv, text))[0]?.at).toBe(Date.UTC(2026, 0, 12, 10));
  });

  test.each([
    ['AuthorID,Author,Date,Content\n"1","a","never","hi"\n', "log:2: Date: expected a time"],
    ['AuthorID,Author,Date,Content\n"1","a\n', /log:\d: this is no CSV/],
    ['AuthorID,Author,Date,Content\n"1","a"\n', /log:2: this is no CSV/],
    [
      "AuthorID,Author,When,Content\n1,a,2026-01-01,hi\n",
      "log:1: expected the columns AuthorID, Author, Date, Content: no Date",
    ],
  ])("that is wrong is refused by file and line (%#)", async (text, problem) => {
    await expect(readAll(discordCsv, text)).rejects.toThrow(problem);
  });
});

describe("JSON lines", () => {
  test("need a time, a user and a text; the rest may be known", async () => {
    const text = [
      '{"time":"2026-01-12T10:00:00","user":"ann","text":"hi"}',
      "",
      '{"time":1768212005,"user":7,"text":"\\ud800","id":"x","replyTo":"line-1","addressed":true,"tools":3,"bot":true}\r',
      '{"time":1768212006000,"user":"ann","text":"bye"}',
    ].join("\n");
    const at = Date.UTC(2026, 0, 12, 10);
    expect(await readAll(jsonLines, text, 5)).toEqual([
      { id: "line-1", at, line: 1, user: { id: "ann", name: "ann" }, isBot: false, text: "hi", mentions: [] },
      {
        id: "x",
        at: at + 5_000,
        line: 3,
        user: { id: "7", name: "7" },
        isBot: true,
        text: "\ufffd",
        mentions: [],
        replyTo: "line-1",
        addressed: true,
        tools: 3,
      },
      {
        id: "line-4",
        at: at + 6_000,
        line: 4,
        user: { id: "ann", name: "ann" },
        isBot: false,
        text: "bye",
        mentions: [],
      },
    ]);
  });

  test.each([
    ["{", "log:2: this line is no JSON"],
    ["[]", "log:2: expected an object"],
    ['{"user":"a","text":"x"}', "log:2: time: expected a time"],
    ['{"time":-1,"user":"a","text":"x"}', "log:2: time: expected a time"],
    ['{"time":1,"text":"x"}', "log:2: user: expected"],
    ['{"time":1,"user":"a"}', "log:2: text: expected text"],
    ['{"time":1,"user":"a","text":"x","addressed":"yes"}', "log:2: addressed: expected true or false"],
    ['{"time":1,"user":"a","text":"x","tools":1e9}', "log:2: tools: expected a whole number from 0 to 100"],
  ])("that are wrong are refused by file and line: %s", async (line, problem) => {
    await expect(readAll(jsonLines, `{"time":1,"user":"a","text":"secret"}\n${line}`)).rejects.toThrow(problem);
  });

  test("that never end are not read into memory for ever", async () => {
    await expect(readAll(jsonLines, "x".repeat(9_000_000), 1_000_000)).rejects.toThrow(
      "log:1: the line is longer than",
    );
  });
});
