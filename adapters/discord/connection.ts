import { type Client, Events, GatewayCloseCodes, type GatewayDispatchPayload } from "discord.js";
import { AdapterConfigError, type AdapterState } from "../adapter.ts";
import type { Backoff, Sleep } from "../backoff.ts";
import { failureOf } from "./errors.ts";
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

const WRONG_TOKEN =
  "Discord does not know the bot's token: set DISCORD_TOKEN to the one under Bot > Token in the Discord Developer Portal.";

/** Why Discord ends a connection for good. */
const FATAL: ReadonlyMap<number, string> = new Map([
  [GatewayCloseCodes.AuthenticationFailed, WRONG_TOKEN],
  [
    GatewayCloseCodes.DisallowedIntents,
    "Discord does not let the bot read messages: switch on Message Content Intent under Bot > Privileged Gateway " +
      "Intents in the Discord Developer Portal.",
  ],
  [GatewayCloseCodes.InvalidShard, "Discord refuses these shards: each number has to be below the number of shards."],
  [
    GatewayCloseCodes.ShardingRequired,
    'The bot is in too many servers for so few shards: set shards to "auto" or to more.',
  ],
  [GatewayCloseCodes.InvalidAPIVersion, "Discord does not speak this version of its gateway any more: update Parley."],
  [GatewayCloseCodes.InvalidIntents, "Discord does not know what the bot wants to hear of: update Parley."],
]);

/** Why a client came to its end: the configuration is wrong, or else a reason that may pass. */
type Failure = AdapterConfigError | { reason: string; retryAfterMs?: number };

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
    const { backoff, sleep } = this.#options;
    const { signal } = this.#stopping;
    let life = first;
    for (;;) {
      const failure = await life;
      if (failure === undefined || signal.aborted) return;
      const known = failure instanceof AdapterConfigError;
      this.#report({ ready: false, reason: known ? failure.message : failure.reason });
      await sleep(backoff.next(known ? undefined : failure.retryAfterMs), signal);
      if (signal.aborted) return;
      life = this.#live();
      this.#life = life;
    }
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

function endedBy(code: number): Failure {
  const known = FATAL.get(code);
  return known === undefined
    ? { reason: `Discord closed the connection with code ${code}, connecting anew` }
    : new AdapterConfigError(known);
}

function failedLogin(error: unknown): Failure {
  if (error instanceof Error && "code" in error && error.code === "TokenInvalid") {
    return new AdapterConfigError(WRONG_TOKEN);
  }
  const { message, refusal } = failureOf("connecting", error);
  const reason = `Discord is out of reach, trying again: ${message}`;
  return refusal?.retryAfterMs === undefined ? { reason } : { reason, retryAfterMs: refusal.retryAfterMs };
}
