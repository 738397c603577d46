import { Client, type Transport } from "@modelcontextprotocol/client";
import { z } from "zod";
import { abortable } from "../abort.ts";
import { MAX_TOOLS } from "./definitions.ts";
import type { McpSurroundings } from "./options.ts";

/** How long a server may take to greet, and to list its tools. */
const ANSWER_MS = 30_000;
/** Of a server that ends its list on no page. */
const MAX_PAGES = 50;
/** The client library measures time by itself; here the clock does. */
export const NEVER_MS = 2_147_483_647;
/** How long a server may take to say goodbye. */
const GOODBYE_MS = 1_000;

/** The generation of the protocol that a server is greeted in: `auto` asks it first, which costs a second start of a program. */
export type Greeting = "legacy" | "auto";

const toolPage = z.object({ tools: z.array(z.unknown()), nextCursor: z.string().optional().catch(undefined) });

/** One connection to a server, from its greeting to its end; there is no way back to life. */
export class Link {
  readonly client: Client;
  readonly #transport: Transport;
  readonly #clock: McpSurroundings["clock"];
  readonly #end = Promise.withResolvers<unknown>();
  #hasEnded = false;

  private constructor(client: Client, transport: Transport, clock: McpSurroundings["clock"]) {
    this.client = client;
    this.#transport = transport;
    this.#clock = clock;
    client.onclose = () => this.lose(undefined);
  }

  /**
   * Greet a server.
   *
   * @param changed called when the server says that its tools are others now
   * @throws whatever the client library throws, once nothing is left of the connection
   */
  static async open(
    transport: Transport,
    greeting: Greeting,
    { clock, version }: Pick<McpSurroundings, "clock" | "version">,
    signal: AbortSignal,
    changed: () => void,
  ): Promise<Link> {
    const client = new Client(
      { name: "parley", version },
      {
        capabilities: {},
        versionNegotiation: { mode: greeting },
        inputRequired: { autoFulfill: false },
        listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: changed } },
      },
    );
    const link = new Link(client, transport, clock);
    try {
      await link.within(ANSWER_MS, signal, (patience) =>
        client.connect(transport, { signal: patience, timeout: NEVER_MS }),
      );
      return link;
    } catch (error) {
      await transport.close().catch(() => {});
      await link.close();
      throw error;
    }
  }

  /** Resolves with the error that ended it, or undefined if there was none. */
  get ended(): Promise<unknown> {
    return this.#end.promise;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Give it up: whoever waits for its end goes on. */
  lose(error: unknown): void {
    this.#hasEnded = true;
    this.#end.resolve(error);
  }

  /** What the server says its tools are, none of it checked; at most one more than can be used. */
  async tools(signal: AbortSignal): Promise<unknown[]> {
    if (this.client.getServerCapabilities()?.tools === undefined) return [];
    return this.within(ANSWER_MS, signal, async (patience) => {
      const listed: unknown[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < MAX_PAGES && listed.length <= MAX_TOOLS; page++) {
        const params = cursor === undefined ? {} : { cursor };
        const options = { signal: patience, timeout: NEVER_MS };
        const { tools, nextCursor } = await this.client.request({ method: "tools/list", params }, toolPage, options);
        listed.push(...tools.slice(0, MAX_TOOLS + 1));
        if (nextCursor === undefined || nextCursor === cursor) break;
        cursor = nextCursor;
      }
      return listed;
    });
  }

  /**
   * Do something that the clock bounds.
   *
   * @param signal ends it as well
   * @throws AgentError `aborted` if either ends it; the work's own signal tells which one it was
   */
  async within<T>(ms: number, signal: AbortSignal, work: (patience: AbortSignal) => Promise<T>): Promise<T> {
    const patience = new AbortController();
    const stop = () => patience.abort("cancelled");
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const cancel = this.#clock.after(ms, () => patience.abort("out of time"));
    try {
      return await abortable(work(patience.signal), patience.signal);
    } finally {
      cancel();
      signal.removeEventListener("abort", stop);
    }
  }

  /** Take leave and let go. A program that does not end then is ended. Never rejects. */
  async close(): Promise<void> {
    this.lose(undefined);
    const leaving = new AbortController();
    if ("terminateSession" in this.#transport && typeof this.#transport.terminateSession === "function") {
      const goodbye = this.#transport.terminateSession.bind(this.#transport);
      await this.within(GOODBYE_MS, leaving.signal, async () => goodbye()).catch(() => {});
    }
    await this.client.close().catch(() => {});
  }
}
