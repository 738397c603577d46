import { type Agent, AgentError, type AgentEvent, type RunRequest } from "../../agents/agent.ts";
import type { TranscriptMessage } from "../../sessions/transcript.ts";
import type { VirtualClock } from "../../sessions/virtual-clock.ts";
import type { Dice } from "../gateway/dice.ts";

/** What a message is known by, wherever its words go. */
export const TOKENS = /#[a-z]\d+;/g;

const usage = { inputTokens: 100, outputTokens: 20, cacheReadTokens: 0, cacheWriteTokens: 0 };

/**
 * Answers every message that has not been answered by naming it, in two parts and after a while; now and then it is too
 * busy and gives up.
 */
export function echoAgent(clock: VirtualClock, dice: Dice): Agent {
  async function* run(request: RunRequest): AsyncGenerator<AgentEvent> {
    const { signal, following = async () => [] } = request;
    const messages = [...request.messages];
    for (let turn: readonly TranscriptMessage[] = messages; turn.length > 0; turn = await following()) {
      if (turn !== messages) messages.push(...turn);
      const named = tokensSince(messages);
      if (named.length === 0 && messages.at(-1)?.role === "assistant") break;
      if (dice.chance(1)) throw new AgentError("overloaded", "too much to do");
      const first = `This is for ${named.join(" ")} `;
      await pass(300 + dice.roll(1_500), signal);
      yield { type: "text", text: first };
      await pass(500 + dice.roll(6_000), signal);
      const rest = "and it took a while.";
      yield { type: "text", text: rest };
      const content = [{ type: "text" as const, text: first + rest }];
      yield { type: "reply", content, usage, model: "echo" };
      messages.push({ role: "assistant", content });
    }
    yield { type: "done", reason: "end" };
  }

  function pass(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const aborted = () => new AgentError("aborted", "it was told to stop");
      if (signal.aborted) return reject(aborted());
      const onAbort = () => {
        cancel();
        reject(aborted());
      };
      const cancel = clock.after(ms, () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      });
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  return { description: "an echo", run };
}

/** What was said since the last answer. */
function tokensSince(messages: readonly TranscriptMessage[]): string[] {
  const last = messages.findLastIndex(({ role }) => role === "assistant");
  return messages
    .slice(last + 1)
    .flatMap(({ content }) => content)
    .flatMap((block) => (block.type === "text" ? (block.text.match(TOKENS) ?? []) : []));
}
