import type { InboundMessage } from "../../../adapters/record.ts";
import type { NewCompaction, SessionContext } from "../../../sessions/compactions.ts";
import type { Ending, Run } from "../../../sessions/runs.ts";
import type { Block, TranscriptMessage, Usage } from "../../../sessions/transcript.ts";
import { message, type RoutingOptions } from "../messages.ts";
import type { StoreScene } from "./scene.ts";

export const text = (said: string): Block => ({ type: "text", text: said });

/** What a model counts for a reply: as many tokens as are given, in four parts. */
export function usageOf(tokens: number): Usage & { model: string } {
  const part = Math.floor(tokens / 4);
  return {
    model: "m",
    inputTokens: tokens - 3 * part,
    outputTokens: part,
    cacheReadTokens: part,
    cacheWriteTokens: part,
  };
}

/** Everything that is written in what a session gives the model. */
export function given({ compaction, messages }: SessionContext): string[] {
  const said = messages.flatMap(({ content }) =>
    content.flatMap((block) => (block.type === "text" || block.type === "tool-result" ? [block.text] : [])),
  );
  return [...(compaction?.summary === undefined ? [] : [compaction.summary]), ...said];
}

interface TurnOptions {
  /** How often the model asks for a tool before it answers. */
  tools?: number;
  /** What it counts for its last reply. */
  tokens?: number;
  ending?: Partial<Ending>;
  routing?: RoutingOptions;
}

/** Conversations that grow long, told in short words. */
export class Compacting {
  readonly scene: StoreScene;

  constructor(scene: StoreScene) {
    this.scene = scene;
  }

  begin = async (inbound: InboundMessage, options?: RoutingOptions): Promise<Run> => {
    const accepted = await this.scene.accept(inbound, options);
    return this.scene.claim("lane" in accepted ? accepted.lane : "");
  };

  /** Journal a turn: its words, as many calls of a tool, and the answer. */
  speak = async (run: Run, { tools = 0, tokens = 0 }: TurnOptions = {}): Promise<void> => {
    const words = run.messages.map((each) => text(each.text));
    const said = run.messages[0]?.text ?? "";
    const journal = (role: TranscriptMessage["role"], content: Block[], more: Partial<TranscriptMessage> = {}) =>
      this.scene.store.journal(run, {
        message: { role, content, ...more },
        ...(role === "assistant" && { usage: usageOf(tokens) }),
      });
    await journal("user", words, { author: run.author });
    for (let n = 0; n < tools; n++) {
      const id = `${run.runId}-${n}`;
      await journal("assistant", [{ type: "tool-use", id, name: "look", input: {} }]);
      await journal("user", [{ type: "tool-result", toolUseId: id, text: `found for ${said}`, isError: false }]);
    }
    await journal("assistant", [text(`to ${said}`)]);
  };

  turn = async (inbound: InboundMessage | string, options: TurnOptions = {}): Promise<Run> => {
    const run = await this.begin(typeof inbound === "string" ? message("alice", inbound) : inbound, options.routing);
    await this.speak(run, options);
    await this.scene.store.end(run, { ...this.scene.answer(run, "ok"), ...options.ending });
    return run;
  };

  /** Sum up in a run of its own, which leaves nothing else behind. @returns what the store says */
  sumUp = async (compaction: Partial<NewCompaction>, inbound: InboundMessage = message("alice", "/compact")) => {
    const run = await this.begin(inbound);
    const written = await this.compact(run, compaction);
    await this.scene.store.end(run, { ...this.scene.answer(run, "done"), forget: "always" });
    return written;
  };

  compact = (run: Run, compaction: Partial<NewCompaction>): Promise<boolean> =>
    this.scene.store.compact(run, {
      clearedTo: compaction.upTo ?? 0,
      method: "model",
      tokensBefore: 1_000,
      tokensAfter: 100,
      ...compaction,
    });
}
