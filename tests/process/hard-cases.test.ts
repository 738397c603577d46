import { expect, test } from "vitest";
import { lastUserText } from "../fakes/anthropic/request.ts";
import { DiscordStage } from "../gateway/stage/discord-stage.ts";
import type { Stage } from "../gateway/stage/stage.ts";
import { type TelegramPerson, TelegramStage } from "../gateway/stage/telegram-stage.ts";
import { Theatre } from "../gateway/stage/theatre.ts";

/** One every five seconds for three hours. */
const LOOP = 2_160;
const HOUR_MS = 60 * 60 * 1000;

const words = (spoken: string) => spoken.replace(/<[^>]*>|@\w+/g, "").trim();

async function play(stage: Stage): Promise<Theatre> {
  const theatre = await Theatre.open(stage, { strategy: "shared", asProcess: true });
  theatre.claude.respond(({ body }) => `Answer to: ${words(lastUserText(body))}`);
  return theatre;
}

/** Another bot, which answers whatever this one says, names it, and calls its commands. */
interface Robot {
  speaks(text: string): void;
}

const robots: Array<[string, () => Promise<{ stage: Stage; robot: () => Robot }>]> = [
  [
    "Telegram",
    async () => {
      const stage = await TelegramStage.open();
      const { tg, group } = stage;
      const user = tg.user("Robot", { is_bot: true, username: "robot_bot" });
      const robot = () => ({
        speaks: (text: string) => {
          const replyTo = tg.sent.at(-1)?.message;
          group.post(user, text.startsWith("/") ? text : `@${tg.bot.username} ${text}`, { replyTo });
        },
      });
      return { stage, robot };
    },
  ],
  [
    "Discord",
    async () => {
      const stage = await DiscordStage.open();
      const { discord, channel } = stage;
      const user = discord.user("Robot", { bot: true });
      const robot = () => ({
        speaks: (text: string) => {
          const replyTo = discord.sent.at(-1)?.message;
          channel.post(user, text.startsWith("/") ? text : `<@${discord.bot.id}> ${text}`, { replyTo });
        },
      });
      return { stage, robot };
    },
  ],
];

test.each(robots)(
  "on %s a bot that speaks to this one for hours is never answered and costs nothing; whoever speaks in between is answered",
  async (platform, prepare) => {
    const { stage, robot } = await prepare();
    const theatre = await play(stage);
    const [alice, bob] = [await stage.person("Alice"), await stage.person("Bob")];
    await theatre.ask(alice, "first", "Answer to: first");
    const { speaks } = robot();
    const says = ["hello!", "I agree.", "/status", "/stop all", "what do you mean?"];
    for (let n = 0; n < LOOP / 2; n++) speaks(`${says[n % says.length]}`);
    const between = bob.says("in between");
    for (let n = 0; n < LOOP / 2; n++) speaks(`${says[n % says.length]}`);
    await bob.hears("Answer to: in between");
    await between;
    await theatre.ask(alice, "and now?", "Answer to: and now?");
    expect(stage.botSaid().map(({ text }) => text)).toEqual([
      "Answer to: first",
      "Answer to: in between",
      "Answer to: and now?",
    ]);
    expect(theatre.claude.requests).toHaveLength(3);
    const metrics = await (await fetch(`${theatre.gateway.url}/metrics`)).text();
    const of = (result: string) =>
      new RegExp(
        `^parley_messages_total\\{platform="${platform.toLowerCase()}",result="${result}"\\} (\\d+)`,
        "m",
      ).exec(metrics)?.[1];
    expect([of("bot"), of("turn")]).toEqual([`${LOOP}`, "3"]);
    const authors = await theatre.store(async (store) => {
      const [chat] = await store.chats();
      return store.recentAuthors(chat?.ref ?? 0, 10);
    });
    expect(authors.map(({ id }) => id).toSorted()).toEqual([alice.id, bob.id].toSorted());
  },
);

test("what was written to a program that was away for hours is told to be too old, once; what is fresh is answered", async () => {
  const stage = await TelegramStage.open();
  const theatre = await play(stage);
  const { tg } = stage;
  const alice = (await stage.person("Alice")) as TelegramPerson;
  await theatre.ask(alice, "before", "Answer to: before", { inPrivate: true });
  await theatre.gateway.stop();
  const dm = tg.dm(alice.user);
  for (const [text, hours] of [
    ["long ago", 40],
    ["still long ago", 30],
  ] as const) {
    const message = dm.add({ from: alice.user, text });
    tg.deliver({ message: { ...message, date: message.date - (hours * HOUR_MS) / 1000 } });
  }
  dm.post(alice.user, "just now");
  await theatre.rise();
  await alice.hears("Answer to: just now", { inPrivate: true });
  await theatre.ask(alice, "marker", "Answer to: marker", { inPrivate: true });
  expect(tg.sent.map(({ text }) => text.replace(/^I was away.*/s, "away"))).toEqual([
    "Answer to: before",
    "away",
    "Answer to: just now",
    "Answer to: marker",
  ]);
  expect(theatre.claude.requests).toHaveLength(3);
});
