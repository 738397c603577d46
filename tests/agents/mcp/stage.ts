import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import type { Tool, ToolContext } from "../../../agents/agent.ts";
import { Connection } from "../../../agents/mcp/connection.ts";
import type { McpLog, McpServer, McpSurroundings } from "../../../agents/mcp/options.ts";
import { VirtualClock } from "../../../sessions/virtual-clock.ts";
import { Bell } from "../../fakes/bell.ts";
import { ann } from "../requests.ts";

const fakes = join(import.meta.dirname, "../../fakes/mcp");

/** What connections work with in tests, and all that they have logged. */
export class McpStage {
  readonly clock = new VirtualClock(0);
  readonly logged: Array<{ level: string; fields: object; message: string }> = [];
  readonly #bell = new Bell();
  readonly around: McpSurroundings;

  constructor(env: Record<string, string> = {}) {
    const note = (level: string) => (fields: object, message: string) => {
      this.logged.push({ level, fields, message });
      this.#bell.ring();
    };
    const log: McpLog = { debug: note("debug"), info: note("info"), warn: note("warn") };
    this.around = {
      clock: this.clock,
      log,
      random: () => 0,
      env: { PATH: process.env.PATH, ...env },
      version: "1.2.3",
    };
  }

  /** A connection that is being made; it is closed after the test. */
  connect(server: Partial<McpServer>, changed?: () => void): Connection {
    const connection = new Connection(
      {
        name: "kitchen",
        reach: program("stdio-server.ts"),
        ask: "writes",
        timeoutMs: 60_000,
        maxOutputChars: 20_000,
        ...server,
      },
      this.around,
      changed,
    );
    connection.start();
    onTestFinished(() => connection.close());
    return connection;
  }

  /** One that is connected. */
  async open(server: Partial<McpServer> = {}): Promise<Connection> {
    const connection = this.connect(server);
    await connection.tried;
    if (!connection.status.connected) throw new Error(`not connected: ${connection.status.problem}`);
    return connection;
  }

  /** Resolves once so many entries of the log say this. */
  async logs(message: string, times = 1): Promise<void> {
    await this.#bell.when(() =>
      this.logged.filter((entry) => entry.message === message).length >= times ? true : undefined,
    );
  }
}

/** A script beside the fakes as a program. */
export function program(script: string, args: string[] = [], env: Record<string, string> = {}): McpServer["reach"] {
  return { kind: "program", command: process.execPath, args: [join(fakes, script), ...args], env, cwd: fakes };
}

export function address(url: string, headers: Record<string, string> = {}): McpServer["reach"] {
  return { kind: "address", url, headers };
}

/** What comes to be so, on however busy a machine. */
export function soon<T>(look: () => T) {
  return expect.poll(look, { timeout: 20_000, interval: 10 });
}

/** Call a tool by the name that the model knows. */
export function call(
  { status }: Connection,
  name: string,
  input: unknown = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<string> {
  return toolOf(status.tools, name).run(input, contextOf(signal));
}

export function toolOf(tools: readonly Tool[], name: string): Tool {
  const tool = tools.find((each) => each.name === name);
  if (tool === undefined) throw new Error(`there is no ${name} among ${tools.map((each) => each.name).join(", ")}`);
  return tool;
}

export function contextOf(signal: AbortSignal): ToolContext {
  return { signal, author: ann, isAdmin: async () => false, recall: async () => [] };
}
