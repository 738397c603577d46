import type { Place } from "./problems.ts";

/** Everything that can be configured, complete and checked. Frozen. Times are milliseconds. */
export interface Config {
  /** The file that was read, absolute; `undefined` if there is none. */
  readonly file: string | undefined;
  /** Absolute. */
  readonly dataDir: string;
  /** Modules that export strategies, absolute, in the order of the file. */
  readonly strategies: readonly string[];

  /** What counts where a platform says nothing. The name is not checked: only the registry knows all strategies. */
  readonly strategy: string;
  readonly threads: Threads;
  readonly addressing: Addressing;
  /** Older messages are not answered, and older answers not sent. */
  readonly maxAgeMs: number;
  /** Per platform, with everything above taken into account. */
  readonly platforms: Readonly<Record<ServedPlatform, PlatformConfig>>;

  /** `platform:userId`, as in `telegram:123`. */
  readonly owners: readonly string[];
  readonly allow: {
    /** `platform:userId` */
    readonly users: readonly string[];
    /** `platform:chatId` */
    readonly chats: readonly string[];
  };

  readonly agent: AgentConfig;
  readonly anthropic: AnthropicConfig;
  /** `undefined` unless a token is known. */
  readonly discord: DiscordConfig | undefined;
  /** `undefined` unless a token is known. */
  readonly telegram: TelegramConfig | undefined;
  /** `undefined` unless it is switched on. */
  readonly whatsapp: WhatsAppConfig | undefined;
  readonly web: WebConfig;
  readonly http: HttpConfig;

  readonly runs: {
    /** At the same time, over all chats. */
    readonly max: number;
    readonly timeoutMs: number;
    readonly maxAttempts: number;
  };
  readonly queue: {
    readonly maxWaitingPerUser: number;
    /** How long further parts of an album or of a long text that the platform cut are awaited. */
    readonly settleMs: number;
  };
  readonly attachments: { readonly maxBytes: number; readonly maxPerTurn: number };
  readonly shutdown: { readonly graceMs: number };
  readonly log: { readonly level: LogLevel };

  /**
   * Where a setting comes from, for problems that only the caller can find: spread it into a `Problem`.
   *
   * @param path such as `strategy`, `telegram.strategy` or `strategies[0]`
   */
  where(path: string): Place;
}

/** Platforms that there is an adapter for. */
export const servedPlatforms = ["discord", "telegram", "web", "whatsapp"] as const;
export type ServedPlatform = (typeof servedPlatforms)[number];

export type Threads = "per-user" | "shared";
/** Whether the bot answers in groups only when addressed. */
export type Addressing = "mention" | "always";
export type AccessMode = "open" | "off" | "allowlist";
export type LogLevel = "silent" | "fatal" | "error" | "warn" | "info" | "debug" | "trace";

export interface PlatformAccess {
  readonly dm: AccessMode;
  readonly groups: AccessMode;
}

export interface PlatformConfig {
  readonly strategy: string;
  readonly threads: Threads;
  readonly addressing: Addressing;
  readonly access: PlatformAccess;
  readonly maxAgeMs: number;
}

export interface AgentConfig {
  readonly name: string;
  readonly model: string;
  /** `undefined`: the built-in one. */
  readonly prompt: string | undefined;
  readonly maxTokens: number;
  readonly maxSteps: number;
}

export interface AnthropicConfig {
  /** `undefined`: there is no key, and the agent is the offline one. */
  readonly apiKey: string | undefined;
  /** `undefined`: the SDK's own. Without a slash at its end. */
  readonly baseUrl: string | undefined;
  readonly maxRetries: number;
}

export interface DiscordConfig {
  readonly token: string;
  /** Without a slash at its end. */
  readonly apiRoot: string;
  /** Which ones this process holds: as many as Discord advises, all of so many, or just these. */
  readonly shards: "auto" | number | readonly number[];
  /** Of all processes together; defined if `shards` is a list. */
  readonly shardCount: number | undefined;
  /** After so long without a message Discord puts a thread away. */
  readonly threadArchiveMinutes: 60 | 1440 | 4320 | 10080;
  /** Whether an answer pings whom it answers. */
  readonly pingOnReply: boolean;
  /** Whether answers are shown while they are written. */
  readonly drafts: boolean;
}

export interface TelegramConfig {
  readonly token: string;
  /** Without a slash at its end. */
  readonly apiRoot: string;
  readonly mode: "polling" | "webhook";
  /** Defined if, and only if, the mode is `webhook`. */
  readonly webhook: { readonly url: string; readonly secret: string | undefined } | undefined;
}

export interface WhatsAppConfig {
  readonly wsUrl: string;
  /** What the phone's list of linked devices calls this one. */
  readonly deviceName: string;
  /** Whether people see that their message was read. */
  readonly readReceipts: boolean;
  /** Whether people see that an answer is being written. */
  readonly typing: boolean;
  /** `undefined`: answers are sent as soon as they are there. */
  readonly pacing: { readonly charsPerSecond: number; readonly maxMs: number; readonly gapMs: number } | undefined;
}

export interface WebConfig {
  readonly enabled: boolean;
  readonly botName: string;
  /** Who shows it may join; `undefined`: nobody can join where access is `allowlist`. */
  readonly joinToken: string | undefined;
  /** Host names under which the server is reached, beside its own address. */
  readonly allowedHosts: readonly string[];
}

export interface HttpConfig {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** `undefined`: one is made and stored at the first start. */
  readonly token: string | undefined;
}
