import Anthropic from "@anthropic-ai/sdk";
import type { ToolResultBlock, ToolUseBlock } from "../sessions/transcript.ts";
import { abortable, throwIfAborted } from "./abort.ts";
import { type Agent, AgentError, type AgentEvent, type Consent, type RunRequest } from "./agent.ts";
import { fileReader } from "./anthropic-files.ts";
import { toBlocks, toReason, toUsage } from "./anthropic-reply.ts";
import { streamRequest } from "./anthropic-step.ts";
import { createSummariser } from "./anthropic-summary.ts";
import { repliesSoFar, standing, toolUses } from "./steps.ts";
import { callTools, refuseTools } from "./tool-calls.ts";

export interface AnthropicAgentOptions {
  apiKey: string;
  /** Default `https://api.anthropic.com`. */
  baseURL?: string;
  /** Default `claude-sonnet-5-5`. */
  model?: string;
  /** Of one reply. Default 8192. */
  maxTokens?: number;
  /** Model calls of one turn, those before a crash included. Default 10. */
  maxSteps?: number;
  /** How often the SDK repeats a call that failed before its stream began. Default 3. */
  maxRetries?: number;
  /** Before the one repeat of a call that failed in mid-stream. Default 500. */
  retryDelayMs?: number;
  /** Longer results of tools are cut. Default 50,000. */
  maxToolOutputChars?: number;
  /** Default the global one. */
  fetch?: typeof fetch;
}

/**
 * Answers with a Claude model through the official SDK, over our own transcript: nothing is kept on the server.
 *
 * Every reply is yielded before its tools run and every result before the next request is sent, so whoever pulls the
 * events decides when each step may begin. The SDK's tool runner is not used: it begins with a request, so it cannot go
 * on from a reply whose tools have not run, and it gives up where a stream breaks.
 *
 * @see https://platform.claude.com/docs/en/api/messages
 */
export function createAnthropicAgent(options: AnthropicAgentOptions): Agent {
  const { model = "claude-sonnet-5-5", maxTokens = 8192, maxSteps = 10, maxRetries = 3 } = options;
  const { retryDelayMs = 500, maxToolOutputChars = 50_000 } = options;
  const client = new Anthropic({
    apiKey: options.apiKey,
    baseURL: options.baseURL ?? "https://api.anthropic.com",
    maxRetries,
    fetch: options.fetch,
    // The SDK would log what it cannot parse, and, told so by the environment, whole requests. Neither may be logged.
    logLevel: "off",
    openTelemetry: {},
  });

  async function* run(request: RunRequest): AsyncGenerator<AgentEvent, void> {
    const { signal, system, tools, author, textIsShown = true } = request;
    const { isAdmin = async () => false, recall = async () => [], consent = nobodyToAsk } = request;
    const { following = async () => [], prepare } = request;
    let messages = [...request.messages];
    if (messages.length === 0) throw new AgentError("invalid-request", "there is nothing to answer");
    const readFile = fileReader(request.readBlob);

    function settle(calls: ToolUseBlock[], resumed: boolean): Promise<ToolResultBlock[]> | ToolResultBlock[] {
      if (repliesSoFar(messages) >= maxSteps) return refuseTools(calls, `not run: the limit is ${maxSteps} steps`);
      return callTools(calls, {
        tools,
        context: { signal, author, isAdmin, recall },
        consent,
        maxOutputChars: maxToolOutputChars,
        resumed,
      });
    }

    throwIfAborted(signal);
    const begun = standing(messages);
    if (begun.next === "nothing") return yield { type: "done", reason: "end" };
    let calls = begun.next === "tools" ? begun.calls : [];

    for (let resumed = true; ; resumed = false) {
      if (calls.length > 0) {
        throwIfAborted(signal);
        const results = await settle(calls, resumed);
        messages.push({ role: "user", content: results });
        yield { type: "tool-results", content: results };
        messages.push(...(await following()));
      }
      if (repliesSoFar(messages) >= maxSteps) return yield { type: "done", reason: "max-steps" };

      if (prepare !== undefined) messages = [...(await abortable(prepare(), signal))];
      const reply = yield* streamRequest(
        client,
        { model: request.model ?? model, maxTokens, system, tools, messages, readFile },
        { signal, retryDelayMs, textIsShown, begun: request.begun },
      );
      const content = toBlocks(reply);
      messages.push({ role: "assistant", content });
      yield { type: "reply", content, usage: toUsage(reply), model: reply.model };

      calls = toolUses(content);
      if (calls.length > 0) continue;
      const added = await following();
      if (added.length === 0) return yield { type: "done", reason: toReason(reply) };
      messages.push(...added);
    }
  }

  const summarise = createSummariser({ client, model, retryDelayMs });
  return { description: `Anthropic ${model}`, run, summarise };
}

async function nobodyToAsk(): Promise<Consent> {
  return { given: false, reason: "not run: there is nobody who could be asked for consent" };
}
