import { describe, expect, test } from "vitest";
import { lastUserText, toolResults } from "../fakes/anthropic/request.ts";
import { message, text, toolUse } from "../fakes/anthropic/steps.ts";
import { DiscordStage } from "../gateway/stage/discord-stage.ts";
import type { Stage } from "../gateway/stage/stage.ts";
import { TelegramStage } from "../gateway/stage/telegram-stage.ts";
import { Theatre } from "../gateway/stage/theatre.ts";
import { WebStage } from "../gateway/stage/web-stage.ts";
import { WhatsAppStage } from "../gateway/stage/whatsapp-stage.ts";

const stages: Array<[string, () => Promise<Stage>]> = [
  ["Discord", DiscordStage.open],
  ["Telegram", TelegramStage.open],
  ["WhatsApp", WhatsAppStage.open],
  ["web", async () => new WebStage()],
];
const words = (spoken: string) => spoken.replace(/<[^>]*>|@\w+/g, "").trim();

describe.each(stages)("a crash, on %s", (_, openStage) => {
  test("with one running and nine waiting: after the restart all ten are answered once, in order", async () => {
    const stage = await openStage();
    const theatre = await Theatre.open(stage, { strategy: "shared", asProcess: true });
    const { claude } = theatre;
    claude.respond(({ body }) => `Answer to: ${words(lastUserText(body))}`);
    const people = [];
    for (let i = 0; i < 10; i++) people.push(await stage.person(`Person ${i}`));
    const gate = claude.hold();
    for (const [i, person] of people.entries()) {
      await person.says(`question ${i}`);
      if (i === 0) await claude.waitForInFlight(1);
    }
    await theatre.gateway.kill();
    gate.release();
    await theatre.rise();
    for (const [i, person] of people.entries()) await person.hears(`Answer to: question ${i}`);
    expect(stage.botSaid().map(({ text }) => text)).toEqual(people.map((_, i) => `Answer to: question ${i}`));
    // One begun before the crash, ten after it.
    expect(claude.requests).toHaveLength(11);
  });

  test("between two steps: the finished step is not repeated", async () => {
    const stage = await openStage();
    const theatre = await Theatre.open(stage, { asProcess: true });
    const { claude } = theatre;
    claude.respond(({ body }) =>
      toolResults(body).length === 0 ? message([text("Let me look."), toolUse("now")]) : "It is late.",
    );
    const gate = claude.hold({ when: ({ body }) => toolResults(body).length > 0 });
    const alice = await stage.person("Alice");
    const asked = await alice.says("what time is it?");
    await claude.waitForRequests(2);
    await theatre.gateway.kill();
    gate.release();
    await theatre.rise();
    expect(await alice.hears("It is late.")).toMatchObject({ quotes: asked.id });
    expect(claude.requests).toHaveLength(3);
    expect(claude.requests.filter(({ body }) => toolResults(body).length === 0)).toHaveLength(1);
    expect(claude.requests[2]?.body.messages).toEqual(claude.requests[1]?.body.messages);
    expect(stage.botSaid()).toHaveLength(1);
  });

  test("again and again on the same turn: it is given up with an apology, and the next turn is answered", async () => {
    const stage = await openStage();
    const theatre = await Theatre.open(stage, { strategy: "shared", asProcess: true });
    const { claude } = theatre;
    const gate = claude.hold({ when: ({ body }) => lastUserText(body).includes("poison") });
    const [alice, bob] = [await stage.person("Alice"), await stage.person("Bob")];
    await alice.says("poison");
    await claude.waitForRequests(1);
    await bob.says("still there?");
    for (let attempt = 2; attempt <= 4; attempt++) {
      await theatre.gateway.kill();
      await theatre.rise();
      if (attempt <= 3) await claude.waitForRequests(attempt);
    }
    await alice.hears("I tried several times");
    await bob.hears("still there?");
    gate.release();
  });
});

test("a crash between two chunks of an answer: the second follows the first, and neither comes twice", async () => {
  const stage = await TelegramStage.open();
  const theatre = await Theatre.open(stage, { asProcess: true });
  const { tg } = stage;
  const paragraphs = Array.from({ length: 3 }, (_, i) => `Part ${i} ${"word ".repeat(700)}`);
  theatre.claude.respond(() => paragraphs.join("\n\n"));
  const alice = await stage.person("Alice");
  await alice.says("a long story");
  await tg.waitFor("Part 0");
  tg.fail("sendMessage", { status: 429, description: "Too Many Requests", retryAfter: 600 });
  await tg.waitForCall("sendMessage", ({ payload }) => String(payload.text).includes("Part 1"));
  await theatre.gateway.kill();
  await theatre.rise();
  await tg.waitFor("Part 2");
  expect(tg.sent.map(({ text }) => text.slice(0, 6))).toEqual(["Part 0", "Part 1", "Part 2"]);
});
