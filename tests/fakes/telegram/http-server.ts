import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Fault, Faults } from "./faults.ts";
import { readBody } from "./request-body.ts";
import { Refusal } from "./wire.ts";

export interface HttpOptions {
  token: string;
  faults: Faults;
  /** A call with the right token has arrived. */
  note(method: string, payload: Record<string, unknown>): void;
  /** @throws Refusal */
  call(method: string, payload: Record<string, unknown>, gone: AbortSignal): Promise<unknown>;
  /** The bytes under a path of `getFile`. */
  file(path: string): Uint8Array | undefined;
}

/** The HTTP side of the Bot API: addresses, tokens, answers, and what goes wrong with them. */
export class HttpServer {
  readonly #options: HttpOptions;
  readonly #server: Server;
  /** What has not been answered yet, by method. */
  readonly #open = new Map<ServerResponse, string>();

  constructor(options: HttpOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      // A client that went away in the middle of its request is no fault of the fake's.
      this.#handle(request, response).catch(() => response.destroy());
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((listening) => this.#server.listen(0, "127.0.0.1", listening));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Cut the connections of the calls of a method that wait for their answers. */
  cut(method: string): void {
    for (const [response, called] of [...this.#open]) if (called === method) response.destroy();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", "http://fake");
    const [, isFile, token, rest = ""] = /^\/(file\/)?bot(\d+:[^/]+)\/(.+)$/.exec(pathname) ?? [];
    const payload = await readBody(request);
    if (token === undefined) return refuse(response, new Refusal(404, "Not Found"));
    if (decodeURIComponent(token) !== this.#options.token) return refuse(response, new Refusal(401, "Unauthorized"));
    if (isFile !== undefined) return this.#sendFile(response, decodeURIComponent(rest));
    await this.#answer(rest, payload, response);
  }

  #sendFile(response: ServerResponse, path: string): void {
    const bytes = this.#options.file(path);
    if (bytes === undefined) refuse(response, new Refusal(404, "Not Found"));
    else response.writeHead(200, { "content-type": "application/octet-stream" }).end(bytes);
  }

  async #answer(method: string, payload: Record<string, unknown>, response: ServerResponse): Promise<void> {
    const { faults, note, call } = this.#options;
    note(method, payload);
    const gone = new AbortController();
    this.#open.set(response, method);
    response.once("close", () => {
      this.#open.delete(response);
      gone.abort();
    });
    await faults.pass(method);
    // Whoever hung up while nobody was listening was not heard.
    if (gone.signal.aborted) return;
    const fault = faults.take(method);
    if (fault !== undefined && fault.when !== "after") return goWrong(response, fault);
    try {
      const result = await call(method, payload, gone.signal);
      if (fault !== undefined) return goWrong(response, fault);
      sendJson(response, 200, { ok: true, result });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refuse(response, error);
    }
  }
}

function goWrong(response: ServerResponse, fault: Fault): void {
  const { status, description = "made to fail", retryAfter, parameters, body } = fault;
  if (body !== undefined) response.writeHead(status ?? 200).end(body);
  else if (status === undefined) response.destroy();
  else {
    const told = { ...parameters, ...(retryAfter !== undefined && { retry_after: retryAfter }) };
    refuse(response, new Refusal(status, description, told));
  }
}

function refuse(response: ServerResponse, { status, message, parameters }: Refusal): void {
  sendJson(response, status, { ok: false, error_code: status, description: message, parameters });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
