import type { MessageCreateParamsBase } from "@anthropic-ai/sdk/resources/messages";
import type { TranscriptMessage } from "../sessions/transcript.ts";
import type { Tool } from "./agent.ts";
import { withMark, withMarks } from "./anthropic-cache.ts";
import type { FileReader } from "./anthropic-files.ts";
import { toParams, toToolParams } from "./anthropic-messages.ts";

export interface RequestParts {
  model: string;
  /** Of the reply. */
  maxTokens: number;
  system: string;
  tools: readonly Tool[];
  messages: readonly TranscriptMessage[];
  readFile: FileReader;
}

/** A request for one reply. Two with the same beginning have the same bytes there, whatever they are for. */
export async function toRequest(parts: RequestParts): Promise<MessageCreateParamsBase> {
  const { model, maxTokens, system, tools, messages, readFile } = parts;
  return {
    model,
    max_tokens: maxTokens,
    ...withMark(system, toToolParams(tools)),
    messages: withMarks(await toParams(messages, readFile)),
  };
}

/** Whether a request holds a picture or a document. */
export function hasFiles({ messages }: Pick<MessageCreateParamsBase, "messages">): boolean {
  return messages.some(
    ({ content }) => typeof content !== "string" && content.some(({ type }) => type === "image" || type === "document"),
  );
}
