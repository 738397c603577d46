import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { lastUserText } from "../fakes/anthropic/request.ts";
import { FakeDiscord } from "../fakes/discord/fake-discord.ts";
import { DiscordStage } from "../gateway/stage/discord-stage.ts";
import { Program } from "../gateway/stage/program.ts";
import { Theatre } from "../gateway/stage/theatre.ts";

const story = Array.from({ length: 60 }, (_, i) => `word${i}`).join(" ");

describe("the program, on Discord, killed", () => {
  async function open(strategy = "shared") {
    const stage = await DiscordStage.open();
    const theatre = await Theatre.open(stage, { strategy, asProcess: true });
    theatre.claude.respond(({ body }) =>
      lastUserText(body).includes("tell me")
        ? story
        : `Answer to: ${lastUserText(body)
            .replace(/<[^>]*>|@\w+/g, "")
            .trim()}`,
    );
    const { discord, channel } = stage;
    const alice = discord.user("Alice");
    const ask = (text: string) => channel.post(alice, `<@${discord.bot.id}> ${text}`);
    return { theatre, stage, discord, channel, alice, ask };
  }

  test("while a draft is half shown: after the restart exactly one final answer stands", async () => {
    const { theatre, discord, ask } = await open();
    const gate = theatre.claude.hold({ afterDeltas: 20 });
    const asked = ask("tell me");
    await discord.waitFor("word19");
    await theatre.gateway.kill();
    gate.release();
    await theatre.rise();
    await discord.waitFor("word59");
    ask("marker");
    await discord.waitFor("marker");
    expect(discord.sent.map(({ text }) => text)).toEqual([story, "Answer to: marker"]);
    expect(discord.sent[0]?.replyTo).toBe(asked.id);
  });

  test("while a draft is on its way, so that it never learnt which message shows it: one final answer stands", async () => {
    const { theatre, discord, ask } = await open();
    const gate = theatre.claude.hold({ afterDeltas: 20 });
    discord.fail("POST /channels/:channel/messages", { after: "lost", times: 1 });
    ask("tell me");
    await discord.waitFor("word19");
    await theatre.gateway.kill();
    gate.release();
    await theatre.rise();
    await discord.waitFor("word59");
    ask("marker");
    await discord.waitFor("marker");
    expect(discord.sent.map(({ text }) => text)).toEqual([story, "Answer to: marker"]);
  });

  test("between the chunks of an answer: the others follow, and none comes twice", async () => {
    const { theatre, discord, ask } = await open();
    const paragraphs = Array.from({ length: 3 }, (_, i) => `Part ${i} ${"word ".repeat(350)}`);
    theatre.claude.respond(() => paragraphs.join("\n\n"));
    const hold = discord.hold("POST /channels/:channel/messages", { after: "taken" });
    ask("a long story");
    await hold.arrived;
    await theatre.gateway.kill();
    hold.release();
    await theatre.rise();
    await discord.waitFor("Part 2");
    expect(discord.sent.map(({ text }) => text.slice(0, 6))).toEqual(["Part 0", "Part 1", "Part 2"]);
  });

  test("with a command unanswered: it is answered after the restart", async () => {
    const { theatre, discord, channel, alice } = await open();
    const gate = theatre.claude.hold();
    const call = discord.command(alice, channel, "ask", { question: "are you there?" });
    await theatre.claude.waitForInFlight(1);
    expect(call.state).toBe("deferred");
    await theatre.gateway.kill();
    gate.release();
    await theatre.rise();
    await discord.until(() => call.text?.includes("Answer to: are you there?") === true);
    expect(discord.sent).toHaveLength(1);
  });

  test("and what was written meanwhile, in channels, threads and private, is answered once", async () => {
    const { theatre, stage, discord, alice, ask } = await open("per-thread");
    const first = ask("the first");
    await discord.waitFor("the first");
    const dm = discord.dm(alice);
    dm.post(alice, "privately");
    await discord.waitFor("privately");
    await theatre.gateway.kill();
    discord.channel(first.id).post(alice, "in the thread");
    const second = ask("in the channel");
    dm.post(alice, "in private");
    const fresh = stage.guild.text("opened meanwhile").post(alice, `<@${discord.bot.id}> in a new channel`);
    await theatre.rise();
    expect(await discord.waitFor("Answer to: in the thread")).toMatchObject({ channelId: first.id });
    expect(await discord.waitFor("Answer to: in the channel")).toMatchObject({ channelId: second.id });
    expect(await discord.waitFor("Answer to: in private")).toMatchObject({ channelId: dm.id });
    expect(await discord.waitFor("Answer to: in a new channel")).toMatchObject({ channelId: fresh.id });
    expect(theatre.claude.requests).toHaveLength(6);
  });
});

describe("the program, refused by Discord", () => {
  async function start(prepare: (discord: FakeDiscord) => void, token?: string) {
    const discord = await FakeDiscord.start();
    const folder = await mkdtemp(join(tmpdir(), "parley-discord-"));
    onTestFinished(async () => {
      await discord.close();
      await rm(folder, { recursive: true });
    });
    prepare(discord);
    const env = { PARLEY_PORT: "0", DISCORD_TOKEN: token ?? discord.token, DISCORD_API_ROOT: discord.apiRoot };
    const program = new Program({ cwd: folder, env });
    return { code: await program.exited, said: program.errors.join("\n") };
  }

  test("a wrong token ends it with 2 and the place where the right one is", async () => {
    const { code, said } = await start(() => {}, "not-the-token");
    expect(code).toBe(2);
    expect(said).toContain("DISCORD_TOKEN");
    expect(said).toContain("Developer Portal");
    expect(said).not.toContain("not-the-token");
  });

  test("an intent that is not switched on ends it with 2 and the name of the switch", async () => {
    const { code, said } = await start((discord) => {
      discord.gateway.refuseIntents = true;
    });
    expect(code).toBe(2);
    expect(said).toContain("Message Content Intent");
    expect(said).toContain("Developer Portal");
  });
});
