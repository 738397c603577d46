import { ProtocolError } from "@modelcontextprotocol/client";
import type { Tool } from "../agent.ts";
import type { ToolServer } from "../tool-list.ts";
import { callTool } from "./call.ts";
import { type Definition, definitionsOf, type LeftOut } from "./definitions.ts";
import { GONE, McpError, NOT_UNDERSTOOD, reasonOf } from "./failure.ts";
import { type Greeting, Link } from "./link.ts";
import type { McpServer, McpSurroundings } from "./options.ts";
import { transportTo } from "./transport.ts";

export interface ServerStatus extends ToolServer {
  leftOut: readonly LeftOut[];
  /** Also while it is not connected: what it had last. */
  tools: readonly Tool[];
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** Who was connected for so long starts with a short pause again. */
const STEADY_MS = 60_000;
/** Several changes in a row are looked at together. */
const CHANGES_MS = 500;
/** An address says nothing when it is gone, and may have no way to say that its tools have changed: it is asked this often. */
const LOOK_MS = 60_000;

/**
 * Keeps one server connected for as long as it lives: connects in the background, again and again with growing pauses, and
 * lists its tools again when they change. Nothing that a server does or fails to do throws here or reaches another server.
 *
 * States: trying -> connected -> pausing -> trying …, until closed. The tools that a server had last stay listed while it is
 * away: calls then fail at once, and the list, with what a provider has cached of it, stays the same.
 */
export class Connection {
  readonly server: McpServer;
  readonly #around: McpSurroundings;
  readonly #closing = new AbortController();
  readonly #tried = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;
  #link: Link | undefined;
  /** Whether the present process, if it is one, has heard of any call. */
  #hasCalled = false;
  #problem: string | undefined;
  #listed = "";
  #tools: readonly Tool[] = [];
  #leftOut: readonly LeftOut[] = [];
  #cancelLook: (() => void) | undefined;
  #looking = false;
  #changed: () => void;

  /** @param changed called when the tools are others now */
  constructor(server: McpServer, around: McpSurroundings, changed: () => void = () => {}) {
    this.server = server;
    this.#around = around;
    this.#changed = changed;
  }

  get status(): ServerStatus {
    return {
      name: this.server.name,
      connected: this.#link !== undefined,
      problem: this.#problem,
      tools: this.#tools,
      leftOut: this.#leftOut,
    };
  }

  /** Resolves once it is connected, or once both ways of greeting it have failed. */
  get tried(): Promise<void> {
    return this.#tried.promise;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is left of it. Never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    this.#tried.resolve();
  }

  async #run(): Promise<void> {
    const { clock, random, log } = this.#around;
    const { name } = this.server;
    let failures = 0;
    let greeting: Greeting = "legacy";
    while (!this.#closing.signal.aborted) {
      const began = clock.elapsed();
      const connected = await this.#liveOnce(greeting);
      if (this.#closing.signal.aborted) return;
      if (connected && clock.elapsed() - began > STEADY_MS) failures = 0;
      // Servers that speak only the newer protocol do not understand the older greeting, and the other way round.
      if (!connected) greeting = greeting === "legacy" ? "auto" : "legacy";
      if (++failures >= 2) this.#tried.resolve();
      log[failures <= 2 ? "warn" : "debug"]({ server: name, reason: this.#problem }, "a tool server is out of reach");
      const longest = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 16), LONGEST_PAUSE_MS);
      await this.#pause(Math.round(longest * (1 - random() / 2)));
    }
  }

