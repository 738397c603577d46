import { type Agent, AgentError, type AgentEvent, type RunRequest, type SummaryRequest } from "../../agents/agent.ts";
import type { Clock } from "../../sessions/clock.ts";
import type { Block, ToolUseBlock, TranscriptMessage, Usage } from "../../sessions/transcript.ts";
import { Dice } from "./dice.ts";
import { type Input, PrefixCache } from "./prefix-cache.ts";
import type { Tally } from "./tally.ts";
import { textOfTokens } from "./token-count.ts";

/** What a message takes to be answered. */
export interface Work {
  /** Of the message: what it takes is the same wherever it is asked. */
  id: string;
  tools: number;
}

export interface SimulatedAgentOptions {
  clock: Clock;
  tally: Tally;
  /** What the model can take in at once, in tokens. */
  contextTokens: number;
  seed: number;
  /** What is being answered in a session. */
  work(session: string): readonly Work[];
  /** Told whose answer is broken off. */
  brokenOff(user: string): void;
}

/**
 * What models and tools of today do, about: half of all draws are smaller. An answer in a chat has about 220 tokens and now
 * and then a thousand; a tool gives 5,000, as in the task that this program began with.
 */
const ANSWER = { median: 220, sigma: 0.7, most: 4_000 };
const CALL_TOKENS = 60;
const RESULT = { median: 5_000, sigma: 0.25, most: 12_000 };
const TOOL_MS = { median: 3_000, sigma: 0.6, most: 60_000 };
const SUMMARY_TOKENS = 900;

const FIRST_TOKEN_MS = 700;
const READ_PER_SECOND = 100_000;
const NEW_PER_SECOND = 12_000;
const WRITTEN_PER_SECOND = 75;

const MODEL = "simulated";

/**
 * A model and its tools without either: answers, calls and results have lengths and take time as chance would have it, the
 * same for the same message under every strategy; what it is given is really counted, and cached as providers do it.
 */
export function createSimulatedAgent(options: SimulatedAgentOptions): Agent {
  const { clock, tally, contextTokens, seed, work, brokenOff } = options;
  const cache = new PrefixCache();
  const draw = (what: string, id: string, { median, sigma, most }: typeof ANSWER) =>
    Math.min(most, Math.max(1, Math.round(new Dice(seed, `${what}:${id}`).logNormal(median, sigma))));

  async function* run(request: RunRequest): AsyncGenerator<AgentEvent, void> {
    try {
      yield* answer(request);
    } catch (error) {
      // What took too long was broken off by the clock, whoever has written last.
      if (request.signal.aborted && request.signal.reason !== "timeout") brokenOff(request.author.id);
      throw error;
    }
  }

  async function* answer(request: RunRequest): AsyncGenerator<AgentEvent, void> {
    const { system, signal, scene, prepare, begun } = request;
    const messages = [...request.messages];
    const asked = work(scene.sessionKey);
    const tools = asked.reduce((sum, each) => sum + each.tools, 0);
    const about = asked.map(({ id }) => id).join("+");
    for (let step = 0; ; step++) {
      const given = prepare === undefined ? messages : await prepare();
      const input = await take(system, given, scene.sessionKey, signal);
      begun?.({ usage: { ...input, outputTokens: 1 }, model: MODEL });
      const calls = step < tools;
      const outputTokens = calls ? CALL_TOKENS : asked.reduce((sum, { id }) => sum + draw("answer", id, ANSWER), 0);
      await writing(outputTokens, signal);
      const content = calls ? call(about, step) : [text(outputTokens, step)];
      if (!calls) for (const block of content) if (block.type === "text") yield { type: "text", text: block.text };
      yield { type: "reply", content, usage: { ...input, outputTokens }, model: MODEL };
      messages.push({ role: "assistant", content });
      if (!calls) break;
      await pass(draw("tool", `${about}:${step}`, TOOL_MS), signal);
      const results = content.filter((block) => block.type === "tool-use").map((use) => result(use, about, step));
      yield { type: "tool-results", content: results };
      messages.push({ role: "user", content: results });
    }
    yield { type: "done", reason: "end" };
  }

  async function summarise({ system, messages, instructions, maxTokens, signal }: SummaryRequest) {
    const asking: TranscriptMessage = { role: "user", content: [{ type: "text", text: instructions }] };
    const input = await take(system, [...messages, asking], undefined, signal);
    const outputTokens = Math.min(maxTokens, SUMMARY_TOKENS);
    await writing(outputTokens, signal);
    const usage: Usage = { ...input, outputTokens };
    return { text: textOfTokens(outputTokens, messages.length), method: "model" as const, usage, model: MODEL };
  }

  /** Give the model something. @param session undefined for what is no part of a conversation */
  async function take(
    system: string,
    given: readonly TranscriptMessage[],
    session: string | undefined,
    signal: AbortSignal,
  ): Promise<Input> {
    throwIfStopped(signal);
    const input = cache.take(system, given, clock.now());
    const tokens = input.inputTokens + input.cacheReadTokens + input.cacheWriteTokens;
    if (session !== undefined) tally.request({ at: clock.now(), session, tokens });
    if (tokens > contextTokens) throw new AgentError("context-full", "the conversation is longer than the window");
    tally.use(input);
    const readMs = (1_000 * input.cacheReadTokens) / READ_PER_SECOND;
    const newMs = (1_000 * (input.inputTokens + input.cacheWriteTokens)) / NEW_PER_SECOND;
    await pass(FIRST_TOKEN_MS + readMs + newMs, signal);
    return input;
  }

  /** What was written until it was broken off is paid for as well. */
  async function writing(tokens: number, signal: AbortSignal): Promise<void> {
    const began = clock.elapsed();
    try {
      await pass((1_000 * tokens) / WRITTEN_PER_SECOND, signal);
    } finally {
      const written = ((clock.elapsed() - began) / 1_000) * WRITTEN_PER_SECOND;
      tally.use({ outputTokens: Math.min(tokens, Math.round(written)) });
    }
  }

  function pass(ms: number, signal: AbortSignal): Promise<void> {
    throwIfStopped(signal);
    return new Promise((resolve, reject) => {
      const stop = () => {
        cancel();
        reject(stopped());
      };
      const cancel = clock.after(Math.round(ms), () => {
        signal.removeEventListener("abort", stop);
        resolve();
      });
      signal.addEventListener("abort", stop, { once: true });
    });
  }

  function call(about: string, step: number): Block[] {
    return [
      { type: "tool-use", id: `${about}:${step}`, name: "look", input: { what: textOfTokens(CALL_TOKENS - 20, step) } },
    ];
  }

  function result(use: ToolUseBlock, about: string, step: number): Block {
    const output = textOfTokens(draw("result", `${about}:${step}`, RESULT), step);
    return { type: "tool-result", toolUseId: use.id, text: output, isError: false };
  }

  return { description: "simulated agent (no model)", run, summarise };
}

function text(tokens: number, from: number): Block {
  return { type: "text", text: textOfTokens(tokens, from) };
}

function stopped(): AgentError {
  return new AgentError("aborted", "the run was stopped");
}

function throwIfStopped(signal: AbortSignal): void {
  if (signal.aborted) throw stopped();
}
