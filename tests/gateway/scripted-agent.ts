import { type Agent, AgentError, type AgentEvent, type RunRequest } from "../../agents/agent.ts";
import type { TranscriptMessage } from "../../sessions/transcript.ts";
import { agentThat, noUsage } from "./runner-stage.ts";

/** One reply of a scripted agent. */
export interface ScriptedReply {
  says: string;
  /** Uses a tool, and goes on with the next reply. */
  tool?: boolean;
  /** Happens when all of the text is out and the reply is not finished. */
  meanwhile?(): Promise<void>;
}

/**
 * An agent that says what a test has written down, and asks for more when real ones do: after the results of tools, and
 * before it would end. Without a script it repeats the last thing that it heard.
 */
export class ScriptedAgent {
  /** What each reply was an answer to: `who: text` in order, of the whole conversation. */
  readonly seen: string[][] = [];
  readonly agent: Agent;
  readonly #script: ScriptedReply[];

  constructor(...script: ScriptedReply[]) {
    this.#script = script;
    this.agent = agentThat((request) => this.#run(request));
  }

  async *#run(request: RunRequest): AsyncGenerator<AgentEvent> {
    const { messages: given, signal, following = async () => [] } = request;
    const messages = [...given];
    for (;;) {
      const lines = messages.map(lineOf);
      this.seen.push(lines);
      const { says, tool = false, meanwhile } = this.#script.shift() ?? { says: `re ${lines.at(-1)}` };
      yield { type: "text", text: says } as const;
      await meanwhile?.();
      if (signal.aborted) throw new AgentError("aborted", "it was told to stop");
      const call = { type: "tool-use", id: `call-${this.seen.length}`, name: "look", input: {} } as const;
      const reply: TranscriptMessage = {
        role: "assistant",
        content: [{ type: "text", text: says }, ...(tool ? [call] : [])],
      };
      yield { type: "reply", content: reply.content, usage: noUsage, model: "m" } as const;
      messages.push(reply);
      if (tool) {
        const result = { type: "tool-result", toolUseId: call.id, text: "seen", isError: false } as const;
        yield { type: "tool-results", content: [result] } as const;
        messages.push({ role: "user", content: [result] });
      }
      const added = await following();
      messages.push(...added);
      if (!tool && added.length === 0) return yield { type: "done", reason: "end" } as const;
    }
  }
}

function lineOf({ role, content, author }: TranscriptMessage): string {
  const words = content.map((block) => {
    if (block.type === "text") return block.text.replace(/<[^>]*>/g, "").trim();
    return block.type === "tool-use" ? "[tool]" : block.type === "tool-result" ? "[result]" : `[${block.type}]`;
  });
  return `${author?.id ?? role}: ${words.join(" ")}`;
}
