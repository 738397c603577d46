import type { Author, Block, TranscriptMessage, Usage } from "../sessions/transcript.ts";

/** Something the agent can do. It runs with the rights of the turn's author and sees that author's session alone. */
export interface Tool {
  name: string;
  description: string;
  /** JSON Schema of the input: an object. */
  inputSchema: { type: "object"; properties?: Record<string, unknown>; required?: string[]; [key: string]: unknown };
  /** Running it twice does no harm. A result that is unknown after a crash is then simply got again. */
  idempotent: boolean;
  run(input: unknown, context: ToolContext): Promise<string>;
}

export interface ToolContext {
  signal: AbortSignal;
  author: Author;
  /** Whether the author of this very turn administers the chat, looked up now. A look-up that fails is a no. */
  isAdmin(): Promise<boolean>;
}

export interface RunRequest {
  system: string;
  /** The session so far, ending with the turn to answer and whatever steps of it are done already. */
  messages: TranscriptMessage[];
  tools: readonly Tool[];
  /** Aborting ends the run: the iterable throws `AgentError` with code `aborted`. */
  signal: AbortSignal;
  /** The user whose turn it is. */
  author: Author;
  /** What the offline agent talks about; no part of any prompt. */
  scene: Scene;
  /**
   * Whether people see text as it comes, for good. Text that nobody has seen, or that can be taken back, is not: a reply
   * that broke off is then tried once more, announced by a `restart` event. Default true.
   */
  textIsShown?: boolean;
  /** Bytes of an image block. */
  readBlob(hash: string): Promise<Uint8Array>;
  /** As tools are told. Default: nobody does. */
  isAdmin?(): Promise<boolean>;
  /** Default: the agent's own. */
  model?: string | undefined;
  /**
   * What the author has added meanwhile, to be answered as well; it belongs to the turn from then on. Asked after the
   * results of tools and before the run would end. Default: nothing.
   */
  following?(): Promise<TranscriptMessage[]>;
  /** A reply begins, which costs this much even if it is broken off. A `reply` event has the whole cost, this included. */
  begun?(cost: { usage: Usage; model: string }): void;
}

/** The session as an outsider sees it. */
export interface Scene {
  sessionKey: string;
  strategy: string;
  /** Who has written into this session, and in how many turns, the present one included. */
  people: ReadonlyArray<Author & { turns: number }>;
}

/**
 * What happens in a run, in order. `reply` follows the text deltas that it is made of; `tool-results` answers all tool
 * uses of the reply before it. Whoever journals a run stores these two.
 */
export type AgentEvent =
  | { type: "text"; text: string }
  /** The text of the present reply is void: the reply begins anew. */
  | { type: "restart" }
  | { type: "reply"; content: Block[]; usage: Usage; model: string }
  | { type: "tool-results"; content: Block[] }
  | { type: "done"; reason: "end" | "max-tokens" | "refusal" | "max-steps" };

/**
 * Answers turns. `run` keeps no state between calls: everything it knows is in the request, so a run that a crash cut
 * off is continued by calling it again with the steps that were stored.
 */
export interface Agent {
  /** For people: which agent and model, and whether it is offline. */
  readonly description: string;
  run(request: RunRequest): AsyncIterable<AgentEvent>;
}

export type AgentErrorCode =
  /** The signal was aborted. */
  | "aborted"
  /** The provider has too much to do, and trying again did not help. */
  | "overloaded"
  /** Out of reach, or it failed on its side. */
  | "unavailable"
  /** The key is wrong or lacks the right. */
  | "unauthorized"
  /** The provider refuses this request: it will refuse it again. */
  | "invalid-request"
  /** The conversation is longer than the model's window. */
  | "context-full";

/** A run that failed. Its message holds no prompt, no answer and no key. */
export class AgentError extends Error {
  readonly code: AgentErrorCode;
  /** The provider's id of the failed request, for support. */
  readonly requestId: string | undefined;

  constructor(code: AgentErrorCode, message: string, options: { requestId?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "AgentError";
    this.code = code;
    this.requestId = options.requestId;
  }
}
