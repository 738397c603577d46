import type { TranscriptMessage } from "../../sessions/transcript.ts";
import { message } from "../sessions/messages.ts";
import { CountingAgent, type CountingOptions } from "./counting-agent.ts";
import { stage } from "./runner-stage.ts";

/** A window of 4,000 tokens, of which 60 % may be filled: 2,400. */
export const SMALL = {
  context: { contextTokens: 4_000, maxTokens: 500, compactionTimeoutMs: 30_000 },
  settings: { compaction: 0.6 },
} as const;
export const LIMIT = 2_400;
export const LONG = "please ".repeat(100);

export function play(
  options: CountingOptions = { summarise: async () => ({}) },
  more: Parameters<typeof stage>[1] = {},
) {
  const desk = new CountingAgent(options);
  const set = stage(desk.agent, { ...SMALL, ...more });
  const { accept, runner, lane, store } = set;
  return {
    ...set,
    desk,
    async say(who: string, text: string) {
      await accept(message(who, text));
      while ((await runner.handle(lane)) === "more");
    },
    async command(who: string, name = "compact") {
      await accept(message(who, `/${name}`, { command: { name, args: "" } }), { isCommand: true });
      while ((await runner.handle(lane)) === "more");
    },
    history: async () => (await store.compactions(lane)).toReversed(),
  };
}

export const textOf = ({ content }: TranscriptMessage) =>
  content
    .map((block) => (block.type === "text" ? block.text : block.type === "tool-result" ? block.text : ""))
    .join("");

/** A conversation that is being summed up by a model that never answers. */
export async function hung() {
  const asked = Promise.withResolvers<void>();
  const set = play({
    summarise: () => {
      asked.resolve();
      return new Promise(() => {});
    },
  });
  let handling: Promise<unknown> = Promise.resolve();
  for (let turn = 0; set.desk.summaries.length === 0; turn++) {
    await set.accept(message("alice", `${turn}: ${LONG}`));
    handling = set.runner.handle(set.lane);
    await Promise.race([handling, asked.promise]);
  }
  return { ...set, handling };
}
