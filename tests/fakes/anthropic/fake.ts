import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Exchange } from "./exchange.ts";
import { Gate, type HoldOptions } from "./gate.ts";
import { PromptCache } from "./prompt-cache.ts";
import { type FakeRequest, lastUserText, toolResults } from "./request.ts";
import { compaction, message, type Step, text } from "./steps.ts";
import { Watch } from "./watch.ts";

export type Responder = (request: FakeRequest) => Step | string | Promise<Step | string>;

export interface FakeOptions {
  /** Requests with another key get 401. Default: any key is good. */
  apiKey?: string;
  /** Whether the API knows the beta of compaction. Default true. */
  compacts?: boolean;
  /** What the lifetime of what is cached goes by, epoch ms. Default: the system's clock. */
  now?: () => number;
}

/**
 * A Messages API on 127.0.0.1: streams, refuses invalid requests, counts tokens and caches prompts as the real one does.
 *
 * Answers come from the script as long as it lasts, in the order in which requests arrive; after that from the
 * responder, which by default repeats what it heard. Only requests that the API would take consume an answer; requests for a
 * compaction have a responder of their own.
 *
 * @see https://platform.claude.com/docs/en/api/messages
 */
export class FakeAnthropic implements AsyncDisposable {
  /** All requests, in the order of their arrival. */
  readonly requests: FakeRequest[] = [];
  /** The most requests that were in flight at one time. */
  maxInFlight = 0;
  readonly #server: Server;
  readonly #apiKey: string | undefined;
  readonly #watch = new Watch();
  readonly #cache: PromptCache;
  readonly #compacts: boolean;
  readonly #gates = new Set<Gate>();
  readonly #script: Step[] = [];
  readonly #failures: unknown[] = [];
  #responder: Responder = echo;
  #summariser: Responder = summary;
  #ids = 0;
  #port = 0;

  static async start(options: FakeOptions = {}): Promise<FakeAnthropic> {
    const fake = new FakeAnthropic(options);
    const listening = Promise.withResolvers<void>();
    fake.#server.once("error", listening.reject).listen(0, "127.0.0.1", listening.resolve);
    await listening.promise;
    fake.#port = (fake.#server.address() as AddressInfo).port;
    return fake;
  }

  private constructor({ apiKey, compacts = true, now = Date.now }: FakeOptions) {
    this.#apiKey = apiKey;
    this.#compacts = compacts;
    this.#cache = new PromptCache(now);
    this.#server = createServer((incoming, response) => {
      const exchange = new Exchange(incoming, response, {
        apiKey: this.#apiKey,
        cache: this.#cache,
        compacts: this.#compacts,
        gates: this.#gates,
        nextIndex: () => this.requests.length,
        newId: (prefix) => `${prefix}_fake${++this.#ids}`,
        arrived: (request) => this.#arrived(request),
        answer: (request) => this.#answer(request),
        failed: (error) => this.#failures.push(error),
      });
      exchange.serve().catch((error) => this.#failures.push(error));
    });
  }

  /** For the SDK's `baseURL` and for `ANTHROPIC_BASE_URL`. */
  get baseURL(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get inFlight(): number {
    return this.requests.filter(({ inFlight }) => inFlight).length;
  }

  /** Steps of the script that nothing has asked for yet. */
  get unused(): number {
    return this.#script.length;
  }

  /** Add answers to the script; a string is a text. */
  script(...steps: Array<Step | string>): void {
    this.#script.push(...steps.map(toStep));
  }

  /** Add a text to the script. */
  reply(answer: string): void {
    this.script(answer);
  }

  /** Compute the answers that the script does not give. */
  respond(responder: Responder): void {
    this.#responder = responder;
  }

  /** Compute what compactions come to; a string is the summary. Default: how many messages there were. */
  summarise(responder: Responder): void {
    this.#summariser = responder;
  }

  /** Hold responses, before they begin or in mid-stream, until `release`. */
  hold(options: HoldOptions = {}): Gate {
    const gate = new Gate(options);
    this.#gates.add(gate);
    return gate;
  }

  /** The first request of which this is true, past or to come. */
  waitForRequest(predicate: (request: FakeRequest) => boolean = () => true): Promise<FakeRequest> {
    return this.#watch.until(() => this.requests.find(predicate), "the awaited request");
  }

  /** Resolves once at least so many requests have arrived, retries included. */
  async waitForRequests(count: number): Promise<FakeRequest[]> {
    const enough = () => (this.requests.length >= count ? this.requests.slice(0, count) : undefined);
    return await this.#watch.until(enough, `${count} requests`);
  }

  /** Resolves once exactly so many requests are in flight. */
  async waitForInFlight(count: number): Promise<void> {
    await this.#watch.until(() => (this.inFlight === count ? true : undefined), `${count} requests in flight`);
  }

  /** Ends every connection. @throws AggregateError if a responder of the test threw */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = Promise.withResolvers<void>();
    this.#server.close(() => closed.resolve());
    // Before the gates open: a held response must not be completed now.
    this.#server.closeAllConnections();
    this.#watch.close();
    for (const gate of this.#gates) gate.close();
    await closed.promise;
    if (this.#failures.length > 0) throw new AggregateError(this.#failures, "the fake's responder failed");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #arrived(request: FakeRequest): void {
    this.requests.push(request);
    this.maxInFlight = Math.max(this.maxInFlight, this.inFlight);
    request.ended.then(() => this.#watch.notify());
    this.#watch.notify();
  }

  async #answer(request: FakeRequest): Promise<Step> {
    if (request.body.compaction != null) {
      const step = await this.#summariser(request);
      return typeof step === "string" ? compaction(step) : step;
    }
    return this.#script.shift() ?? toStep(await this.#responder(request));
  }
}

function toStep(step: Step | string): Step {
  return typeof step === "string" ? message([text(step)]) : step;
}

function summary({ body }: FakeRequest): string {
  return `A summary of ${body.messages.length} messages.`;
}

function echo({ body }: FakeRequest): string {
  const results = toolResults(body).map(({ content }) => (typeof content === "string" ? content : ""));
  return results.length > 0 ? `The tool said: ${results.join("; ")}` : `You said: ${lastUserText(body)}`;
}
