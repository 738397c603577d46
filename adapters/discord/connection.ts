import { type Client, Events, type GatewayDispatchPayload } from "discord.js";
import { AdapterConfigError, type AdapterState } from "../adapter.ts";
import type { Backoff, Sleep } from "../backoff.ts";
import { endedBy, type Failure, failedLogin } from "./connection-failure.ts";
import { GatewayClient, type GatewayClientOptions } from "./gateway-client.ts";
import { IdentifyThrottle } from "./identify-throttle.ts";

export interface ConnectionOptions extends Omit<GatewayClientOptions, "throttle"> {
  /** Everything that Discord tells, in its order, before discord.js has looked at it. */
  onPayload(payload: GatewayDispatchPayload, shard: { id: number; client: Client }): void;
  onState(state: AdapterState): void;
  /** How long `start` waits for the first attempt. */
  startTimeoutMs: number;
  backoff: Backoff;
  sleep: Sleep;
  now: () => number;
}

/** What is wrong with the configuration takes its time to be mended, and Discord counts the attempts of a day. */
const LONG_PAUSE_MS = 15 * 60_000;
const LONGEST_PAUSE_MS = 6 * 60 * 60_000;

/**
 * Keeps one discord.js client connected; when one has come to its end, waits and starts over with a fresh one.
 *
 * Within its life a client resumes, identifies anew and notices dead connections by itself: of that, only the states of
 * its shards are reported. Only the first attempt, if it ends in good time, can tell the caller that the configuration
 * is wrong; later, the same is a state to report. A server that is unavailable is no state at all.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #throttle: IdentifyThrottle;
  readonly #stopping = new AbortController();
  readonly #connected = Promise.withResolvers<void>();
  #current: GatewayClient | undefined;
  /** Shards that listen, of the current client. */
  readonly #up = new Set<number>();
  #running: Promise<void> = Promise.resolve();
  #life: Promise<unknown> = Promise.resolve();
  #reported: string | undefined;
  /** How often in a row Discord has refused the configuration. */
  #refusals = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#throttle = new IdentifyThrottle(options);
  }

  /** Undefined between two attempts. What it has cached is valid for as long as it is the current one. */
  get client(): Client | undefined {
    return this.#current?.client;
  }

  /** @throws AdapterConfigError */
  async start(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const first = this.#live();
    this.#life = first;
    const failure = await this.#inGoodTime(first);
    if (failure instanceof AdapterConfigError) throw failure;
    this.#running = this.#keepRunning(first);
  }

  /** Resolves when nothing of the connection is left. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    // A start that is still waiting for its first attempt.
    await this.#life;
  }

  /** What the first attempt came to; if it takes too long, that is reported, and it goes on. */
  async #inGoodTime(first: Promise<Failure | undefined>): Promise<Failure | undefined> {
    const { startTimeoutMs } = this.#options;
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => {
      this.#report({ ready: false, reason: `Discord has not answered within ${startTimeoutMs} ms, still waiting` });
      late.resolve(undefined);
    }, startTimeoutMs);
    try {
      return await Promise.race([first, this.#connected.promise.then(() => undefined), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #keepRunning(first: Promise<Failure | undefined>): Promise<void> {
    const { signal } = this.#stopping;
    let life = first;
    for (;;) {
      const failure = await life;
      if (failure === undefined || signal.aborted) return;
      const refused = failure instanceof AdapterConfigError;
      this.#report({ ready: false, reason: refused ? failure.message : failure.reason });
      await this.#options.sleep(this.#pauseAfter(failure), signal);
      if (signal.aborted) return;
      life = this.#live();
      this.#life = life;
    }
  }

  #pauseAfter(failure: Failure): number {
    const { backoff } = this.#options;
    if (!(failure instanceof AdapterConfigError)) return backoff.next(failure.retryAfterMs);
    // Once may be a moment's confusion.
    if (this.#refusals++ === 0) return backoff.next();
    return Math.min(LONG_PAUSE_MS * 2 ** (this.#refusals - 2), LONGEST_PAUSE_MS);
  }

  /** One client's life. Resolves with what ended it; with nothing if it was told to stop. */
  async #live(): Promise<Failure | undefined> {
    const { signal } = this.#stopping;
    const { promise: over, resolve: end } = Promise.withResolvers<Failure | undefined>();
    const gateway = new GatewayClient({ ...this.#options, throttle: this.#throttle });
    const stop = () => end(undefined);
    signal.addEventListener("abort", stop, { once: true });
    this.#current = gateway;
    this.#up.clear();
    this.#listen(gateway.client, end);
    gateway.login().catch((error: unknown) => end(failedLogin(error)));
    const failure = await over;
    signal.removeEventListener("abort", stop);
    this.#current = undefined;
    await gateway.end();
    return failure;
  }

  #listen(client: Client, end: (failure: Failure) => void): void {
    const mine = () => this.#current?.client === client;
    client.on(Events.Raw, (payload: GatewayDispatchPayload, id: number) => {
      if (!mine()) return;
      if (payload.t === "READY" || payload.t === "RESUMED") this.#shardIsUp(client, id);
      this.#options.onPayload(payload, { id, client });
    });
    client.on(Events.ShardReconnecting, (id) => {
      if (mine()) this.#shardIsDown(client, id);
    });
    client.on(Events.ShardDisconnect, ({ code }) => {
      if (mine()) end(endedBy(code));
    });
    client.on(Events.Invalidated, () => end({ reason: "Discord ended the session, connecting anew" }));
    // What comes of these shows in the states of the shards.
    for (const event of [Events.Error, Events.Warn, Events.ShardError] as const) client.on(event, () => {});
  }

  #shardIsUp(client: Client, id: number): void {
    this.#up.add(id);
    if (this.#up.size < shardIds(client).length) return;
    this.#options.backoff.reset();
    this.#refusals = 0;
    this.#report({ ready: true });
    this.#connected.resolve();
  }

  #shardIsDown(client: Client, id: number): void {
    this.#up.delete(id);
    const all = shardIds(client);
    const down = all.filter((each) => !this.#up.has(each));
    if (all.length === 1) this.#report({ ready: false, reason: "the connection to Discord was lost, reconnecting" });
    else this.#report({ ready: false, reason: `${naming(down)} reconnecting` });
  }

  /** Operators hear of changes, not of every attempt. */
  #report(state: AdapterState): void {
    const seen = JSON.stringify(state);
    if (seen === this.#reported) return;
    this.#reported = seen;
    this.#options.onState(state);
  }
}

/** Those that the client holds, once it is connected. */
function shardIds({ options: { shards } }: Client): readonly number[] {
  return Array.isArray(shards) ? shards : [];
}

function naming(shards: readonly number[]): string {
  const last = shards.at(-1);
  return shards.length === 1 ? `shard ${last} is` : `shards ${shards.slice(0, -1).join(", ")} and ${last} are`;
}
