import { abortable } from "../agents/abort.ts";
import { type Agent, AgentError, type Summary, type Tool } from "../agents/agent.ts";
import { portions } from "../agents/context.ts";
import { SUMMARY_INSTRUCTIONS, summaryMessage } from "../agents/summary.ts";
import type { Clock } from "../sessions/clock.ts";
import type { Run } from "../sessions/runs.ts";
import type { Store } from "../sessions/store.ts";
import type { TranscriptMessage, Usage } from "../sessions/transcript.ts";
import type { ContextLimits } from "./context-limits.ts";
import type { Log } from "./log.ts";
import { countTokens, type Metrics } from "./metrics.ts";

export interface SummingUpOptions {
  store: Pick<Store, "bookUsage">;
  agent: Pick<Agent, "summarise">;
  compactionTimeoutMs: number;
  clock: Clock;
  log: Log;
  metrics: Pick<Metrics, "tokens">;
}

export interface SummingUpParts {
  run: Run;
  system: string;
  tools: readonly Tool[];
  model?: string | undefined;
  readBlob(hash: string): Promise<Uint8Array>;
  /** What requests have cost that were begun and are not booked; whoever ends the run books it. */
  begun: Array<{ usage: Usage; model: string }>;
  /** Write, with patience for a store that takes nothing for a while. */
  save<T>(write: () => Promise<T>): Promise<T>;
}

export interface Written extends Pick<Summary, "text" | "method" | "model"> {
  /** So many of the messages it stands for. */
  covered: number;
}

/** Models write more characters to a token than they were asked for, not that many more. */
const MOST_CHARS_PER_TOKEN = 12;
/** Of the window: an estimate may be too low, and instructions and tools stand before it. */
const PORTION_SHARE = 0.6;
/** Of one that is longer still, the latest so many: what is summed up at one time has to be paid for at one time. */
const MOST_PORTIONS = 4;
const LEFT_OUT = "(What was said before this is left out.)";

/**
 * Have a model sum up the beginning of a conversation. One that is longer than its window is summed up in portions of whole
 * turns, the oldest first, each with the summary of those before it. If it fails in between, what was done by then counts.
 *
 * However the model fails, nobody waits for it for ever and nobody's turn is lost for it. What it cost is booked.
 *
 * @param before the summary so far
 * @returns undefined if there is none to be had
 * @throws LeaseLostError, StoreError; what the signal was aborted with
 */
export async function sumUp(
  messages: readonly TranscriptMessage[],
  before: string | undefined,
  { window, summaryTokens }: ContextLimits,
  options: SummingUpOptions,
  parts: SummingUpParts,
  signal: AbortSignal,
): Promise<Written | undefined> {
  const { agent, clock, compactionTimeoutMs, store, metrics } = options;
  const { run, save, begun } = parts;
  if (agent.summarise === undefined) return undefined;
  const late = new AbortController();
  const cancel = clock.after(compactionTimeoutMs, () => late.abort());
  try {
    let written: Written | undefined;
    const all = portions(messages, window * PORTION_SHARE);
    const chosen = all.slice(-MOST_PORTIONS);
    const first = before ?? (chosen.length < all.length ? LEFT_OUT : undefined);
    let covered = all.slice(0, -MOST_PORTIONS).flat().length;
    for (const portion of chosen) {
      const past = written?.text ?? first;
      const given = past === undefined ? portion : [summaryMessage(past), ...portion];
      const unbooked = begun.length;
      const summary = await asked(agent, given, summaryTokens, parts, { signal, late: late.signal, log: options.log });
      if (summary === undefined) break;
      begun.splice(unbooked);
      countTokens(metrics, summary.usage);
      await save(() => store.bookUsage(run, { model: summary.model, ...summary.usage }));
      const text = summary.text
        .trim()
        .slice(0, summaryTokens * MOST_CHARS_PER_TOKEN)
        .toWellFormed();
      if (text === "") break;
      covered += portion.length;
      written = { text, method: summary.method, model: summary.model, covered };
    }
    return written;
  } finally {
    cancel();
  }
}

async function asked(
  agent: Pick<Agent, "summarise">,
  messages: TranscriptMessage[],
  maxTokens: number,
  { run, system, tools, model, readBlob, begun }: SummingUpParts,
  { signal, late, log }: { signal: AbortSignal; late: AbortSignal; log: Log },
): Promise<Summary | undefined> {
  const either = AbortSignal.any([signal, late]);
  const request = { system, tools, messages, instructions: SUMMARY_INSTRUCTIONS, maxTokens, readBlob, model };
  try {
    const summing = agent.summarise?.({ ...request, signal: either, begun: (cost) => void begun.push(cost) });
    return await abortable(Promise.resolve(summing), either);
  } catch (error) {
    if (signal.aborted) throw error;
    const code = late.aborted ? "too-late" : error instanceof AgentError ? error.code : "internal";
    const fields = { run: run.runId, code, ...(code === "internal" && { err: error }) };
    log.warn(fields, "a conversation could not be summed up");
    return undefined;
  }
}
