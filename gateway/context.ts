import { clearable, cutFor, withoutResults } from "../agents/context.ts";
import { isFromPerson } from "../agents/steps.ts";
import { excerpt, summaryMessage } from "../agents/summary.ts";
import { messageTokens, textTokens } from "../agents/tokens.ts";
import type { NewCompaction, NumberedMessage, SessionContext } from "../sessions/compactions.ts";
import type { ChatSettings } from "../sessions/settings.ts";
import type { Store } from "../sessions/store.ts";
import type { TranscriptMessage, Usage } from "../sessions/transcript.ts";
import { type ContextLimits, contextLimits } from "./context-limits.ts";
import type { Metrics } from "./metrics.ts";
import type { SummaryFailures } from "./summary-failures.ts";
import { type SummingUpOptions, type SummingUpParts, sumUp } from "./summing-up.ts";

export interface ContextOptions extends SummingUpOptions {
  store: Pick<Store, "context" | "compact" | "bookUsage">;
  /** What the model can take in at once, in tokens. */
  contextTokens: number;
  /** Of one reply, which has to find room there. */
  maxTokens: number;
  /** Default: each run tries anew. */
  failures?: SummaryFailures;
  metrics: Metrics;
}

/** What one run's context is made for. */
export interface ContextParts extends Omit<SummingUpParts, "model"> {
  settings: Pick<ChatSettings, "compaction" | "compactionTokens" | "model">;
  /** The run's own steps, as they grow. */
  steps: readonly TranscriptMessage[];
}

export type Compacted =
  | { kind: "done"; messages: number; tokensBefore: number; tokensAfter: number }
  /** There is no more than the latest turn. */
  | { kind: "nothing" }
  | { kind: "failed" };

/**
 * What a run gives the model: of its session what the latest compaction leaves, and behind it the run's own steps. It is looked
 * at before each model call, so that a turn of many tools is kept within bounds as well:
 *
 *     below the limit ──▶ given as it is
 *     at the limit ─────▶ old results of tools are left out, all but the latest, in one go, because each change of what was
 *                         given before costs what the provider has cached of it; where nothing is cached any more, this is
 *                         done from a quarter of the limit on
 *     still above half ─▶ the oldest whole turns are summed up, down to a quarter of the limit
 *     no summary to be had, and the window full ──▶ an excerpt stands for them; with room left they are given as they are,
 *                         and it is tried again ten minutes later, or once much more was said
 *
 * A step of the present turn is never summed up. Each change is committed before anything is asked with it, under the run's
 * lease; a crash leaves the session as it was before or after, and whoever takes the run over looks again. Summing up is
 * bounded in time, and what it costs is the run's.
 *
 * The size is what the model counted for its last reply, and an estimate of what came since.
 */
export class Context {
  readonly #options: ContextOptions;
  readonly #parts: ContextParts;
  readonly #limits: ContextLimits;
  #messages: NumberedMessage[];
  #summary: { text: string; upTo: number } | undefined;
  #clearedTo: number;
  /** Of the run's steps, so many are given without results of tools. */
  #clearedSteps = 0;
  #tokens: number;
  /** How many of the steps that count holds. */
  #counted = 0;
  #failed = false;
  #overflowed = false;
  /** Whether the provider has forgotten what it had cached of the conversation. */
  #isCold: boolean;

  private constructor(options: ContextOptions, parts: ContextParts, context: SessionContext) {
    const { compaction, messages, tokens, lastAt } = context;
    this.#isCold = parts.steps.length <= 1 && options.clock.now() - (lastAt ?? 0) > CACHE_MS;
    this.#options = options;
    this.#parts = parts;
    this.#limits = contextLimits(parts.settings, options);
    this.#messages = messages;
    const { summary, upTo } = compaction ?? {};
    this.#summary = summary === undefined || upTo === undefined ? undefined : { text: summary, upTo };
    this.#clearedTo = compaction?.clearedTo ?? 0;
    // What a run that is taken over had left out is given again: the count of before says too little.
    const isKnown = tokens > 0 && !parts.steps.some(({ role }) => role === "assistant");
    this.#tokens = isKnown ? tokens : this.#estimate() - messageTokens(parts.steps);
  }

