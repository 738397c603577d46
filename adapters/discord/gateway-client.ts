import { setImmediate } from "node:timers/promises";
import {
  Client,
  DefaultRestOptions,
  GatewayIntentBits,
  type IShardingStrategy,
  Options,
  Partials,
  SimpleShardingStrategy,
} from "discord.js";
import type { IdentifyThrottle } from "./identify-throttle.ts";

export interface GatewayClientOptions {
  token: string;
  apiRoot: string;
  shards: "auto" | number | readonly number[];
  shardCount: number | undefined;
  throttle: IdentifyThrottle;
}

/** What discord.js may wait for a server of which it only knows that it is unavailable. */
const WAIT_FOR_GUILDS_MS = 5_000;

/** A close that the other side does not answer takes the library half a minute. */
const LONGEST_CLOSE_MS = 3_000;

type WsManager = Parameters<NonNullable<NonNullable<Client["options"]["ws"]>["buildStrategy"]>>[0];

/**
 * One discord.js client, from its login to its end. A client that has failed is never used again.
 *
 * discord.js keeps what it knows of servers, channels, roles and threads; of messages and people it keeps nothing.
 */
export class GatewayClient {
  readonly client: Client;
  readonly #token: string;
  readonly #ending = new AbortController();
  #manager: WsManager | undefined;
  #login: Promise<unknown> | undefined;
  #settled = false;

  constructor({ token, apiRoot, shards, shardCount, throttle }: GatewayClientOptions) {
    this.#token = token;
    const ending = this.#ending.signal;
    this.client = new Client({
      intents: [
        GatewayIntentBits.Guilds,
        GatewayIntentBits.GuildMessages,
        GatewayIntentBits.DirectMessages,
        GatewayIntentBits.MessageContent,
      ],
      partials: [Partials.Channel, Partials.Message],
      allowedMentions: { parse: [], repliedUser: false },
      ...shardsOf(shards, shardCount),
      makeCache: Options.cacheWithLimits(NOTHING_OF_PEOPLE),
      waitGuildTimeout: WAIT_FOR_GUILDS_MS,
      rest: {
        api: apiRoot,
        retries: 0,
        rejectOnRateLimit: () => true,
        makeRequest: (url, init) => {
          const signals = init.signal instanceof AbortSignal ? [init.signal, ending] : [ending];
          return DefaultRestOptions.makeRequest(url, { ...init, signal: AbortSignal.any(signals) });
        },
      },
      ws: {
        buildStrategy: (manager): IShardingStrategy => {
          this.#manager = manager;
          return new SimpleShardingStrategy(manager);
        },
        buildIdentifyThrottler: async (manager) => {
          const { session_start_limit } = await manager.fetchGatewayInformation();
          return throttle.for(session_start_limit.max_concurrency);
        },
      },
    });
  }

  /** Resolves once all shards are connected for the first time. */
  async login(): Promise<void> {
    this.#login = this.client.login(this.#token);
    try {
      await this.#login;
    } finally {
      this.#settled = true;
    }
  }

  /** Nothing of it remains: no connection, and none that comes later. */
  async end(): Promise<void> {
    this.#ending.abort();
    // A login under way would go on and connect: it has to come to the point where there is something to close.
    while (this.#login !== undefined && !this.#settled && this.client.ws.shards.size === 0) await setImmediate();
    // A shard that is about to connect again asks for its session first: it gets no answer.
    if (this.#manager !== undefined) this.#manager.options.retrieveSessionInfo = () => new Promise(() => {});
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, LONGEST_CLOSE_MS);
    try {
      await Promise.race([this.client.destroy(), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

const itself = (one: { id: string; client: Client<true> }) => one.id === one.client.user.id;

const NOTHING_OF_PEOPLE: Parameters<typeof Options.cacheWithLimits>[0] = {
  MessageManager: 0,
  DMMessageManager: 0,
  GuildMessageManager: 0,
  PresenceManager: 0,
  ReactionManager: 0,
  ReactionUserManager: 0,
  VoiceStateManager: 0,
  ThreadMemberManager: 0,
  GuildEmojiManager: 0,
  GuildStickerManager: 0,
  GuildScheduledEventManager: 0,
  StageInstanceManager: 0,
  GuildMemberManager: { maxSize: 0, keepOverLimit: itself },
  UserManager: { maxSize: 0, keepOverLimit: itself },
};

function shardsOf(shards: GatewayClientOptions["shards"], shardCount: number | undefined) {
  if (shards === "auto") return { shards };
  if (typeof shards === "number") {
    return { shards: Array.from({ length: shards }, (_, id) => id), shardCount: shardCount ?? shards };
  }
  return { shards: [...shards], shardCount: shardCount ?? Math.max(...shards) + 1 };
}
