/** A server of the Model Context Protocol, as an operator configured it. */
export interface McpServer {
  /** Lower case letters, digits and dashes; at most 32. */
  readonly name: string;
  readonly reach: McpProgram | McpAddress;
  /**
   * Which of its tools run only if whoever asked says yes: all, none, or those that do not declare that they only read.
   * What a tool declares is the server's own word.
   */
  readonly ask: "always" | "never" | "writes";
  /** How long one call may take. */
  readonly timeoutMs: number;
  /** Longer output is cut. */
  readonly maxOutputChars: number;
}

/** A program that is started, and spoken with over its standard input and output. */
export interface McpProgram {
  readonly kind: "program";
  /** No shell reads it or the arguments. */
  readonly command: string;
  readonly args: readonly string[];
  /** Beside PATH, HOME and LANG, all that it gets of an environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly cwd: string;
}

/** A server that is reached over streamable HTTP. */
export interface McpAddress {
  readonly kind: "address";
  readonly url: string;
  /** Sent with every request; never to another origin, whatever a redirect says. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What connections work with, from outside. */
export interface McpSurroundings {
  readonly clock: McpClock;
  readonly log: McpLog;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** The environment that PATH, HOME and LANG are taken from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told to servers. */
  readonly version: string;
}

export interface McpClock {
  /** Milliseconds since some moment. */
  elapsed(): number;
  /** Call `task` once, `ms` from now, unless the returned function is called first. */
  after(ms: number, task: () => void): () => void;
}

/** Gets names, codes and numbers, and what a server writes to standard error before its first call. */
export type McpLog = Record<"debug" | "info" | "warn", (fields: object, message: string) => void>;
