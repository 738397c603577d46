import { describe, expect, test } from "vitest";
import { discordJson } from "../../../gateway/simulate/formats/discord.ts";
import { telegram } from "../../../gateway/simulate/formats/telegram.ts";
import type { LogEntry } from "../../../gateway/simulate/log.ts";
import { type QuestionOptions, questionsOf } from "../../../gateway/simulate/questions.ts";
import { DISCORD_JSON, readAll, TELEGRAM } from "./exports.ts";

const OPTIONS: QuestionOptions = { bot: [], askShare: 0.2, taskShare: 0, taskTools: 10, seed: 1 };

async function* each(entries: readonly LogEntry[]) {
  yield* entries;
}

function entry(id: string, user: string, text: string, more: Partial<LogEntry> = {}): LogEntry {
  return {
    id,
    at: Number(id),
    line: 1,
    user: { id: user, name: user.toUpperCase() },
    isBot: false,
    text,
    mentions: [],
    ...more,
  };
}

const ask = (entries: readonly LogEntry[], options: Partial<QuestionOptions> = {}) =>
  questionsOf(each(entries), { ...OPTIONS, ...options });

describe("what is for a bot", () => {
  test("is what mentions or answers it, where the log knows programs", async () => {
    const { messages, ofBots, questions, aboutOthers, chosenBy } = await ask(await readAll(discordJson, DISCORD_JSON));
    expect(messages.map(({ id, addressed, replyTo }) => [id, addressed, replyTo])).toEqual([
      ["11", false, undefined],
      ["13", true, "11"],
      ["14", false, undefined],
    ]);
    // Ben goes on with what Ann was answered.
    expect({ ofBots, questions, aboutOthers, chosenBy }).toEqual({
      ofBots: 1,
      questions: 1,
      aboutOthers: 1,
      chosenBy: [],
    });
  });

  test("is what mentions or answers the one that is named", async () => {
    const bot = ["Parley", "parley_bot"];
    const telegrams = await ask(await readAll(telegram, TELEGRAM), { bot });
    expect(telegrams.messages.map(({ id, addressed }) => [id, addressed])).toEqual([
      ["2", true],
      ["4", true],
      ["5", false],
    ]);
    const discord = await ask(await readAll(discordJson, DISCORD_JSON), { bot: ["parley"] });
    expect(discord.messages.map(({ addressed }) => addressed)).toEqual([true, true, false]);
  });

  test("is what mentions it by a name that is no word, and not what begins like it", async () => {
    const said = [
      entry("1", "a", "hey @Big Bot#1, x"),
      entry("2", "a", "@Big Bot#12 x"),
      entry("3", "a", "@big bot#1"),
    ];
    const { messages } = await ask(said, { bot: ["Big Bot#1"] });
    expect(messages.map(({ addressed }) => addressed)).toEqual([true, false, true]);
  });

  test("is what the log says, where it says so", async () => {
    const said = [
      entry("1", "a", "x", { addressed: true }),
      entry("2", "a", "@bot y"),
      entry("3", "a", "z", { addressed: false }),
    ];
    const { messages, chosenBy } = await ask(said, { bot: ["bot"] });
    expect(messages.map(({ addressed }) => addressed)).toEqual([true, false, false]);
    expect(chosenBy).toEqual([]);
  });

  test("is chosen by chance where nothing says so, the same for the same seed, and never an empty message", async () => {
    const said = Array.from({ length: 1_000 }, (_, n) =>
      entry(String(n), `u${n % 7}`, n % 10 === 0 ? " " : `words ${n}`),
    );
    const one = await ask(said);
    expect(one.questions).toBeGreaterThan(140);
    expect(one.questions).toBeLessThan(220);
    expect(one.chosenBy).toEqual([expect.stringContaining("20 % of the messages")]);
    expect(await ask(said)).toEqual(one);
    expect((await ask(said, { seed: 2 })).messages).not.toEqual(one.messages);
    expect(one.messages.filter(({ text, addressed }) => addressed && text.trim() === "")).toEqual([]);
    expect((await ask(said, { bot: ["nobody"] })).chosenBy[0]).toContain("mentions or answers that bot");
  });
});

test("what takes tools is what the log says, and by chance otherwise, which is said", async () => {
  const said = Array.from({ length: 100 }, (_, n) => entry(String(n), "a", "x", { addressed: true }));
  const { messages, chosenBy } = await ask(said, { taskShare: 0.3 });
  const tasks = messages.filter(({ tools }) => tools === 10);
  expect(tasks.length).toBeGreaterThan(15);
  expect(tasks.length).toBeLessThan(45);
  expect(chosenBy).toEqual([expect.stringContaining("30 % of the questions are taken to, 10 each")]);
  const known = await ask([...said, entry("100", "a", "x", { addressed: true, tools: 2 })], { taskShare: 0.3 });
  expect(known.messages.filter(({ tools }) => tools > 0).map(({ id }) => id)).toEqual(["100"]);
});

test("a question is about others if it answers or mentions somebody else who is there", async () => {
  const questions = [
    entry("2", "b", "more of that", { replyTo: "1" }),
    entry("3", "a", "more of mine", { replyTo: "1" }),
    entry("4", "b", "as @A. said"),
    entry("5", "b", "jane@a.com, @nobody, @b"),
    entry("6", "b", "her", { mentions: ["a"] }),
  ];
  const said = [entry("1", "a", "x"), ...questions].map((each) => ({ ...each, addressed: true }));
  const { aboutOthers, questions: all, people } = await ask(said);
  expect({ aboutOthers, all, people }).toEqual({ aboutOthers: 3, all: 6, people: 2 });
});

test("texts are bounded, and stay well-formed", async () => {
  const [message] = (await ask([entry("1", "a", "👍".repeat(20_000))])).messages;
  expect(message?.text.length).toBeLessThanOrEqual(20_000);
  expect(message?.text.isWellFormed()).toBe(true);
});
