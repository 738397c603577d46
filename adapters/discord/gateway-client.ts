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
  /** Something that discord.js could not digest. */
  onMalformed(error: unknown): void;
}

/** Discord lets a bot begin only so many sessions a day. */
export class StartsUsedUpError extends Error {
  readonly code = "starts-used-up";
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super("Discord lets the bot connect only so many times a day, which are used up");
    this.name = "StartsUsedUpError";
    this.retryAfterMs = Math.min(retryAfterMs, DAY_MS);
  }
}

const DAY_MS = 24 * 60 * 60_000;

/** What discord.js may wait for a server of which it only knows that it is unavailable. */
const WAIT_FOR_GUILDS_MS = 5_000;

/** A close that the other side does not answer takes the library half a minute. */
const LONGEST_CLOSE_MS = 3_000;

/**
 * What discord.js keeps its knowledge of servers, channels, roles, threads and the bot's own membership from. The rest it
 * would read for nothing, and it throws at much that is not just as expected.
 */
const KEPT: ReadonlySet<string | null> = new Set([
  "READY",
  "RESUMED",
  ...["GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE", "GUILD_MEMBER_UPDATE"],
  ...["GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE", "GUILD_ROLE_DELETE"],
  ...["CHANNEL_CREATE", "CHANNEL_UPDATE", "CHANNEL_DELETE"],
  ...["THREAD_CREATE", "THREAD_UPDATE", "THREAD_DELETE", "THREAD_LIST_SYNC"],
]);

type GatewayInformation = Awaited<ReturnType<WsManager["fetchGatewayInformation"]>>;

/** For a platform that does not tell. */
const UNLIMITED: GatewayInformation["session_start_limit"] = {
  ...{ total: 1_000, remaining: 1_000, reset_after: 0, max_concurrency: 1 },
};

/** How discord.js takes one event in, at once or, for those that have to wait for it to be ready, later. */
interface PacketHandling {
  handlePacket(packet?: { t: string | null }, shard?: unknown): boolean;
}

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
  readonly #onMalformed: (error: unknown) => void;
  #manager: WsManager | undefined;
  #login: Promise<unknown> | undefined;
  #settled = false;
  #startLimit: { remaining: number; reset_after: number } | undefined;

  constructor({ token, apiRoot, shards, shardCount, throttle, onMalformed }: GatewayClientOptions) {
    this.#token = token;
    this.#onMalformed = onMalformed;
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
          this.#oversee(manager);
          return new SimpleShardingStrategy(manager);
        },
        buildIdentifyThrottler: async (manager) => {
          const { session_start_limit } = await manager.fetchGatewayInformation();
          return throttle.for(session_start_limit.max_concurrency);
        },
      },
    });
    this.#limitHandling();
  }

  /** Resolves once all shards are connected for the first time. @throws StartsUsedUpError */
  async login(): Promise<void> {
    this.#login = this.client.login(this.#token);
    try {
      await this.#login;
    } catch (error) {
      const { shards } = this.client.options;
      const wanted = Array.isArray(shards) ? shards.length : 1;
      const { remaining = wanted, reset_after = 0 } = this.#startLimit ?? {};
      throw remaining < wanted ? new StartsUsedUpError(reset_after) : error;
    } finally {
      this.#settled = true;
    }
  }

  /** What discord.js throws while it takes an event in would end the process. */
  #limitHandling(): void {
    const ws = this.client.ws as unknown as PacketHandling;
    const handle = ws.handlePacket.bind(ws);
    ws.handlePacket = (packet, shard) => {
      if (packet !== undefined && !KEPT.has(packet.t)) return true;
      return this.#tolerating(() => handle(packet, shard)) ?? false;
    };
  }

  #oversee(manager: WsManager): void {
    const ask = manager.fetchGatewayInformation.bind(manager);
    manager.fetchGatewayInformation = async (force) => {
      const { session_start_limit = UNLIMITED, ...rest }: Partial<GatewayInformation> = await ask(force);
      this.#startLimit = session_start_limit;
      return { ...rest, session_start_limit } as GatewayInformation;
    };
    const emit: (...event: Parameters<WsManager["emit"]>) => boolean = manager.emit.bind(manager);
    manager.emit = (...event: Parameters<WsManager["emit"]>) => this.#tolerating(() => emit(...event)) ?? false;
  }

  #tolerating<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#onMalformed(error);
      return undefined;
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
