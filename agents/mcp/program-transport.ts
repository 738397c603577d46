import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import {
  deserializeMessage,
  type JSONRPCMessage,
  SdkError,
  SdkErrorCode,
  serializeMessage,
  type Transport,
} from "@modelcontextprotocol/client";
import { LineReader } from "./line-reader.ts";
import type { McpClock, McpProgram } from "./options.ts";

/** How long a program may take to end by itself, and again when it is told to. */
const GRACE_MS = 2_000;

/** Of the gateway's own environment a program gets these alone. */
const INHERITED = ["PATH", "HOME", "LANG"] as const;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

export interface ProgramTransportOptions {
  /** The environment that PATH, HOME and LANG are taken from. */
  env: Readonly<Record<string, string | undefined>>;
  clock: McpClock;
  /** One line of JSON may have so many bytes; a program that writes a longer one is ended. */
  maxBytes: number;
}

/**
 * Speaks with a program over its standard input and output, a line of JSON each.
 *
 * The program leads a process group of its own: Ctrl-C in a terminal is for the gateway alone, which still needs its tools to
 * finish; and whatever the program has started ends with it. It is asked to end by the end of its input, which comes also
 * when the gateway is killed.
 *
 * The library's transport for the same does neither, and passes more of the environment on.
 */
export class ProgramTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: Transport["onmessage"];
  readonly #program: McpProgram;
  readonly #options: ProgramTransportOptions;
  readonly #incoming: LineReader;
  readonly #heard: (stream: Readable) => void;
  #child: Child | undefined;
  #exited: Promise<void> = Promise.resolve();

  /** @param heard gets standard error; it has to be read */
  constructor(program: McpProgram, options: ProgramTransportOptions, heard: (stream: Readable) => void) {
    this.#program = program;
    this.#options = options;
    this.#incoming = new LineReader(options.maxBytes);
    this.#heard = heard;
  }

  /** By `stderr` and `pid` the library knows that this is a program. */
  get stderr(): Readable | undefined {
    return this.#child?.stderr;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): Promise<void> {
    const { command, args, cwd } = this.#program;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const child: Child = spawn(command, args, { cwd, env: this.#environment(), stdio: "pipe", detached: true });
    const exited = Promise.withResolvers<void>();
    this.#child = child;
    this.#exited = exited.promise;
    // Where the gateway ends at once, nobody is left to wait for a program that does not heed the end of its input.
    const kill = () => this.#signal(child, "SIGKILL");
    process.once("exit", kill);
    child.on("spawn", resolve);
    child.on("error", (error) => {
      reject(error);
      exited.resolve();
      if (child.pid === undefined) process.off("exit", kill);
      this.onerror?.(error);
    });
    child.on("exit", () => {
      // Of what it has started nothing stays, and nothing that holds its pipes keeps the gateway waiting.
      kill();
      process.off("exit", kill);
      exited.resolve();
    });
    child.on("close", () => this.#over(child));
    child.stdin.on("error", (error) => this.onerror?.(error));
    child.stdout.on("error", (error) => this.onerror?.(error));
    child.stderr.on("error", () => {});
    child.stdout.on("data", (chunk: Buffer) => this.#take(child, chunk));
    this.#heard(child.stderr);
    return promise;
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const child = this.#child;
    if (child === undefined) throw new SdkError(SdkErrorCode.NotConnected, "not connected");
    if (child.stdin.write(serializeMessage(message))) return;
    const drained = Promise.withResolvers<void>();
    child.stdin.once("drain", drained.resolve);
    await Promise.race([drained.promise, this.#exited]);
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.stdin.end();
    if (!(await this.#endsInTime())) {
      this.#signal(child, "SIGTERM");
      if (!(await this.#endsInTime())) this.#signal(child, "SIGKILL");
      await this.#exited;
    }
    this.#over(child);
  }

  #take(child: Child, chunk: Buffer): void {
    if (this.#child !== child) return;
    let lines: string[];
    try {
      lines = this.#incoming.read(chunk);
    } catch (error) {
      // Whoever writes so much is not asked to end.
      this.#signal(child, "SIGKILL");
      this.#fail(error);
      this.#over(child);
      return;
    }
    for (const line of lines) {
      try {
        this.onmessage?.(deserializeMessage(line));
      } catch (error) {
        // One line that is no message; the next one may be.
        this.#fail(error);
      }
    }
  }

  #fail(error: unknown): void {
    this.onerror?.(error instanceof Error ? error : new Error("it failed"));
  }

  #over(child: Child): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    this.onclose?.();
  }

  async #endsInTime(): Promise<boolean> {
    const late = Promise.withResolvers<false>();
    const cancel = this.#options.clock.after(GRACE_MS, () => late.resolve(false));
    const ended = await Promise.race([this.#exited.then(() => true), late.promise]);
    cancel();
    return ended;
  }

  /** Signal the program, and all that it has started. */
  #signal({ pid }: Child, signal: NodeJS.Signals): void {
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // There is nobody left.
    }
  }

  #environment(): Record<string, string> {
    const own = INHERITED.flatMap((name) => {
      const value = this.#options.env[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    return { ...Object.fromEntries(own), ...this.#program.env };
  }
}
