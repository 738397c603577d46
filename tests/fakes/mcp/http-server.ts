import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { createMcpHandler, WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import { kitchen } from "./kitchen.ts";

type Handler = (request: Request) => Promise<Response>;

/** The kitchen over streamable HTTP, on a port of this machine. */
export class HttpKitchen {
  /** Of every request, in order. */
  readonly requests: Array<{ method: string; headers: Headers }> = [];
  readonly #server: Server;
  readonly #forget: () => void;
  #refusal: number | undefined;

  private constructor(server: Server, forget: () => void) {
    this.#server = server;
    this.#forget = forget;
  }

  /** @param kind `sessions`: as servers of the older protocol do it; `modern`: nothing but the newer one */
  static async open(kind: "sessions" | "stateless" | "modern" = "sessions"): Promise<HttpKitchen> {
    const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
    const handle: Handler = kind === "sessions" ? inSessions(sessions) : inOneGo(kind);
    const server = createServer(
      getRequestListener(async (request) => {
        fake.requests.push({ method: request.method, headers: request.headers });
        return fake.#refusal === undefined ? handle(request) : new Response("SECRET-BODY", { status: fake.#refusal });
      }),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const fake = new HttpKitchen(server, () => sessions.clear());
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/mcp`;
  }

  /** As after a restart: whoever was known is not any more. */
  forget(): void {
    this.#forget();
  }

  /** Answer everything with this status; undefined ends it. */
  refuse(status: number | undefined): void {
    this.#refusal = status;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }
}

function inOneGo(kind: "stateless" | "modern"): Handler {
  const { fetch } = createMcpHandler(() => kitchen(), { legacy: kind === "modern" ? "reject" : "stateless" });
  return (request) => fetch(request);
}

function inSessions(sessions: Map<string, WebStandardStreamableHTTPServerTransport>): Handler {
  return async (request) => {
    const known = sessions.get(request.headers.get("mcp-session-id") ?? "");
    if (known !== undefined) return known.handleRequest(request);
    if (request.headers.has("mcp-session-id")) return new Response("", { status: 404 });
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, transport),
    });
    await kitchen().connect(transport);
    return transport.handleRequest(request);
  };
}