  /** One connection, from greeting to end. @returns whether there was one */
  async #liveOnce(greeting: Greeting): Promise<boolean> {
    const { signal } = this.#closing;
    let link: Link | undefined;
    let hasChanged = false;
    const change = () => {
      hasChanged = true;
      this.#lookIn(CHANGES_MS);
    };
    try {
      this.#hasCalled = false;
      const transport = transportTo(this.server, this.#around, () => this.#hasCalled);
      link = await Link.open(transport, greeting, this.#around, signal, change);
      this.#take(await link.tools(signal));
      this.#link = link;
      this.#problem = undefined;
      this.#around.log.info({ server: this.server.name, tools: this.#tools.length }, "a tool server is connected");
      this.#tried.resolve();
      // What it told of while it was being listed for the first time may be in that list or not.
      if (hasChanged) this.#lookIn(CHANGES_MS);
      else if (this.server.reach.kind === "address") this.#lookIn(LOOK_MS);
      const stop = () => link?.lose(undefined);
      signal.addEventListener("abort", stop, { once: true });
      if (signal.aborted) stop();
      this.#problem = reasonOf(await link.ended);
      signal.removeEventListener("abort", stop);
      return true;
    } catch (error) {
      const reason = reasonOf(error);
      // Of a program that ends at once, the newer greeting knows less than the older one.
      if (reason !== NOT_UNDERSTOOD || this.#problem !== GONE) this.#problem = reason;
      return false;
    } finally {
      this.#link = undefined;
      this.#cancelLook?.();
      this.#cancelLook = undefined;
      await link?.close();
    }
  }

  /** List the tools again, that much later. */
  #lookIn(ms: number): void {
    this.#cancelLook?.();
    this.#cancelLook = this.#around.clock.after(ms, () => {
      this.#cancelLook = undefined;
      if (this.#looking) this.#lookIn(CHANGES_MS);
      else void this.#look();
    });
  }

  async #look(): Promise<void> {
    const link = this.#link;
    if (link === undefined) return;
    this.#looking = true;
    try {
      const listed = await link.tools(this.#closing.signal);
      if (this.#link === link) this.#take(listed);
    } catch (error) {
      // A server that refuses to list keeps what it had; one that does not answer is gone.
      if (!(error instanceof ProtocolError)) link.lose(error);
    } finally {
      this.#looking = false;
      const again = this.#link === link && this.server.reach.kind === "address" && this.#cancelLook === undefined;
      if (again) this.#lookIn(LOOK_MS);
    }
  }

  #take(listed: readonly unknown[]): void {
    const { name } = this.server;
    const { definitions, leftOut } = definitionsOf(name, listed);
    const summary = JSON.stringify([definitions, leftOut]);
    if (summary === this.#listed) return;
    this.#listed = summary;
    this.#leftOut = leftOut;
    this.#tools = definitions.map((definition) => this.#tool(definition));
    const reasons = [...new Set(leftOut.map(({ reason }) => reason))].slice(0, 10);
    if (leftOut.length > 0) {
      this.#around.log.warn({ server: name, leftOut: leftOut.length, reasons }, "tools of a server cannot be used");
    }
    this.#changed();
  }

  #tool(definition: Definition): Tool {
    const { name, description, inputSchema, readOnly, idempotent } = definition;
    const { ask } = this.server;
    return {
      name,
      description,
      inputSchema,
      idempotent,
      asks: ask === "always" || (ask === "writes" && !readOnly),
      server: this.server.name,
      run: (input, { signal }) => this.#call(definition, input, signal),
    };
  }

  async #call(definition: Definition, input: unknown, signal: AbortSignal): Promise<string> {
    const link = this.#link;
    if (link === undefined || link.hasEnded) {
      throw new McpError("unreachable", "the server of this tool is out of reach now; nothing was done");
    }
    this.#hasCalled = true;
    try {
      return await callTool(link, this.server, definition, input, signal);
    } catch (error) {
      // It may hang: if it does not list its tools either, it is given up.
      if (error instanceof McpError && error.code === "timeout" && link === this.#link) this.#lookIn(CHANGES_MS);
      // Of a program the end is noticed by itself.
      if (error instanceof McpError && error.code === "lost") link.lose(error.cause);
      throw error;
    }
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#around.clock.after(ms, resolve);
    const { signal } = this.#closing;
    const stop = () => resolve();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    await promise;
    signal.removeEventListener("abort", stop);
    cancel();
  }
}
