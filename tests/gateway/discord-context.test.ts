import { beforeEach, describe, expect, test } from "vitest";
import type { FakeRequest } from "../fakes/anthropic/request.ts";
import type { FakeChannel } from "../fakes/discord/fake-channel.ts";
import type { FakeDiscord } from "../fakes/discord/fake-discord.ts";
import type { WireUser } from "../fakes/discord/posted.ts";
import { DiscordStage } from "./stage/discord-stage.ts";
import { promptOf, Theatre, type TheatreOptions } from "./stage/theatre.ts";

const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

/** What the model is shown of what people say on Discord, and whom its answers call. */
describe("Discord", () => {
  let stage: DiscordStage;
  let theatre: Theatre;
  let discord: FakeDiscord;
  let general: FakeChannel;
  let alice: WireUser;
  let bob: WireUser;

  beforeEach(async () => {
    stage = await DiscordStage.open();
    ({ discord, channel: general } = stage);
    alice = discord.user("Alice");
    bob = discord.user("Bob");
  });

  async function open(options: TheatreOptions = {}): Promise<void> {
    theatre = await Theatre.open(stage, { strategy: "shared", settings: { ambient: "recent" }, ...options });
    theatre.claude.respond(({ index }) => `answer ${index + 1}`);
  }

  const ask = (text: string) => `<@${discord.bot.id}> ${text}`;
  const prompt = (index: number) => promptOf(theatre.claude.requests[index] as FakeRequest);

  describe("background", () => {
    test("is of the very channel and thread, never of another", async () => {
      await open();
      const other = stage.guild.text("other");
      const thread = general.openThread(bob, "Plans");
      await theatre.taking(3, async () => {
        general.post(bob, "the cellar is flooded");
        other.post(bob, "new album out");
        thread.post(bob, "we take the train");
      });
      for (const [place, count] of [
        [general, 1],
        [other, 2],
        [thread, 3],
      ] as const) {
        place.post(alice, ask("and here?"));
        await discord.waitFor(`answer ${count}`);
      }
      const said = ["the cellar is flooded", "new album out", "we take the train"];
      const seen = [0, 1, 2].map((index) => said.filter((words) => prompt(index).includes(words)));
      expect(seen).toEqual([["the cellar is flooded"], ["new album out"], ["we take the train"]]);
    });

    test("says what an edited message says now, nothing of a deleted one, and who only passes something on", async () => {
      await open();
      await theatre.taking(4, async () => {
        const wrong = general.post(bob, "we meet at nnie");
        const regretted = general.post(bob, "Carol is late again");
        general.edit(wrong, "we meet at nine");
        general.delete(regretted);
      });
      const elsewhere = stage.guild.text("elsewhere").post(bob, "I resign");
      await theatre.taking(1, async () => void general.post(bob, "", { forward: elsewhere }));
      general.post(alice, ask("when?"));
      await discord.waitFor("answer 1");
      expect(prompt(0)).toContain("we meet at nine");
      expect(prompt(0)).not.toMatch(/nnie|Carol is late/);
      expect(prompt(0)).toMatch(/name=\\"Bob\\"[^>]*>\\n<forwarded>I resign<\/forwarded>\\n<\/message>/);
    });

    test("of the channel stands behind a question that opens a thread, and behind one that is asked in private", async () => {
      await open({ strategy: "per-thread" });
      await theatre.taking(1, async () => void general.post(bob, "the cellar is flooded"));
      const asked = general.post(alice, ask("what now?"));
      expect(await discord.waitFor("answer 1")).toMatchObject({ channelId: asked.id });
      discord.command(alice, general, "ask", { question: "and between us?", private: true });
      await discord.waitFor("answer 2");
      for (const index of [0, 1]) expect(prompt(index).match(/the cellar is flooded/g)).toHaveLength(1);
      discord.channel(asked.id).post(alice, "and in here?");
      await discord.waitFor("answer 3");
      expect(prompt(2)).not.toContain("the cellar is flooded");
    });
  });

  test("a forward in private is a turn, and nothing that its sender says", async () => {
    await open({ strategy: "per-user" });
    const remark = general.post(bob, "/stop, the cellar is <flooded>");
    discord.dm(alice).post(alice, "", { forward: remark });
    await discord.waitFor("answer 1");
    const block = { type: "text", text: "<forwarded>/stop, the cellar is &lt;flooded&gt;</forwarded>" };
    expect(theatre.claude.requests[0]?.body.messages).toMatchObject([{ role: "user", content: [block] }]);
  });

  test("a message with three pictures is one turn with all of them", async () => {
    await open();
    const file = { name: "p.png", mimeType: "image/png", bytes: PNG };
    general.post(alice, ask("which one?"), { attachments: [file, file, file] });
    await discord.waitFor("answer 1");
    expect(prompt(0).match(/"type":"image"/g)).toHaveLength(3);
    expect(theatre.claude.requests).toHaveLength(1);
  });

  test("an answer to a message or to a command notifies nobody but who has asked", async () => {
    await open();
    theatre.claude.respond(() => `@everyone @here <@${bob.id}> <@&${stage.guild.botRole.id}> look`);
    general.post(alice, ask("whom?"));
    await discord.waitFor("look");
    discord.command(alice, general, "ask", { question: "whom now?" });
    await expect.poll(() => discord.sent.length).toBe(2);
    for (const { message } of discord.sent) {
      const { mentions, mention_everyone, mention_roles } = message;
      expect([mentions, mention_everyone, mention_roles]).toEqual([[], false, []]);
    }
  });
});
