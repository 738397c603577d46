import { FakeAnthropic } from "../fakes/anthropic/fake.ts";
import type { Body, FakeRequest } from "../fakes/anthropic/request.ts";
import { message, type Step, status, text, toolUse } from "../fakes/anthropic/steps.ts";
import type { Asked, ModelFault, PlatformName } from "./record.ts";
import { answer, PREFACE, tokensIn } from "./wording.ts";

export interface StormModelOptions {
  /** Ms since the storm began. */
  now(): number;
  /** Where a message was written. */
  platformOf(token: string): PlatformName | undefined;
  /** A request came, or one was answered in full. */
  onEvent(kind: "request" | "reply"): void;
}

/** Enough of what a message holds on each platform that no two parts fit into one. */
const PART_CHARS: Record<PlatformName, number> = { discord: 1_240, telegram: 2_540, whatsapp: 2_540, web: 12_400 };
const HANG_MS = 1_500;

/**
 * The model of a storm: it answers each turn by the tokens in it, always in the same way, and writes down what it was
 * shown. Some answers are long, some take a step with a tool.
 */
export class StormModel {
  readonly asked: Asked[] = [];
  readonly faults: Partial<Record<ModelFault, number>> = {};
  readonly #fake: FakeAnthropic;
  readonly #options: StormModelOptions;
  /** The last turn that each message was part of. */
  readonly #turns = new Map<string, readonly string[]>();
  readonly #due: ModelFault[] = [];
  /** What lets go those who wait. */
  readonly #hanging = new Set<() => void>();

  private constructor(fake: FakeAnthropic, options: StormModelOptions) {
    this.#fake = fake;
    this.#options = options;
    fake.respond((request) => this.#respond(request));
  }

  static async start(options: StormModelOptions): Promise<StormModel> {
    return new StormModel(await FakeAnthropic.start(), options);
  }

  get env(): Record<string, string> {
    return { ANTHROPIC_API_KEY: "sk-storm", ANTHROPIC_BASE_URL: this.#fake.baseURL };
  }

  /** What the API would not have taken. */
  get invalid(): string[] {
    return this.#fake.requests.flatMap(({ problem }) => problem ?? []);
  }

  /** The last turn in which it was asked about a message. */
  turnOf(token: string): readonly string[] {
    return this.#turns.get(token) ?? [token];
  }

  /** The next request goes wrong. */
  fail(fault: ModelFault): void {
    this.#due.push(fault);
  }

  calm(): void {
    this.#due.length = 0;
    for (const release of [...this.#hanging]) release();
  }

  async close(): Promise<void> {
    this.calm();
    await this.#fake.close();
  }

  async #respond(request: FakeRequest): Promise<Step> {
    const { now, onEvent } = this.#options;
    const asked = { at: now(), ...look(request.body) };
    for (const token of asked.turn) this.#turns.set(token, asked.turn);
    const fault = this.#due.shift();
    if (fault !== undefined) this.faults[fault] = (this.faults[fault] ?? 0) + 1;
    const step = this.#stepFor(asked);
    this.asked.push({ ...asked, outcome: fault ?? (step.kind === "message" ? outcomeOf(step.content) : "answer") });
    void request.ended.then(() => {
      // What it was shown is written down; the history of a whole storm need not be kept for each request.
      request.body.messages = [];
      if (!request.aborted) onEvent("reply");
    });
    onEvent("request");
    if (fault === undefined) return step;
    return this.#wrong(fault, step);
  }

  #stepFor({ turn, afterTools }: Pick<Asked, "turn" | "afterTools">): Step {
    const [first = "m0"] = turn;
    const number = Number(first.slice(1));
    if (number % 7 === 3 && !afterTools) return message([text(PREFACE), toolUse("now")]);
    const parts = number % 6 === 5 ? 2 + (number % 2) : 1;
    return message([text(answer(turn, parts, PART_CHARS[this.#options.platformOf(first) ?? "discord"]))]);
  }

  async #wrong(fault: ModelFault, step: Step): Promise<Step> {
    switch (fault) {
      case "429":
        return status(429, { retryAfterMs: 300 });
      case "529":
        return status(529, { retryAfterMs: 300 });
      case "reset":
        return { kind: "reset" };
      case "broken":
        return step.kind === "message" ? { ...step, breakAfter: { deltas: 3, how: "overloaded_error" } } : step;
      case "hang":
        await this.#hang();
        return step;
    }
  }

  #hang(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const release = () => {
      clearTimeout(timer);
      this.#hanging.delete(release);
      resolve();
    };
    const timer = setTimeout(release, HANG_MS);
    this.#hanging.add(release);
    return promise;
  }
}

function outcomeOf(content: ReadonlyArray<{ type: string }>): "answer" | "tool" {
  return content.some(({ type }) => type === "tool_use") ? "tool" : "answer";
}

/** What a request shows to the model. */
export function look(body: Body): Omit<Asked, "at" | "outcome"> {
  const latest = body.messages.slice(body.messages.findLastIndex(isFinalReply) + 1);
  const turn = strings(latest.filter(({ role }) => role === "user"));
  return {
    turn: tokensIn(turn),
    seen: tokensIn(strings([body.system, body.messages])),
    speakers: Array.from(turn.matchAll(/<message from="([^"]*)"[^>]*>\n([\s\S]*?)<\/message>/g)).flatMap(
      ([, id = "", said = ""]) => tokensIn(said).map((token) => ({ id, token })),
    ),
    afterTools: latest.some(hasResults),
  };
}

type Message = Body["messages"][number];

/** A reply that uses no tool ends a turn. */
function isFinalReply({ role, content }: Message): boolean {
  return role === "assistant" && (typeof content === "string" || !content.some(({ type }) => type === "tool_use"));
}

function hasResults({ content }: Message): boolean {
  return typeof content !== "string" && content.some(({ type }) => type === "tool_result");
}

/** Everything in it that is text of any kind. */
function strings(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "object" && value !== null ? Object.values(value).map(strings).join("\n") : "";
}
