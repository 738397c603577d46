import { describe, expect, test } from "vitest";
import type { Tool } from "../../agents/agent.ts";
import { toolResults } from "../fakes/anthropic/request.ts";
import { message, toolUse } from "../fakes/anthropic/steps.ts";
import { inputTokens } from "../fakes/anthropic/tokens.ts";
import { TelegramStage } from "./stage/telegram-stage.ts";
import { Theatre } from "./stage/theatre.ts";

const PEOPLE = ["Ann", "Bob", "Cid", "Dan", "Eve", "Fay", "Gus", "Hal", "Ida", "Jim", "Kit", "Lea"];
const CALLS = 10;
const WINDOW = 40_000;
const BOUND = 0.6 * WINDOW;
/** What one result of the tool, and the reply that asks for the next, add to a request. */
const STEP = 2_200;

const search: Tool = {
  name: "search",
  description: "Searches everything.",
  inputSchema: { type: "object" },
  idempotent: true,
  run: async () => "found it ".repeat(888),
};

/** Everybody gives the bot one task that takes ten calls of a tool, each of which finds some 2,000 tokens. */
describe("a channel of twelve people with tasks of ten tools each", () => {
  test.each(["shared", "per-user", "per-thread", "tagged-hybrid"])(
    "keeps its conversations in bounds: %s",
    async (strategy) => {
      const stage = await TelegramStage.open();
      const settings = { agent: { contextTokens: WINDOW, maxTokens: 1_000, maxSteps: CALLS + 1 } };
      const { claude } = await Theatre.open(stage, { strategy, settings, tools: [search] });
      let calls = 0;
      claude.respond(({ body }) => {
        calls = toolResults(body).length === 0 ? 1 : calls + 1;
        return calls > CALLS ? "That is all that there is." : message([toolUse("search", { call: calls })]);
      });
      for (const name of PEOPLE) {
        const person = await stage.person(name);
        await person.hears("That is all", { answering: await person.says("find out everything") });
      }
      const runs = claude.requests.filter(({ body }) => body.compaction == null);
      expect(runs).toHaveLength(PEOPLE.length * (CALLS + 1));
      expect(Math.max(...claude.requests.map(({ body }) => inputTokens(body)))).toBeLessThan(BOUND + STEP);
      // Alone, nobody reaches it; together they would have had ten times as much.
      const isShared = strategy === "shared" || strategy === "tagged-hybrid";
      expect(runs.some(({ body }) => JSON.stringify(body.messages).includes("[left out:"))).toBe(isShared);
      expect(runs.every(({ problem }) => problem === null)).toBe(true);
    },
  );
});
