import type { Adapter } from "../adapters/adapter.ts";
import type { Ending, Run } from "../sessions/runs.ts";
import type { Block, TranscriptMessage } from "../sessions/transcript.ts";
import type { Apology } from "./apologies.ts";

/** What the model has said in this run. */
export class Answer {
  readonly #parts: string[];
  #streaming = "";
  reason: "end" | "max-tokens" | "refusal" | "max-steps" = "end";

  constructor(steps: readonly TranscriptMessage[]) {
    this.#parts = steps.filter((step) => step.role === "assistant").map((step) => textOf(step.content));
  }

  hear(text: string): void {
    this.#streaming += text;
  }

  /** What was streaming is void. */
  forget(): void {
    this.#streaming = "";
  }

  keep(content: Block[]): void {
    this.#parts.push(textOf(content));
    this.#streaming = "";
  }

  get unfinished(): string {
    return this.#streaming;
  }

  get text(): string {
    return [...this.#parts, this.#streaming].filter((part) => part.trim() !== "").join("\n\n");
  }
}

export function answered(run: Run, adapter: Adapter | undefined, answer: Answer): Ending {
  const remarks = {
    end: "I have nothing to say to that.",
    "max-tokens": "*(The answer was cut off at its length limit.)*",
    refusal: "The model declined to answer this.",
    "max-steps": "*(I stopped here: this took more steps than I may take.)*",
  };
  const { text } = answer;
  const remark = answer.reason === "end" && text !== "" ? [] : [remarks[answer.reason]];
  return {
    outcome: "done",
    deliveries: replies(run, adapter, [text, ...remark].filter((part) => part !== "").join("\n\n")),
  };
}

export function apologise(run: Run, adapter: Adapter | undefined, { code, text }: Apology): Ending {
  return {
    outcome: "failed",
    failure: code,
    deliveries: replies(run, adapter, text),
    closing: { role: "assistant", content: [{ type: "text", text: `(No answer was given: ${text})` }] },
    // A turn that is too long for the model must not make the next one too long as well.
    ...(code === "context-full" || code === "invalid-request" ? { forget: "always" as const } : {}),
  };
}

/** Whoever stopped the run is told by the command; partial work stays in the transcript. */
export function stopped(unfinished: string): Ending {
  const text = `${unfinished}${unfinished === "" ? "" : "\n\n"}(Stopped before the answer was complete.)`;
  return {
    outcome: "stopped",
    failure: "stopped",
    deliveries: [],
    closing: { role: "assistant", content: [{ type: "text", text }] },
    ...(unfinished === "" ? { forget: "if-unanswered" as const } : {}),
  };
}

function replies(run: Run, adapter: Adapter | undefined, markdown: string): Ending["deliveries"] {
  const chunks = adapter?.render(markdown) ?? [{ text: markdown, plain: markdown }];
  const { root } = run.plan;
  return [
    {
      to: run.to,
      chunks,
      replyTo: run.quote,
      forUserId: run.author.id,
      ...(root === undefined ? {} : { chainRoot: root }),
    },
  ];
}

function textOf(content: readonly Block[]): string {
  return content.map((block) => (block.type === "text" ? block.text : "")).join("");
}
