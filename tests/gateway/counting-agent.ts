import type { Agent, AgentEvent, RunRequest, Summary, SummaryRequest } from "../../agents/agent.ts";
import { messageTokens } from "../../agents/tokens.ts";
import type { TranscriptMessage } from "../../sessions/transcript.ts";
import { noUsage } from "./runner-stage.ts";

/** What one turn makes the agent do: say this much, and use a tool so often, with results of this length. */
export interface Load {
  words?: number;
  tools?: number;
  resultChars?: number;
}

export interface CountingOptions {
  /** How a turn is answered, by its text. */
  load?(text: string): Load;
  /** Missing: no model sums anything up. */
  summarise?: ((request: SummaryRequest) => Promise<Partial<Summary>>) | undefined;
}

/** An agent that answers at a length, counts what it is given as a model would, and asks before each call what to give. */
export class CountingAgent {
  /** Everything that was given, call by call. */
  readonly given: TranscriptMessage[][] = [];
  readonly summaries: SummaryRequest[] = [];
  readonly agent: Agent;
  readonly #options: CountingOptions;
  #calls = 0;

  constructor(options: CountingOptions = {}) {
    this.#options = options;
    const { summarise } = options;
    this.agent = {
      description: "a test",
      run: (request) => this.#run(request),
      ...(summarise && {
        summarise: async (request: SummaryRequest): Promise<Summary> => {
          this.summaries.push(request);
          const usage = { ...noUsage, inputTokens: messageTokens(request.messages), outputTokens: 10 };
          return { text: "What was said before.", method: "model", usage, model: "m", ...(await summarise(request)) };
        },
      }),
    };
  }

  /** The size of each call, in tokens. */
  get sizes(): number[] {
    return this.given.map(messageTokens);
  }

  async *#run({ prepare, messages, signal }: RunRequest): AsyncGenerator<AgentEvent> {
    const last = messages.at(-1)?.content.at(-1);
    const {
      words = 5,
      tools = 0,
      resultChars = 0,
    } = this.#options.load?.(last?.type === "text" ? last.text : "") ?? {};
    for (let step = 0; ; step++) {
      const given = (await prepare?.()) ?? messages;
      signal.throwIfAborted();
      this.given.push(given);
      const id = `call-${this.#calls++}`;
      const text = Array.from({ length: words }, (_, at) => `w${at}`).join(" ");
      const uses = step < tools ? [{ type: "tool-use" as const, id, name: "look", input: { step } }] : [];
      const content = [{ type: "text" as const, text }, ...uses];
      yield { type: "text", text };
      const usage = { ...noUsage, inputTokens: messageTokens(given), outputTokens: words };
      yield { type: "reply", content, usage, model: "m" };
      if (uses.length === 0) return yield { type: "done", reason: "end" };
      const result = { type: "tool-result" as const, toolUseId: id, text: "r".repeat(resultChars), isError: false };
      yield { type: "tool-results", content: [result] };
    }
  }
}
