import { ANY_NAME } from "./path.ts";
import type { Settings } from "./schema.ts";

/** What counts where neither the file nor the environment says anything. The web chat's access is in `access.ts`. */
export const defaults = {
  strategy: "per-user",
  threads: "per-user",
  addressing: "mention",
  busy: "collect",
  compaction: { dm: 0.85, groups: 0.6 },
  compactionTokens: 200_000,
  ambient: "off",
  tools: "all",
  maxAgeMs: 43_200_000,
  access: { dm: "pairing", groups: "pairing" },
  limits: { warnAt: 0.8 },
  agent: { name: "main", model: "claude-sonnet-5-5", contextTokens: 200_000, maxTokens: 8192, maxSteps: 25 },
  anthropic: { maxRetries: 2 },
  discord: {
    apiRoot: "https://discord.com/api",
    shards: "auto",
    threadArchiveMinutes: 1440,
    pingOnReply: false,
    drafts: true,
  },
  telegram: { apiRoot: "https://api.telegram.org", mode: "polling" },
  whatsapp: {
    enabled: true,
    wsUrl: "wss://web.whatsapp.com/ws/chat",
    deviceName: "Parley",
    readReceipts: true,
    typing: true,
    pacing: { charsPerSecond: 60, maxMs: 3_000, gapMs: 300 },
  },
  web: { enabled: true, botName: "parley", addressing: "always" },
  http: { host: "127.0.0.1", port: 8787 },
  runs: { max: 16, timeoutMs: 600_000, maxAttempts: 3 },
  queue: { maxWaitingPerUser: 20, settleMs: 1000 },
  outbox: { maxFailures: 20 },
  context: { ambientMessages: 20, ambientTokens: 2_000, ambientMaxAgeMs: 3_600_000, compactionTimeoutMs: 120_000 },
  approvals: { timeoutMs: 120_000 },
  attachments: {
    maxBytes: 5_000_000,
    maxPerTurn: 10,
    maxTextBytes: 200_000,
    transcriber: { timeoutMs: 60_000, maxBytes: 20_000_000 },
  },
  mcp: { [ANY_NAME]: { ask: "writes", timeoutMs: 60_000, maxOutputChars: 20_000 } },
  shutdown: { graceMs: 20_000 },
  log: { level: "info" },
} as const satisfies Settings;

/** Relative to the working directory. */
export const DEFAULT_FILE = "parley.yaml";
export const DEFAULT_DATA_DIR = "data";
