import { beforeEach, describe, expect, test } from "vitest";
import { toolResults } from "../fakes/anthropic/request.ts";
import { message, text, toolUse } from "../fakes/anthropic/steps.ts";
import type { FakeDiscord } from "../fakes/discord/fake-discord.ts";
import type { WireUser } from "../fakes/discord/posted.ts";
import { mailing } from "./dialogues/approvals.ts";
import { DiscordStage } from "./stage/discord-stage.ts";
import { Theatre, type TheatreOptions } from "./stage/theatre.ts";

describe("a tool that asks, on Discord,", () => {
  let stage: DiscordStage;
  let discord: FakeDiscord;
  let alice: WireUser;
  let bob: WireUser;
  let sent: unknown[];

  beforeEach(async () => {
    stage = await DiscordStage.open();
    discord = stage.discord;
    alice = discord.user("Alice");
    bob = discord.user("Bob");
  });

  async function open(options: TheatreOptions = {}): Promise<Theatre> {
    const tool = mailing();
    sent = tool.sent;
    const theatre = await Theatre.open(stage, { tools: [tool.mail], ...options });
    theatre.claude.respond(({ body }) =>
      toolResults(body).length === 0
        ? message([text("Let me see."), toolUse("send_mail", { to: "bob@example.org" })])
        : "It is sent.",
    );
    await discord.until(() => discord.commands.length > 0);
    return theatre;
  }

  test.each([{}, { settings: { discord: { drafts: false } } }])(
    "in a private /ask asks in private, beside the answer and not in its place (%j)",
    async (options) => {
      await open(options);
      const asked = discord.command(alice, stage.channel, "ask", { question: "mail bob", private: true });
      await discord.until(() => asked.followUps.length > 0);
      const [question] = asked.followUps;
      expect(question).toMatchObject({ ephemeral: true });
      expect(question?.text).toMatch(/^Alice, may I use `send_mail`\?/);
      expect(question?.choices.map(({ label }) => label)).toEqual(["Allow", "Refuse"]);
      const pressed = discord.picks(alice, question as never, "Allow");
      await discord.until(() => pressed.text === "Allowed.");
      await discord.until(() => asked.text?.includes("It is sent.") === true);
      expect(asked.followUps).toHaveLength(1);
      expect(asked.followUps[0]?.text).toMatch(/^Alice, may I use/);
      expect(sent).toHaveLength(1);
      // Nothing of it stands in the channel.
      expect(discord.sent.filter(({ ephemeral }) => !ephemeral)).toEqual([]);
    },
  );

  test("in an /ask for everybody asks in the channel, and only its asker's button counts", async () => {
    await open();
    const asked = discord.command(alice, stage.channel, "ask", { question: "mail bob" });
    const question = await discord.waitFor("may I use");
    expect(question).toMatchObject({ channelId: stage.channel.id, ephemeral: false });
    const other = discord.picks(bob, question, "Allow");
    await discord.until(() => other.text?.includes("not yours to decide") === true);
    expect(sent).toEqual([]);
    const pressed = discord.picks(alice, question, "Refuse");
    await discord.until(() => pressed.text?.startsWith("Refused") === true);
    await discord.until(() => asked.text?.includes("It is sent.") === true);
    expect(sent).toEqual([]);
  });

  test("asks inside the thread that was opened for the question", async () => {
    await open({ strategy: "per-thread" });
    const asked = stage.channel.post(alice, `<@${discord.bot.id}> mail bob`);
    const question = await discord.waitFor("may I use");
    expect(question.channelId).toBe(asked.id);
    const pressed = discord.picks(alice, question, "Allow");
    await discord.until(() => pressed.text === "Allowed.");
    expect(await discord.waitFor("It is sent.")).toMatchObject({ channelId: asked.id });
  });
});
