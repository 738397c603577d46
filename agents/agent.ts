import type { Found } from "../sessions/recall.ts";
import type { Author, Block, ToolUseBlock, TranscriptMessage, Usage } from "../sessions/transcript.ts";

/** Something the agent can do. It runs with the rights of the turn's author and sees that author's session alone. */
export interface Tool {
  name: string;
  description: string;
  /** JSON Schema of the input: an object. */
  inputSchema: { type: "object"; properties?: Record<string, unknown>; required?: string[]; [key: string]: unknown };
  /** Running it twice does no harm. A result that is unknown after a crash is then simply got again. */
  idempotent: boolean;
  /** Whether it runs only if the author of the turn says yes. Default: it runs. */
  asks?: boolean;
  /** The configured server that it comes from; undefined for built-in ones. */
  server?: string;
  run(input: unknown, context: ToolContext): Promise<string>;
}

export interface ToolContext {
  signal: AbortSignal;
  author: Author;
  /** Whether the author of this very turn administers the chat, looked up now. A look-up that fails is a no. */
  isAdmin(): Promise<boolean>;
  /** Search what was said in the session of this very turn. Best first. */
  recall(words: string, limit: number): Promise<Found[]>;
}

/** Whether a tool may run; `reason` is for the model to read. */
export type Consent = { given: true } | { given: false; reason: string };

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
  /** Bytes of a picture or a document. */
  readBlob(hash: string): Promise<Uint8Array>;
  /** As tools are told. Default: nobody does. */
  isAdmin?(): Promise<boolean>;
  /** As tools are told. Default: nothing is found. */
  recall?: ToolContext["recall"];
  /**
   * Asked before a tool that asks runs; also for one that may have been waited for when the program stopped. Default: nobody
   * can be asked, so it does not run.
   */
  consent?(call: ToolUseBlock, tool: Tool): Promise<Consent>;
  /**
   * Asked before each model call: what is to be given in place of `messages` and all that came since, where it has become too
   * long. The steps of the present turn are all in it. Default: everything is given.
   */
  prepare?(): Promise<TranscriptMessage[]>;
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
  /** Sum up the beginning of a conversation. Missing where there is no model. @throws AgentError */
  summarise?(request: SummaryRequest): Promise<Summary>;
}

export interface SummaryRequest {
  /** The same system prompt and tools as in a run, so that what the provider has cached of it serves. */
  system: string;
  tools: readonly Tool[];
  /** What is to be summed up; it ends with whole turns. */
  messages: TranscriptMessage[];
  /** What a summary has to keep, for whoever writes it. */
  instructions: string;
  /** Of the summary. */
  maxTokens: number;
  signal: AbortSignal;
  readBlob(hash: string): Promise<Uint8Array>;
  /** Default: the agent's own. */
  model?: string | undefined;
  /** A request begins, which costs this much even if no summary comes of it. That of a summary has it included. */
  begun?(cost: { usage: Usage; model: string }): void;
}

export interface Summary {
  text: string;
  /** `provider`: by the API's own compaction. `model`: by asking the model in words. */
  method: "provider" | "model";
  usage: Usage;
  model: string;
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
