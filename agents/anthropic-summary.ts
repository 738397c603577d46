import type Anthropic from "@anthropic-ai/sdk";
import { APIError } from "@anthropic-ai/sdk";
import type { BetaMessage } from "@anthropic-ai/sdk/resources/beta/messages";
import type { Message, MessageCreateParamsBase } from "@anthropic-ai/sdk/resources/messages";
import type { Usage } from "../sessions/transcript.ts";
import { abortable, throwIfAborted } from "./abort.ts";
import { AgentError, type Summary, type SummaryRequest } from "./agent.ts";
import { classify } from "./anthropic-errors.ts";
import { fileReader } from "./anthropic-files.ts";
import { toUsage } from "./anthropic-reply.ts";
import { hasFiles, type RequestParts, toRequest } from "./anthropic-request.ts";
import { streamRequest } from "./anthropic-step.ts";

const COMPACTION_BETA = "compact-2026-09-04";

export interface SummariserOptions {
  client: Anthropic;
  model: string;
  retryDelayMs: number;
}

/**
 * Sums up conversations: by the API's own compaction, or by asking the model in words where there is none.
 *
 * Of the API's means, the `compaction` parameter is used, which sums up what it is given when it is told to. Only the text of
 * what it returns is kept, not its signed block: a summary is a part of the conversation that operators can read and that any
 * model, provider and version goes on with. The edits `compact_20260112` and `clear_tool_uses_20250919` are not used. They
 * decide anew at each request what the model sees: nobody could inspect that, a request that is resumed after a crash could
 * differ from the one before it, and they need a beta on every request. Old results of tools are left out before a request is
 * made instead, the same for each later one.
 *
 * What the API did not know once is not asked for again, by model. Requests begin as those of runs do, so that the cache
 * serves where it still holds the conversation.
 *
 * @throws AgentError
 * @see https://platform.claude.com/docs/en/build-with-claude/compaction
 */
export function createSummariser(options: SummariserOptions): (request: SummaryRequest) => Promise<Summary> {
  const { client, retryDelayMs } = options;
  const withoutCompaction = new Set<string>();

  return async (request) => {
    const { signal, system, tools, messages, maxTokens, instructions, model = options.model } = request;
    if (messages.length === 0) throw new AgentError("invalid-request", "there is nothing to sum up");
    throwIfAborted(signal);
    const parts = { model, maxTokens, system, tools, messages, readFile: fileReader(request.readBlob) };
    const costs: Usage[] = [];
    const summary = (text: string, method: Summary["method"], model: string): Summary => {
      return { text, method, usage: total(costs), model };
    };

    let isKnown = true;
    if (!withoutCompaction.has(model)) {
      const compacted = await compact(client, parts, instructions, signal, request.begun);
      if (compacted.cost !== undefined) costs.push(compacted.cost);
      if (compacted.text !== "") return summary(compacted.text, "provider", compacted.model);
      isKnown = compacted.isKnown;
    }
    const words = await askInWords(client, parts, instructions, { signal, retryDelayMs, costs, begun: request.begun });
    // Only now: a request that is refused either way says nothing about compaction.
    if (!isKnown) withoutCompaction.add(model);
    if (words.text === "") throw new AgentError("unavailable", "the model wrote no summary");
    return summary(words.text, "model", words.model);
  };
}

interface Compacted {
  /** Empty if there is none. */
  text: string;
  model: string;
  /** False if the API seems to have no compaction for this model, and nothing else explains what it said. */
  isKnown: boolean;
  cost?: Usage;
}

