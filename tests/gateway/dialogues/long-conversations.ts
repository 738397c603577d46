import { describe, expect, test } from "vitest";
import { lastUserText } from "../../fakes/anthropic/request.ts";
import type { Stage } from "../stage/stage.ts";
import { Theatre } from "../stage/theatre.ts";

const LONG = "and then something else happened ".repeat(30);
const SETTINGS = { compactionTokens: 1_500, agent: { prompt: "You listen well. ".repeat(100) } };

/** Conversations that grow, and people who have them summed up; played on every platform. */
export function longConversations(openStage: () => Promise<Stage>): void {
  describe("long conversations", () => {
    test("at the limit the beginning is summed up, by its speakers, and nobody notices", async () => {
      const { claude, alice, bob, stage } = await play(await openStage());
      for (let turn = 0; turn < 4; turn++) {
        await alice.hears(`Alright ${turn}`, { answering: await alice.says(`${turn}. ${LONG}`) });
        await bob.hears(`Alright ${turn}`, { answering: await bob.says(`${turn}. Go on!`) });
      }
      const summaries = claude.requests.filter(({ body }) => body.compaction != null);
      expect(summaries.length).toBeGreaterThan(0);
      expect(JSON.stringify(summaries[0]?.body.messages)).toMatch(/name=\\"Alice\\"/);
      const { body } = claude.requests.at(-1) as (typeof claude.requests)[number];
      expect(JSON.stringify(body.messages[0])).toContain("<summary>\\nAlice tells a long story; Bob wants more.");
      expect(JSON.stringify(body.messages)).not.toContain("0. and then");
      expect(stage.botSaid()).toHaveLength(8);
    });

    test("/compact waits for the answer that is being written, sums up, and says what it came to", async () => {
      const { theatre, claude, alice } = await play(await openStage(), "per-user");
      for (let turn = 0; turn < 3; turn++) {
        await alice.says(`${turn}. Go on!`);
        await alice.hears(`Alright ${turn}`);
      }
      const gate = claude.hold({ when: ({ body }) => lastUserText(body).includes("3. And") });
      await alice.says("3. And then?");
      await gate.reached();
      const asked = await alice.says("/compact", { writtenOut: true });
      const waiting = async () => (await theatre.store((store) => store.counts())).waiting;
      await expect.poll(waiting, { interval: 10, timeout: 10_000 }).toBe(1);
      gate.release();
      await alice.hears("Alright 3");
      const said = await alice.hears("Done: I have summed up 6 messages");
      expect(said.quotes).toBe(asked.id);
      await alice.says("4. What was it?");
      await alice.hears("Alright 4");
      const given = JSON.stringify(claude.requests.at(-1)?.body.messages);
      expect(given).toContain("<summary>");
      expect(given).toContain("3. And then?");
      expect(given).not.toContain("2. Go on!");
      expect(given).not.toContain("compact");
      const status = await alice.says("/status", { writtenOut: true });
      const { text } = await alice.hears("Length", { answering: status });
      expect(text).toMatch(/Length:\W+about [\d,]+ tokens; summed up once/);
    });

    test("where several people share a conversation, only an admin has it summed up", async () => {
      const { alice, claude } = await play(await openStage());
      for (let turn = 0; turn < 2; turn++) {
        await alice.says(`${turn}. Go on!`);
        await alice.hears(`Alright ${turn}`);
      }
      const asked = await alice.says("/compact", { writtenOut: true });
      await alice.hears("only an admin of this chat can have it summed up", { answering: asked });
      expect(claude.requests.some(({ body }) => body.compaction != null)).toBe(false);
    });
  });
}

async function play(stage: Stage, strategy: "shared" | "per-user" = "shared") {
  const theatre = await Theatre.open(stage, { strategy, settings: SETTINGS });
  const { claude } = theatre;
  claude.respond(({ body }) => `Alright ${/(\d)\. /.exec(lastUserText(body))?.[1]}`);
  claude.summarise(() => "Alice tells a long story; Bob wants more.");
  const [alice, bob] = [await stage.person("Alice"), await stage.person("Bob")];
  return { theatre, stage, claude, alice, bob };
}