  static async open(options: ContextOptions, parts: ContextParts): Promise<Context> {
    return new Context(options, parts, await options.store.context(parts.run.sessionId));
  }

  /** For the end of the run: of its steps, so many are given without results of tools from now on. */
  get clearedSteps(): number {
    return this.#clearedSteps;
  }

  /** The model has taken in what was given and has written the latest step. */
  replied({ inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens }: Usage): void {
    const read = inputTokens + cacheReadTokens + cacheWriteTokens;
    // Servers that speak the API count replies alone, or nothing: that says nothing of the conversation.
    if (read === 0) return;
    this.#tokens = read + outputTokens;
    this.#counted = this.#parts.steps.length;
  }

  /**
   * The model has found it too long, whatever was counted: from now on it is full.
   *
   * @returns whether something can be done about that, which is tried once
   */
  overflowed(): boolean {
    if (this.#overflowed || this.#messages.length === 0) return false;
    this.#overflowed = true;
    this.#tokens = Math.max(this.#size(), this.#options.contextTokens);
    this.#counted = this.#parts.steps.length;
    return true;
  }

  /** Everything that the model is to be given now. */
  given(): TranscriptMessage[] {
    const { steps } = this.#parts;
    return [
      ...this.#past(this.#messages),
      ...steps.map((step, index) => (index < this.#clearedSteps ? withoutResults(step) : step)),
    ];
  }

  /** The same, made to fit. @throws LeaseLostError; AgentError `aborted` */
  async fit(signal: AbortSignal): Promise<TranscriptMessage[]> {
    const { limit, window } = this.#limits;
    const { failures } = this.#options;
    const { run } = this.#parts;
    const isLong = this.#size() >= limit;
    if (isLong || (this.#isCold && this.#size() >= limit * COLD_SHARE)) await this.#clear();
    this.#isCold = false;
    // Once what was cached is void anyway, it has to be worth it: the next time should be far away.
    this.#failed ||= failures?.isRecent(run.sessionId, this.#size()) === true;
    if (isLong && this.#size() >= (this.#failed ? window : limit * WORTH_SHARE)) await this.#shorten(signal);
    // What it could not be asked for, or not for all of it, is too long all the same.
    if (this.#failed && this.#size() >= window) await this.#shorten(signal);
    return this.given();
  }

  /** Sum up everything but the latest turn, whatever its length. @param askedBy the user who wants it */
  async compact(signal: AbortSignal, askedBy: string): Promise<Compacted> {
    const latest = this.#messages.findLastIndex(isFromPerson);
    if (latest <= 0) return { kind: "nothing" };
    return await this.#sumUp(latest, signal, askedBy);
  }

  #past(messages: readonly NumberedMessage[]): TranscriptMessage[] {
    const summary = this.#summary === undefined ? [] : [summaryMessage(this.#summary.text)];
    return [...summary, ...this.#cleared(messages)];
  }

  #cleared(messages: readonly NumberedMessage[]): TranscriptMessage[] {
    return messages.map((each) => (each.seq <= this.#clearedTo ? withoutResults(each) : each));
  }

  #size(): number {
    return this.#tokens + messageTokens(this.#parts.steps.slice(this.#counted));
  }

  #estimate(): number {
    const { system, tools } = this.#parts;
    return textTokens(system) + textTokens(JSON.stringify(tools)) + messageTokens(this.given());
  }

  /** Change what is given, and what is known of its size in proportion. */
  #change(change: () => void): { tokensBefore: number; tokensAfter: number } {
    const tokensBefore = this.#size();
    const before = this.#estimate();
    change();
    this.#tokens = Math.ceil((tokensBefore * this.#estimate()) / Math.max(1, before));
    this.#counted = this.#parts.steps.length;
    return { tokensBefore, tokensAfter: this.#tokens };
  }

  async #clear(): Promise<void> {
    const { steps } = this.#parts;
    const all = [...this.#messages, ...steps];
    const upTo = clearable(all);
    const clearedTo = this.#messages[Math.min(upTo, this.#messages.length) - 1]?.seq ?? 0;
    const clearedSteps = Math.max(0, upTo - this.#messages.length);
    if (clearedTo <= this.#clearedTo && clearedSteps <= this.#clearedSteps) return;
    const was = this.#clearedTo;
    const sizes = this.#change(() => {
      this.#clearedTo = Math.max(this.#clearedTo, clearedTo);
      this.#clearedSteps = Math.max(this.#clearedSteps, clearedSteps);
    });
    // What the run itself has done is written down when it ends.
    if (this.#clearedTo > was && sizes.tokensAfter < sizes.tokensBefore) {
      await this.#write({ clearedTo: this.#clearedTo, method: "cleared", ...sizes });
    }
  }

  async #shorten(signal: AbortSignal): Promise<void> {
    const { limit } = this.#limits;
    const own = messageTokens(this.#parts.steps);
    const cut = cutFor(this.#messages, Math.min(limit / 4, Math.max(0, limit * 0.6 - own)));
    // What is long by itself, a turn or what stands before the conversation, is not made shorter by summing up the little that
    // there is; the summary so far counts for nothing, since the next one is as long.
    if (cut === 0 || messageTokens(this.#cleared(this.#messages.slice(0, cut))) < limit / 10) return;
    await this.#sumUp(cut, signal);
  }

  #noteFailure(): void {
    this.#failed = true;
    this.#options.failures?.note(this.#parts.run.sessionId, this.#size(), this.#limits.limit);
  }

  async #sumUp(cut: number, signal: AbortSignal, askedBy?: string): Promise<Compacted> {
    const { agent, metrics, failures } = this.#options;
    const parts = { ...this.#parts, model: this.#parts.settings.model };
    const wanted = this.#messages.slice(0, cut);
    // A run asks in vain once.
    const written = this.#failed
      ? undefined
      : await sumUp(this.#cleared(wanted), this.#summary?.text, this.#limits, this.#options, parts, signal);
    if (written?.covered === cut) failures?.forget(parts.run.sessionId);
    else if (agent.summarise !== undefined) this.#noteFailure();
    // While there is room, what was said is better than an excerpt of it.
    const mayExcerpt = agent.summarise === undefined || (askedBy === undefined && this.#size() >= this.#limits.window);
    if (written === undefined && !mayExcerpt) {
      metrics.compactions.inc({ method: "none", reason: reasonOf(askedBy) });
      return { kind: "failed" };
    }
    const head = wanted.slice(0, written?.covered ?? cut);
    const upTo = head.at(-1)?.seq ?? 0;
    const text = written?.text ?? excerpt(head, this.#summary?.text, this.#limits.summaryTokens);
    const sizes = this.#change(() => {
      this.#summary = { text, upTo };
      this.#clearedTo = Math.max(this.#clearedTo, upTo);
      this.#messages = this.#messages.slice(head.length);
    });
    const method = written?.method ?? "excerpt";
    const isWritten = await this.#write({
      clearedTo: this.#clearedTo,
      method,
      ...(written && { model: written.model }),
      ...(askedBy !== undefined && { askedBy }),
      ...sizes,
    });
    metrics.compactions.inc({ method, reason: reasonOf(askedBy) });
    return isWritten ? { kind: "done", messages: head.length, ...sizes } : { kind: "failed" };
  }

  /** @returns false if something was taken from the session meanwhile: what this run goes on with is then its own alone */
  async #write(compaction: NewCompaction): Promise<boolean> {
    const { store } = this.#options;
    const { run, save } = this.#parts;
    const summary = this.#summary && { summary: this.#summary.text, upTo: this.#summary.upTo };
    return await save(() => store.compact(run, { ...compaction, ...summary }));
  }
}

/** As long as providers keep what was used last. */
const CACHE_MS = 5 * 60 * 1000;
/** Of the limit. */
const COLD_SHARE = 0.25;
const WORTH_SHARE = 0.5;

function reasonOf(askedBy: string | undefined): string {
  return askedBy === undefined ? "length" : "asked";
}