async function compact(
  client: Anthropic,
  parts: RequestParts,
  instructions: string,
  signal: AbortSignal,
  begun: SummaryRequest["begun"],
): Promise<Compacted> {
  const none = { text: "", model: parts.model };
  const params = await abortable(toRequest(parts), signal);
  // The SDK bounds requests by their silence, and a long conversation takes long to read: streams are never silent.
  const stream = client.beta.messages.stream(
    { ...params, compaction: { type: "summarize", instructions }, betas: [COMPACTION_BETA] },
    { signal },
  );
  stream.on("streamEvent", (event) => {
    if (event.type === "message_start") begun?.({ usage: costOf(event.message), model: event.message.model });
  });
  let reply: BetaMessage;
  try {
    reply = await stream.finalMessage();
  } catch (error) {
    const failure = classify(error, signal, stream.request_id);
    const why = error instanceof APIError ? error.errorCode : null;
    if (why === "compaction_unavailable") return { ...none, isKnown: true };
    if (!(failure instanceof AgentError) || failure.code !== "invalid-request") throw failure;
    return { ...none, isKnown: why?.startsWith("compaction_") === true || hasFiles(params) };
  }
  const block = reply.content.find((block) => block.type === "compaction");
  const text = block?.content?.trim() ?? "";
  return { text, model: reply.model, isKnown: block !== undefined, cost: costOf(reply) };
}

/** Entries of compactions are not in the sum that stands beside them. */
function costOf({ usage }: BetaMessage): Usage {
  const compactions = (usage.iterations ?? []).filter((entry) => entry.type === "compaction");
  return total([usage, ...compactions].map((usage) => toUsage({ usage })));
}

async function askInWords(
  client: Anthropic,
  parts: RequestParts,
  instructions: string,
  {
    signal,
    retryDelayMs,
    costs,
    begun,
  }: Pick<SummaryRequest, "signal" | "begun"> & { retryDelayMs: number; costs: Usage[] },
): Promise<{ text: string; model: string }> {
  const ask = async (toolsForbidden: boolean) => {
    const steps = streamRequest(
      client,
      parts,
      {
        signal,
        retryDelayMs,
        textIsShown: false,
        begun(cost) {
          costs.push(cost.usage);
          begun?.(cost);
        },
      },
      (params) => withRequest(params, `${instructions}\n\nUse no tools for this.`, toolsForbidden),
    );
    const reply = await resultOf(steps);
    // What the last that was begun has cost is known in full now.
    costs.splice(-1, 1, toUsage(reply));
    // What a model says that declines is no summary: it would stand for all that was said.
    const text = reply.stop_reason === "refusal" ? "" : textOf(reply);
    return { text, model: reply.model, usesTools: reply.stop_reason === "tool_use" };
  };
  const first = await ask(false);
  // To forbid tools is to change what the cache goes by, so it is done only if the model does not heed words.
  return first.usesTools ? await ask(true) : first;
}

/** What is asked stands behind everything that is marked for the cache. */
function withRequest(params: MessageCreateParamsBase, text: string, forbidden: boolean): MessageCreateParamsBase {
  const messages = [...params.messages];
  const last = messages.at(-1);
  const block = { type: "text" as const, text };
  if (last?.role === "user" && typeof last.content !== "string") {
    messages.splice(-1, 1, { role: "user", content: [...last.content, block] });
  } else {
    messages.push({ role: "user", content: [block] });
  }
  return { ...params, messages, ...(forbidden && { tool_choice: { type: "none" } }) };
}

async function resultOf<Result>(steps: AsyncGenerator<unknown, Result>): Promise<Result> {
  for (;;) {
    const step = await steps.next();
    if (step.done === true) return step.value;
  }
}

function textOf({ content }: Message): string {
  return content
    .map((block) => (block.type === "text" ? block.text : ""))
    .join("")
    .trim();
}

function total(costs: readonly Usage[]): Usage {
  const sum = (of: (usage: Usage) => number) => costs.reduce((all, each) => all + of(each), 0);
  return {
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    cacheReadTokens: sum(({ cacheReadTokens }) => cacheReadTokens),
    cacheWriteTokens: sum(({ cacheWriteTokens }) => cacheWriteTokens),
  };
}
