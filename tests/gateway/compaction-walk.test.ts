import fc from "fast-check";
import { expect, test } from "vitest";
import { AgentError } from "../../agents/agent.ts";
import { isFromPerson } from "../../agents/steps.ts";
import type { TranscriptMessage } from "../../sessions/transcript.ts";
import { message } from "../sessions/messages.ts";
import { CountingAgent, type Load } from "./counting-agent.ts";
import { stage } from "./runner-stage.ts";

const LIMIT = 2_400;
/** What one step may add behind the look at the size: an answer, or a tool's result. */
const STEP = 900;

interface Turn extends Load {
  who: string;
  chars: number;
  /** How long nobody has written before. */
  pauseMs: number;
  fails: boolean;
}

const turn: fc.Arbitrary<Turn> = fc.record({
  who: fc.constantFrom("alice", "bob", "cid"),
  chars: fc.nat({ max: 1_200 }),
  words: fc.integer({ min: 1, max: 150 }),
  tools: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 10 }) }),
  resultChars: fc.nat({ max: 2_500 }),
  pauseMs: fc.constantFrom(1_000, 10 * 60_000),
  fails: fc.boolean(),
});

test("however a conversation goes on, it fits, begins with words of a person, and has every result behind its use", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { minLength: 5, maxLength: 25 }), async (turns) => {
      let present: Turn | undefined;
      const desk = new CountingAgent({
        load: () => present ?? {},
        async summarise() {
          if (present?.fails === true) throw new AgentError("overloaded", "too much to do");
          return {};
        },
      });
      const { accept, runner, lane, store, clock } = stage(desk.agent, {
        context: { contextTokens: 4_000, maxTokens: 500, compactionTimeoutMs: 30_000 },
        settings: { compaction: 0.6 },
      });
      for (const [index, each] of turns.entries()) {
        present = each;
        clock.advance(each.pauseMs);
        await accept(message(each.who, `<${index}> ${"x".repeat(each.chars)}`, { source: { sentAt: clock.now() } }));
        while ((await runner.handle(lane)) === "more");
      }
      const isUnwell = turns.some(({ fails }) => fails);
      for (const given of desk.given) {
        expect(isFromPerson(given[0] as TranscriptMessage)).toBe(true);
        expectPairs(given);
      }
      // With a summary to be had it keeps to its limit, without one to the model's window.
      expect(Math.max(...desk.sizes)).toBeLessThan((isUnwell ? 3_500 : LIMIT) + STEP);
      expect(desk.given.length).toBe(turns.reduce((sum, { tools = 0 }) => sum + tools + 1, 0));
      const kept = await store.context(1);
      expectPairs([...kept.messages]);
      await store.close();
    }),
    { numRuns: 25, endOnFailure: true },
  );
}, 120_000);

function expectPairs(messages: readonly TranscriptMessage[]): void {
  const open = new Set<string>();
  for (const block of messages.flatMap(({ content }) => content)) {
    if (block.type === "tool-use") open.add(block.id);
    if (block.type === "tool-result") expect(open.delete(block.toolUseId)).toBe(true);
  }
  expect(open.size).toBe(0);
}
