import { setTimeout as wait } from "node:timers/promises";
import type Anthropic from "@anthropic-ai/sdk";
import type { Message, MessageCreateParamsBase } from "@anthropic-ai/sdk/resources/messages";
import { abortable, throwIfAborted } from "./abort.ts";
import { AgentError, type RunRequest } from "./agent.ts";
import { classify } from "./anthropic-errors.ts";
import { withoutFiles } from "./anthropic-files.ts";
import { toUsage } from "./anthropic-reply.ts";
import { hasFiles, type RequestParts, toRequest } from "./anthropic-request.ts";

export interface StepOptions {
  signal: AbortSignal;
  retryDelayMs: number;
  textIsShown: boolean;
  begun?: RunRequest["begun"];
}

type Step = AsyncGenerator<{ type: "text"; text: string } | { type: "restart" }, Message>;

/**
 * One reply to a conversation, as `streamReply` gives it.
 *
 * A picture or a PDF may be of a kind that the API refuses although it looks sound, and with it every later request of its
 * session: a refused request is sent once more, with notes in place of its files.
 *
 * @param finish makes what is sent of the request for the conversation
 * @throws AgentError
 */
export async function* streamRequest(
  client: Anthropic,
  parts: RequestParts,
  options: StepOptions,
  finish: (params: MessageCreateParamsBase) => MessageCreateParamsBase = (params) => params,
): Step {
  const params = await abortable(toRequest(parts), options.signal);
  let hasBegun = false;
  const begun: StepOptions["begun"] = (cost) => {
    hasBegun = true;
    options.begun?.(cost);
  };
  try {
    return yield* streamReply(client, finish(params), { ...options, begun });
  } catch (error) {
    const isRefused = error instanceof AgentError && error.code === "invalid-request" && !hasBegun;
    if (!isRefused || !hasFiles(params)) throw error;
  }
  return yield* streamReply(client, finish(await toRequest({ ...parts, readFile: withoutFiles })), options);
}

/**
 * One model call: gives the text as it comes, returns the whole reply.
 *
 * Leaving the iteration cancels the request. The SDK retries what fails before the stream begins; what fails in
 * mid-stream is tried once more, after `retryDelayMs`, as long as nobody has seen any of its text: that cannot be taken
 * back.
 *
 * @throws AgentError
 */
export async function* streamReply(
  client: Anthropic,
  params: MessageCreateParamsBase,
  { signal, retryDelayMs, textIsShown, begun = () => {} }: StepOptions,
): Step {
  for (let attempt = 1; ; attempt++) {
    throwIfAborted(signal);
    const stream = client.messages.stream(params, { signal });
    let given = false;
    try {
      for await (const event of stream) {
        throwIfAborted(signal);
        if (event.type === "message_start") begun({ usage: toUsage(event.message), model: event.message.model });
        if (event.type !== "content_block_delta" || event.delta.type !== "text_delta") continue;
        if (event.delta.text === "") continue;
        given = true;
        yield { type: "text", text: event.delta.text };
      }
      // The iterator ends silently if the stream failed while nobody was reading; this promise does not.
      return await stream.finalMessage();
    } catch (error) {
      const failure = classify(error, signal, stream.request_id);
      const begun = stream.response != null;
      if (attempt > 1 || (given && textIsShown) || !begun || !isPassing(failure)) throw failure;
    }
    if (given) yield { type: "restart" };
    await wait(retryDelayMs, undefined, { signal }).catch((error) => {
      throw classify(error, signal);
    });
  }
}

function isPassing(failure: unknown): boolean {
  return failure instanceof AgentError && (failure.code === "overloaded" || failure.code === "unavailable");
}
