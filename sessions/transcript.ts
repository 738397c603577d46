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

export type Block = TextBlock | ImageBlock | ToolUseBlock | ToolResultBlock | OpaqueBlock;

export interface TranscriptMessage {
  role: "user" | "assistant";
  content: Block[];
  /** Who said it, for user messages that people wrote. */
  author?: Author;
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
