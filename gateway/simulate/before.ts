import { AgentError } from "../../agents/agent.ts";
import { systemPrompt } from "../../agents/prompt.ts";
import { type TranscriptMessage, unknownResults } from "../../sessions/transcript.ts";
import { VirtualClock } from "../../sessions/virtual-clock.ts";
import type { LogMessage } from "./questions.ts";
import { createSimulatedAgent } from "./simulated-agent.ts";
import { Tally } from "./tally.ts";
import { live } from "./virtual-time.ts";

export interface BeforeOptions {
  persona: string;
  contextTokens: number;
  seed: number;
}

interface Going {
  /** What the run is to answer. */
  messages: LogMessage[];
  controller: AbortController;
  ended: Promise<void>;
}

const SESSION = "everybody";

/**
 * What many gateways do: everybody in a chat writes into one conversation, nothing makes it shorter, and whoever writes next
 * breaks off the answer that is being written. What had been done of it stays in the conversation.
 *
 * It is given every benefit of the doubt: whoever is interrupted by a message of their own is answered together with it, from
 * where the answer had got to, for what the tools have found is there, and when the conversation has become too long somebody begins a new one at once.
 */
export async function replayBefore(messages: readonly LogMessage[], options: BeforeOptions): Promise<Tally> {
  const { persona, contextTokens, seed } = options;
  const tally = new Tally("before");
  const clock = new VirtualClock(messages[0]?.at ?? 0);
  const work = () => going?.messages ?? [];
  const brokenOff = (user: string) => tally.brokenOff(user, latest);
  let latest = "";
  const agent = createSimulatedAgent({ clock, tally, contextTokens, seed, work, brokenOff });
  const system = systemPrompt({ persona, attribution: "none", participants: [] });
  let history: TranscriptMessage[] = [];
  let going: Going | undefined;

  await live(clock, messages, async (message) => {
    if (!message.addressed) return;
    latest = message.user.id;
    const broken = going;
    broken?.controller.abort();
    await broken?.ended;
    const author = broken?.messages[0]?.user.id;
    const again = broken !== undefined && author === message.user.id ? broken.messages : [];
    history.push({ role: "user", content: [{ type: "text", text: message.text }] });
    const controller = new AbortController();
    const mine: Going = { messages: [...again, { ...message }], controller, ended: Promise.resolve() };
    going = mine;
    mine.ended = answer(mine).finally(() => {
      if (going === mine) going = undefined;
    });
  });
  return tally;

  async function answer({ messages: asked, controller: { signal } }: Going): Promise<void> {
    const [{ user }] = asked as [LogMessage];
    const scene = { sessionKey: SESSION, strategy: "before", people: [] };
    const readBlob = () => Promise.reject(new Error("there are no files"));
    try {
      const given = { system, messages: history, tools: [], signal, author: user, scene, readBlob };
      for await (const event of agent.run(given)) {
        if (event.type === "reply") history.push({ role: "assistant", content: event.content });
        if (event.type === "tool-results") {
          history.push({ role: "user", content: event.content });
          const task = asked.find(({ tools }) => tools > 0);
          if (task !== undefined) task.tools -= 1;
        }
      }
      for (const { at } of asked) tally.waits.push(clock.now() - at);
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      if (error.code === "context-full") {
        tally.overLimit += 1;
        history = [];
        return;
      }
      const last = history.at(-1);
      const unknown = last === undefined ? undefined : unknownResults(last);
      if (unknown !== undefined) history.push(unknown);
    }
  }
}
