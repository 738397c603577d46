/**
 * What a session remembers, in a form that belongs to no provider.
 *
 * A transcript alternates freely; a user message stands for one turn, an assistant message for one model reply. Tool
 * results are user-side blocks that answer the tool uses of the assistant message before them.
 */

export interface TextBlock {
  type: "text";
  text: string;
}

/** A picture, by the hash under which the store keeps its bytes. */
export interface ImageBlock {
  type: "image";
  blob: string;
  mimeType: string;
}

export interface ToolUseBlock {
  type: "tool-use";
  id: string;
  name: string;
  input: unknown;
}

export interface ToolResultBlock {
  type: "tool-result";
  toolUseId: string;
  text: string;
  isError: boolean;
}

/** A block that only the provider that wrote it understands; it goes back to that provider unchanged. */
export interface OpaqueBlock {
  type: "opaque";
  provider: string;
  data: unknown;
}

/** A file that the model reads: a PDF, or plain text as UTF-8. */
export interface DocumentBlock {
  type: "document";
  /** The hash under which the store keeps its bytes. */
  blob: string;
  mimeType: "application/pdf" | "text/plain";
  /** As its sender called it; hostile until escaped. */
  name?: string;
  /** Of its content. */
  bytes?: number;
}

export type Block = TextBlock | ImageBlock | DocumentBlock | ToolUseBlock | ToolResultBlock | OpaqueBlock;

export interface TranscriptMessage {
  role: "user" | "assistant";
  content: Block[];
  /** Who said it, for user messages that people wrote. */
  author?: Author;
  /** What the model is shown behind a turn while it is answered, and never again: it is in the journal, in no transcript. */
  background?: string;
}

/**
 * What takes the place of the results of a reply's tools that may have begun and will not be heard of any more: nobody knows
 * what they did, and a reply that asks for tools is nothing to go on from without their results.
 *
 * @returns undefined if the message asks for none
 */
export function unknownResults({ role, content }: TranscriptMessage): TranscriptMessage | undefined {
  const calls = role === "assistant" ? content.filter((block) => block.type === "tool-use") : [];
  if (calls.length === 0) return undefined;
  const text = "result unknown: this was broken off while the tool may have been running";
  return {
    role: "user",
    content: calls.map(({ id }) => ({ type: "tool-result", toolUseId: id, text, isError: true })),
  };
}

export interface Author {
  id: string;
  name: string;
}

/** Tokens as the provider's API counted them. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
}
