import type { McpServer } from "../../agents/mcp/options.ts";
import type { ChatSettings, SettingName } from "../../sessions/settings.ts";
import type { Place } from "./problems.ts";

/** Everything that can be configured, complete and checked. Frozen. Times are milliseconds. */
export interface Config {
  /** The file that was read, absolute; `undefined` if there is none. */
  readonly file: string | undefined;
  /** Absolute. */
  readonly dataDir: string;
  /** Modules that export strategies, absolute, in the order of the file. */
  readonly strategies: readonly string[];

  /** Per platform, with all that is built in or said for every platform taken into account. */
  readonly platforms: Readonly<Record<ServedPlatform, PlatformConfig>>;
  /** The same before it was put together, as text; `levels.ts` reads it. */
  readonly settings: {
    /** What is built in, and what the top of the file says in its place. */
    readonly general: PerKind<SettingTexts>;
    /** What each platform's section says. */
    readonly own: Readonly<Record<ServedPlatform, PerKind<SettingTexts>>>;
  };
  readonly limits: {
    /** The share of a limit from which on people are told that little is left. */
    readonly warnAt: number;
  };
  readonly retention: {
    /** What is older is erased; `undefined`: nothing is. */
    readonly days: number | undefined;
  };

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
  readonly outbox: {
    /** So many failures of the platform's own park a delivery. */
    readonly maxFailures: number;
  };
  readonly context: {
    /** Of messages that did not address the bot, an answer is shown so many, in so many tokens, none that is older. */
    readonly ambientMessages: number;
    readonly ambientTokens: number;
    readonly ambientMaxAgeMs: number;
    /** How long summing up a conversation may take. */
    readonly compactionTimeoutMs: number;
  };
  /** How long the author of a turn may think about whether a tool may run. */
  readonly approvals: { readonly timeoutMs: number };
  readonly attachments: {
    /** Of one picture or PDF. */
    readonly maxBytes: number;
    readonly maxPerTurn: number;
    /** Of one text file. */
    readonly maxTextBytes: number;
    /** What turns voice notes into text; `undefined`: nothing does. */
    readonly transcriber: TranscriberConfig | undefined;
  };
  /** Servers of tools. */
  readonly mcp: readonly McpServer[];
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

/**
 * `pairing`: whoever is not known yet may ask, and an owner lets them in. `allowlist`: nobody may ask. `open`: everybody is
 * answered. `off`: nobody is, owners neither.
 */
export type AccessMode = "pairing" | "allowlist" | "open" | "off";
export type LogLevel = "silent" | "fatal" | "error" | "warn" | "info" | "debug" | "trace";

/** A value for direct messages, and one for groups and channels. */
export interface PerKind<Value> {
  readonly dm: Value;
  readonly groups: Value;
}

export type PlatformAccess = PerKind<AccessMode>;

/**
 * What holds on a platform before anybody sets anything there: `model` only if the platform's section names one, a limit
 * only if there is one. Strategies' names are not checked: only the registry knows them all.
 */
export interface PlatformConfig extends PerKind<Readonly<ChatSettings>> {
  readonly access: PlatformAccess;
}

/** Settings in the spelling in which they are stored; those that nobody chose are left out. */
export type SettingTexts = Readonly<Partial<Record<SettingName, string>>>;

export interface AgentConfig {
  readonly name: string;
  readonly model: string;
  /** `undefined`: the built-in one. */
  readonly prompt: string | undefined;
  /** What the model can take in at once. */
  readonly contextTokens: number;
  readonly maxTokens: number;
  readonly maxSteps: number;
}

/** A command that gets a recording on standard input and writes what is said in it to standard output. */
export interface TranscriberConfig {
  /** Program and arguments; no shell reads them. */
  readonly command: readonly string[];
  readonly timeoutMs: number;
  /** Larger recordings are not given to it. */
  readonly maxBytes: number;
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
