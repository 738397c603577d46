import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import type Anthropic from "@anthropic-ai/sdk";
import { compacted, compactionEvents, problemWithCompaction } from "./compaction.ts";
import type { Gate } from "./gate.ts";
import type { PromptCache } from "./prompt-cache.ts";
import type { Body, FakeRequest } from "./request.ts";
import { problemWith, problemWithCount } from "./rules.ts";
import { type Break, type MessageStep, type Step, status } from "./steps.ts";
import { streamEvents } from "./stream.ts";
import { inputTokens, tokensOf } from "./tokens.ts";

export interface Surroundings {
  apiKey: string | undefined;
  cache: PromptCache;
  /** Whether there is the beta of compaction. */
  compacts: boolean;
  gates: Iterable<Gate>;
  nextIndex(): number;
  newId(prefix: string): string;
  arrived(request: FakeRequest): void;
  answer(request: FakeRequest): Promise<Step>;
  /** The test's responder threw. */
  failed(error: unknown): void;
}

/** One request and its response. */
export class Exchange {
  readonly #incoming: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #around: Surroundings;
  readonly #requestId: string;

  constructor(incoming: IncomingMessage, response: ServerResponse, around: Surroundings) {
    this.#incoming = incoming;
    this.#response = response;
    this.#around = around;
    this.#requestId = around.newId("req");
  }

  async serve(): Promise<void> {
    // A client that goes away while it sends its request asked nothing.
    const body = await json(this.#incoming).catch(() => undefined);
    if (body === undefined || this.#response.destroyed) return this.#cutOff();
    const request = this.#record(body as Body);
    this.#around.arrived(request);

    const refusal = this.#refusal(request);
    if (refusal !== null) return this.#play(refusal, request);
    if (request.path === "/v1/messages/count_tokens")
      return this.#sendJson({ input_tokens: inputTokens(request.body) });

    await this.#passGates(request, undefined);
    if (!request.inFlight) return;
    let step: Step;
    try {
      step = await this.#around.answer(request);
    } catch (error) {
      this.#around.failed(error);
      step = status(500, { message: "the responder of this test failed" });
      this.#response.setHeader("x-should-retry", "false");
    }
    await this.#play(step, request);
  }

  #record(body: Body): FakeRequest {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const path = new URL(this.#incoming.url ?? "/", "http://fake").pathname;
    const { headers } = this.#incoming;
    const isCount = path.endsWith("/count_tokens");
    const request: FakeRequest = {
      index: this.#around.nextIndex(),
      arrivedAt: Date.now(),
      path,
      headers,
      body,
      problem:
        problemWithCompaction(body, headers, this.#around.compacts) ??
        (isCount ? problemWithCount(body) : problemWith(body)),
      inFlight: true,
      aborted: false,
      ended,
    };
    this.#response.once("close", () => {
      request.inFlight = false;
      request.aborted = !this.#response.writableFinished;
      resolve();
    });
    return request;
  }

  #refusal({ path, headers, problem }: FakeRequest): Step | null {
    if (this.#incoming.method !== "POST" || !["/v1/messages", "/v1/messages/count_tokens"].includes(path)) {
      return status(404);
    }
    const { apiKey } = this.#around;
    const key = headers.authorization?.replace(/^Bearer /, "") ?? headers["x-api-key"];
    if (key === undefined || key === "" || (apiKey !== undefined && key !== apiKey)) return status(401);
    if (headers["anthropic-version"] === undefined) return status(400, { message: "anthropic-version: required" });
    return problem === null ? null : status(400, { message: problem });
  }

  async #passGates(request: FakeRequest, point: number | undefined): Promise<void> {
    for (const gate of this.#around.gates) await gate.pass(request, point);
  }

  async #play(step: Step, request: FakeRequest): Promise<void> {
    switch (step.kind) {
      case "hang":
        return request.ended;
      case "reset":
        return this.#cutOff();
      case "empty":
        this.#beginStream();
        this.#response.end();
        return;
      case "status":
        for (const [name, value] of Object.entries(step.headers)) this.#response.setHeader(name, value);
        return this.#sendJson(this.#error(step.type, step.message, step.errorCode), step.status);
      case "compaction":
        return this.#compact(step.summary, request);
      case "message":
        return request.body.stream === true
          ? this.#stream(step, request)
          : this.#sendJson(this.#message(step, request));
    }
  }

  async #stream(step: MessageStep, request: FakeRequest): Promise<void> {
    const { breakAfter } = step;
    this.#beginStream();
    let deltas = 0;
    for (const event of streamEvents(this.#message(step, request), step.toolJson)) {
      await this.#passGates(request, deltas);
      if (!request.inFlight) return;
      if (event.type !== "message_start" && deltas === breakAfter?.deltas) return this.#break(breakAfter.how, request);
      this.#send(event);
      if (event.type === "content_block_delta") deltas++;
    }
    this.#response.end();
  }

  async #compact(summary: string | null, request: FakeRequest): Promise<void> {
    const content = summary === null ? [] : [{ type: "text" as const, text: summary }];
    const message = compacted(this.#message({ kind: "message", content }, request), summary);
    if (request.body.stream !== true) return this.#sendJson(message);
    this.#beginStream();
    for (const event of compactionEvents(message)) {
      await this.#passGates(request, 0);
      if (!request.inFlight) return;
      this.#send(event);
    }
    this.#response.end();
  }

  async #break(how: Break, request: FakeRequest): Promise<void> {
    if (how === "hang") return request.ended;
    if (how === "reset") return this.#cutOff();
    if (how !== "end") this.#send(this.#error(how, "it broke off"));
    this.#response.end();
  }

  #message(step: MessageStep, request: FakeRequest): Anthropic.Message {
    const { body } = request;
    request.cost = this.#around.cache.count(body);
    const content = step.content.map((block): Anthropic.ContentBlock => {
      if (block.type === "text") return { ...block, citations: null };
      if (block.type === "thinking") return block;
      return { ...block, id: block.id ?? this.#around.newId("toolu"), caller: { type: "direct" } };
    });
    return {
      id: this.#around.newId("msg"),
      type: "message",
      role: "assistant",
      model: body.model,
      content,
      container: null,
      diagnostics: null,
      stop_details: null,
      stop_reason: step.stopReason ?? (content.some(({ type }) => type === "tool_use") ? "tool_use" : "end_turn"),
      stop_sequence: null,
      usage: {
        ...request.cost,
        output_tokens: content.length === 0 ? 1 : tokensOf(JSON.stringify(step.content)),
        cache_creation: null,
        inference_geo: null,
        output_tokens_details: null,
        server_tool_use: null,
        service_tier: "standard",
        speed: null,
      },
    };
  }

  #error(type: string, message: string, errorCode?: string) {
    const details = errorCode === undefined ? null : { error_code: errorCode };
    return { type: "error", error: { type, message, details }, request_id: this.#requestId } as const;
  }

  #beginStream(): void {
    this.#response.writeHead(200, { "content-type": "text/event-stream", "request-id": this.#requestId });
    this.#response.flushHeaders();
  }

  #send(event: { type: string }): void {
    this.#response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  }

  #sendJson(body: object, status = 200): void {
    this.#response.writeHead(status, { "content-type": "application/json", "request-id": this.#requestId });
    this.#response.end(JSON.stringify(body));
  }

  #cutOff(): void {
    this.#incoming.socket.resetAndDestroy();
  }
}
