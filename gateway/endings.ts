import type { Adapter } from "../adapters/adapter.ts";
import type { NewDelivery } from "../sessions/outbox.ts";
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
    end: NOTHING,
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
    ...(FORGOTTEN.has(code) ? { forget: "always" as const } : {}),
  };
}

/** Failures whose turn is not to come up again with the next one. */
const FORGOTTEN: ReadonlySet<string> = new Set(["context-full", "invalid-request", "over-limit"]);

/** Whoever stopped the run is told by the command; partial work stays in the transcript, and nowhere else. */
export function stopped(run: Run, adapter: Adapter | undefined, unfinished: string): Ending {
  const text = `${unfinished}${unfinished === "" ? "" : "\n\n"}(Stopped before the answer was complete.)`;
  return {
    outcome: "stopped",
    failure: "stopped",
    deliveries: ifStopped(run, adapter),
    closing: { role: "assistant", content: [{ type: "text", text }] },
    ...(unfinished === "" ? { forget: "if-unanswered" as const } : {}),
  };
}

/** A message that the platform awaits an answer to gets one all the same: its own, or one in the thread that was opened. */
export function ifStopped(run: Run, adapter: Adapter | undefined): NewDelivery[] {
  return run.replyToken === undefined ? [] : [{ ...replyPlace(run), chunks: rendered(adapter, STOPPED) }];
}

/** Where an answer of the run goes, and what it answers. */
export function replyPlace({ to, plan, quote, author, replyToken }: Run): Omit<NewDelivery, "chunks"> {
  const opened = plan.thread === "open" && to.threadId !== undefined;
  const place = { to, forUserId: author.id, opened, ...(plan.root === undefined ? {} : { chainRoot: plan.root }) };
  if (replyToken === undefined) return { ...place, replyTo: quote };
  // What was asked apart from the chat has no message there to quote, and its own answer was that a thread was opened.
  return opened ? place : { ...place, replyToken };
}

const STOPPED = "*(Stopped.)*";
const NOTHING = "I have nothing to say to that.";

function replies(run: Run, adapter: Adapter | undefined, markdown: string): NewDelivery[] {
  const chunks = rendered(adapter, markdown);
  return [{ ...replyPlace(run), isAnswer: true, chunks: chunks.length > 0 ? chunks : rendered(adapter, NOTHING) }];
}

function rendered(adapter: Adapter | undefined, markdown: string): NewDelivery["chunks"] {
  return adapter?.render(markdown) ?? [{ text: markdown, plain: markdown }];
}

function textOf(content: readonly Block[]): string {
  return content.map((block) => (block.type === "text" ? block.text : "")).join("");
}
