import { randomBytes } from "node:crypto";

/**
 * Who may join. `loopback`: whoever reaches the port, which listens on this machine alone. `token`: whoever presents
 * the token once, when joining; for a port that others can reach. `open`: whoever reaches the port, from anywhere.
 */
export type WebAccess = { kind: "loopback" } | { kind: "token"; token: string } | { kind: "open" };

export interface WebOptions {
  /** The bot identity's configured name. Default `default`. */
  account?: string;
  /** Path of the platform's own SQLite database; made at `start`. Its folder has to exist. */
  file: string;
  /** What people write behind an `@`: letters, digits, `_` and `-`. Default `parley`. */
  botName?: string;
  /** Default `parley`. */
  botUserId?: string;
  access: WebAccess;
  /** What the page tells people: whether every message in a room is answered, or those that name the bot. Default false. */
  answersAll?: boolean;
  /**
   * Names and addresses, without port, by which browsers reach the port besides those of this machine. Without
   * any, `token` and `open` access take every name: a page that rebinds its own name has no token to join with, and
   * `open` lets everybody in anyway.
   */
  allowedHosts?: readonly string[];
  limits?: Partial<WebLimits>;
  environment?: Partial<WebEnvironment>;
}

export interface WebLimits {
  /** People who may join within one minute, all together. Default 600. */
  joinsPerMinute: number;
  /** Messages that one person may post within one minute; a message that is sent again does not count. Default 120. */
  postsPerMinute: number;
  /** Messages with files that one person may post within one minute. Default 20. */
  uploadsPerMinute: number;
  /** Bytes of files that people may send within one minute, all together. Default 200,000,000. */
  uploadBytesPerMinute: number;
  /** Bytes of all files that are kept, the bot's among them, beyond which nobody can send one. Default 1,000,000,000. */
  keptFileBytes: number;
  /** Default 10,000. */
  rooms: number;
  /** Event streams one person may hold open. Browsers open six connections at most: one stays free. Default 5. */
  streamsPerPerson: number;
  /** Changes missed beyond this many are not replayed: the client is told to load the history. Default 1,000. */
  replay: number;
  /** Time between two signs of life in an event stream. Default 15,000. */
  heartbeatMs: number;
  /** Least time between two previews of one run. Default 120. */
  previewMs: number;
}

export interface WebEnvironment {
  /** Epoch milliseconds. */
  now(): number;
  randomBytes(count: number): Uint8Array;
  /** Call back once, `ms` from now. @returns a function that calls it off */
  after(ms: number, callback: () => void): () => void;
}

/** Options with every default filled in. */
export interface WebSettings {
  account: string;
  file: string;
  botName: string;
  /** What people see beside its messages. */
  botDisplayName: string;
  botUserId: string;
  access: WebAccess;
  answersAll: boolean;
  allowedHosts: readonly string[];
  limits: WebLimits;
  environment: WebEnvironment;
}

const LIMITS: WebLimits = {
  joinsPerMinute: 600,
  postsPerMinute: 120,
  uploadsPerMinute: 20,
  uploadBytesPerMinute: 200_000_000,
  keptFileBytes: 1_000_000_000,
  rooms: 10_000,
  streamsPerPerson: 5,
  replay: 1_000,
  heartbeatMs: 15_000,
  previewMs: 120,
};

const ENVIRONMENT: WebEnvironment = {
  now: () => Date.now(),
  randomBytes: (count) => randomBytes(count),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    // A page that is open somewhere keeps no process alive.
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export function settingsOf({
  account = "default",
  file,
  botName = "parley",
  botUserId = "parley",
  access,
  answersAll = false,
  allowedHosts = [],
  limits,
  environment,
}: WebOptions): WebSettings {
  return {
    account,
    file,
    botName,
    botDisplayName: botName.charAt(0).toUpperCase() + botName.slice(1),
    botUserId,
    access,
    answersAll,
    allowedHosts: allowedHosts.map((host) => host.toLowerCase()),
    limits: { ...LIMITS, ...limits },
    environment: { ...ENVIRONMENT, ...environment },
  };
}
