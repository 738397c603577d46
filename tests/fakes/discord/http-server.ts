import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { ApiAnswer, ApiRequest } from "./api-request.ts";
import type { Fault, Faults } from "./faults.ts";
import type { PostedFile } from "./posted.ts";
import { Refusal } from "./refusal.ts";
import { readBody } from "./request-body.ts";

const API = "/api/v10";

export interface ApiCall {
  method: string;
  /** Below `/api/v10`, without the query. */
  path: string;
  query: Record<string, string>;
  /** JSON, or the JSON part of a form. */
  body: Record<string, unknown>;
  /** Of the answer, once it was given. */
  status?: number;
}

export interface HttpOptions {
  token: string;
  faults: Faults;
  /** A call has arrived. */
  note(call: ApiCall): void;
  /** It was answered, or will never be. */
  noteEnd(): void;
  /** @throws Refusal */
  answer(call: Omit<ApiRequest, "params"> & { method: string; path: string; authorized: boolean }): ApiAnswer;
  file(path: string): PostedFile | undefined;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** The one port of the fake: REST, files, and the door to the gateway. */
export class HttpServer {
  readonly #options: HttpOptions;
  readonly #server: Server;

  constructor(options: HttpOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      // A client that went away in the middle of its request is no fault of the fake's.
      this.#handle(request, response).catch(() => response.destroy());
    });
    this.#server.on("upgrade", (request, socket, head) => options.upgrade(request, socket, head));
  }

  /** @returns the address without a path */
  async listen(): Promise<string> {
    await new Promise<void>((listening) => this.#server.listen(0, "127.0.0.1", listening));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? "/", "http://fake");
    if (!pathname.startsWith(`${API}/`)) return this.#sendFile(response, pathname);
    const { body, files } = await readBody(request);
    const { method = "GET" } = request;
    const path = pathname.slice(API.length);
    const call: ApiCall = { method, path, query: Object.fromEntries(query), body };
    const authorized = request.headers.authorization === `Bot ${this.#options.token}`;
    const { faults } = this.#options;
    this.#options.note(call);
    await faults.pass(method, path, "call");
    const fault = faults.take(method, path);
    if (fault !== undefined && fault.after !== "lost") goWrong(response, fault);
    else {
      const answer = this.#answer({ method, path, query, body, files, authorized });
      await faults.pass(method, path, "answer");
      if (fault?.after === "lost") response.destroy();
      else send(response, answer);
    }
    if (!response.destroyed) call.status = response.statusCode;
    this.#options.noteEnd();
  }

  #answer(call: Parameters<HttpOptions["answer"]>[0]): ApiAnswer {
    try {
      return this.#options.answer(call);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, code, message, errors } = error;
      return { status, body: { message, code, ...(errors !== undefined && { errors }) } };
    }
  }

  #sendFile(response: ServerResponse, path: string): void {
    const file = this.#options.file(path);
    if (file?.bytes === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "content-type": file.mimeType ?? "application/octet-stream" }).end(file.bytes);
  }
}

function goWrong(response: ServerResponse, fault: Fault): void {
  const { status, code = 0, message = "made to fail" } = fault;
  if (status === undefined) response.destroy();
  else if (status === 429) limit(response, fault);
  else send(response, { status, body: { message, code } });
}

/** @see https://discord.com/developers/docs/topics/rate-limits#header-format */
function limit(response: ServerResponse, { retryAfterMs = 1000, scope = "user", code = 0 }: Fault): void {
  const seconds = retryAfterMs / 1000;
  const global = scope === "global";
  const headers = {
    "retry-after": String(seconds),
    "x-ratelimit-scope": scope,
    ...(global
      ? { "x-ratelimit-global": "true" }
      : {
          "x-ratelimit-limit": "5",
          "x-ratelimit-remaining": "0",
          "x-ratelimit-reset-after": String(seconds),
          "x-ratelimit-bucket": "fake-bucket",
        }),
  };
  const body = { message: "You are being rate limited.", retry_after: seconds, global, ...(code !== 0 && { code }) };
  send(response, { status: 429, body }, headers);
}

function send(response: ServerResponse, { status, body }: ApiAnswer, headers: Record<string, string> = {}): void {
  if (body === undefined) response.writeHead(status, headers).end();
  else response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}
