import { type RateLimitData, type RawFile, REST, type RouteLike } from "discord.js";
import { DiscordError, failureOf } from "./errors.ts";

export interface DiscordCall {
  method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  route: RouteLike;
  body?: unknown;
  files?: RawFile[];
  query?: Readonly<Record<string, string>>;
  /** False where the address itself is the permission, as with an interaction's. Default true. */
  auth?: boolean;
  /** Aborting ends the call. */
  signal?: AbortSignal;
}

/** What the library may wait by itself; a longer wait is the sender's to plan. */
const LONGEST_WAIT_MS = 5_000;

/**
 * discord.js's REST client with every call bounded in time, and with errors that can be logged.
 *
 * It outlives the connections to the gateway, so that what it knows of rate limits is kept, and sending works without one.
 */
export class DiscordApi {
  readonly #rest: REST;
  readonly #token: string;
  readonly #timeoutMs: number;
  readonly #closing = new AbortController();

  constructor(token: string, { apiRoot, timeoutMs = 30_000 }: { apiRoot: string; timeoutMs?: number }) {
    this.#token = token;
    this.#timeoutMs = timeoutMs;
    this.#rest = new REST({
      api: apiRoot,
      // Whoever calls knows better whether doing it again is safe.
      retries: 0,
      timeout: timeoutMs,
      rejectOnRateLimit: ({ retryAfter, timeToReset }: RateLimitData) =>
        Math.max(retryAfter, timeToReset) > LONGEST_WAIT_MS,
    });
  }

  /**
   * @param what the call is to do, for errors ("sending a message")
   * @throws DiscordError
   */
  async call<T = unknown>(what: string, { signal, query, ...request }: DiscordCall): Promise<T> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), this.#timeoutMs);
    const signals = [timeout.signal, this.#closing.signal];
    const bound = AbortSignal.any(signal === undefined ? signals : [...signals, signal]);
    const begun = !bound.aborted;
    try {
      bound.throwIfAborted();
      // After one 401 the library would forget the token for good.
      this.#rest.setToken(this.#token);
      const answer = this.#rest.request({
        fullRoute: request.route,
        // The library's type for it is an enum of the same strings.
        method: request.method as Parameters<REST["request"]>[0]["method"],
        body: request.body,
        auth: request.auth ?? true,
        signal: bound,
        ...(request.files !== undefined && { files: request.files }),
        ...(query !== undefined && { query: new URLSearchParams(query) }),
      });
      return (await Promise.race([answer, interruption(bound)])) as T;
    } catch (error) {
      if (timeout.signal.aborted) throw new DiscordError(what, `no answer within ${this.#timeoutMs} ms`);
      throw failureOf(what, error, { begun });
    } finally {
      clearTimeout(timer);
      // Lets go of the listener of `interruption`.
      timeout.abort();
    }
  }

  /** End all calls under way; later ones fail at once. */
  close(): void {
    this.#closing.abort();
    this.#rest.clearHashSweeper();
    this.#rest.clearHandlerSweeper();
  }
}

/** The library sits out a rate limit without looking at the signal. */
function interruption(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  signal.addEventListener("abort", () => reject(new DOMException("interrupted", "AbortError")), { once: true });
  return promise;
}
