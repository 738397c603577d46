import { z } from "zod";
import { settingKind } from "../../sessions/settings.ts";
import {
  alternatives,
  expectations,
  flag,
  list,
  milliseconds,
  named,
  oneOf,
  prose,
  secret,
  section,
  share,
  socketUrl,
  url,
  whole,
  word,
} from "./values.ts";

const DAY_MS = 86_400_000;

const accessModes = ["pairing", "allowlist", "open", "off"] as const;

export const accessMode = oneOf(accessModes);

const access = z
  .union([accessMode, section({ dm: accessMode.optional(), groups: accessMode.optional() })])
  .register(expectations, {
    expected: `${alternatives(accessModes)}, or a section with dm and groups`,
    quotable: true,
  });

const strategy = word(
  /^[a-z0-9][a-z0-9-]{0,31}$/,
  "the name of a strategy: at most 32 lower case letters, digits and dashes",
);
const compactionShare = share(0.1, 0.95);
const compaction = z
  .union([compactionShare, section({ dm: compactionShare.optional(), groups: compactionShare.optional() })])
  .register(expectations, { expected: "a share from 0.1 to 0.95, or a section with dm and groups", quotable: true });

const toolName = word(/^[\w-]{1,128}$/, "the name of a tool or of a server");
const toolNames = z.array(toolName).refine((names) => {
  const written = names.every((name) => toolName.safeParse(name).success);
  return !written || settingKind("tools")?.parse(names.join(" ")) !== undefined;
});
const tools = z.union([toolName, toolNames]).register(expectations, {
  expected: '"all", "none", or a list of 1 to 100 names of tools and servers',
  quotable: true,
});

/** What counts for all platforms, and what each may decide for itself. Stored settings take the same values. */
const chatSettings = {
  strategy: strategy.optional(),
  threads: oneOf(["per-user", "shared"]).optional(),
  addressing: oneOf(["mention", "always"]).optional(),
  busy: oneOf(["collect", "steer", "interrupt"]).optional(),
  compaction: compaction.optional(),
  compactionTokens: whole(1_000).optional(),
  ambient: oneOf(["off", "recent"]).optional(),
  tools: tools.optional(),
  maxAgeMs: milliseconds(60_000).optional(),
  extraPrompt: prose(4_000).optional(),
  access: access.optional(),
};

const limit = whole(1, 1_000_000_000_000);
const ownLimit = z
  .union([limit, z.literal("none")])
  .register(expectations, { expected: `${expectations.get(limit)?.expected}, or "none"`, quotable: true });

function limits<Limit extends z.ZodType>(each: Limit) {
  return {
    userTokensPerDay: each.optional(),
    userRunsPerDay: each.optional(),
    chatTokensPerDay: each.optional(),
    chatRunsPerDay: each.optional(),
  };
}

/** Keys of every platform's section. */
export const platformSettings = {
  ...chatSettings,
  model: word(/^[\w.:/@-]{1,100}$/, "the name of a model").optional(),
  limits: section(limits(ownLimit)).optional(),
};

/** Never quoted: it may be a key. */
const argument = secret(/^[^\0]+$/, "a program or an argument: text");
const modulePath = word(/^[^\0]+$/, "the path of a module");
const userRef = word(/^(discord|telegram|web|whatsapp):\S+$/, 'a user, like "telegram:123" or "whatsapp:+4917012345"');
const chatRef = word(/^(discord|telegram|web|whatsapp):\S+$/, 'a chat, like "telegram:-1001234" or "web:lobby"');
const shards = z
  .union([z.literal("auto"), whole(1, 10_000), list(whole(0, 9_999), "a list of shard numbers")])
  .register(expectations, { expected: '"auto", a number of shards, or a list of shard numbers', quotable: true });
const pacing = z
  .union([
    z.literal("off"),
    section({
      charsPerSecond: whole(1, 100_000).optional(),
      maxMs: milliseconds(0).optional(),
      gapMs: milliseconds(0).optional(),
    }),
  ])
  .register(expectations, { expected: '"off", or a section with charsPerSecond, maxMs and gapMs', quotable: true });
const name = word(/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u, "a name: letters, digits, dots, dashes, no spaces");

const serverName = word(/^[a-z0-9-]{1,32}$/, "the name of a server: at most 32 lower case letters, digits and dashes");
const variableName = word(/^[A-Za-z_]\w{0,99}$/, "the name of a variable: letters, digits and underscores");
const headerName = word(/^[A-Za-z0-9-]{1,100}$/, "the name of a header: letters, digits and dashes");
const mcpServer = section({
  command: list(argument, 'a list, like ["npx", "-y", "some-server"]').optional(),
  env: named(variableName, secret(/^[^\0]*$/, "text"), "a section of variables with their values").optional(),
  cwd: word(/^[^\0]+$/, "the path of a folder").optional(),
  url: url().optional(),
  headers: named(
    headerName,
    secret(/^[\t\x20-\x7e]+$/, "text of plain characters"),
    "a section of headers with their values",
  ).optional(),
  ask: oneOf(["writes", "always", "never"]).optional(),
  timeoutMs: milliseconds(1).optional(),
  maxOutputChars: whole(200, 50_000).optional(),
});

/** The file, with every key that exists; all of them may be left out. Defaults are in `defaults.ts`. */
export const settingsSchema = section({
  ...chatSettings,
  limits: section({ ...limits(limit), warnAt: share(0.1, 1).optional() }).optional(),
  retention: section({ days: whole(1, 36_500).optional() }).optional(),
  strategies: z
    .union([modulePath, list(modulePath, "a list of paths of modules")])
    .register(expectations, { expected: "the path of a module, or a list of them" })
    .optional(),
  owners: list(userRef, 'a list of users, like ["telegram:123"]').optional(),
  allow: section({
    users: list(userRef, 'a list of users, like ["telegram:123"]').optional(),
    chats: list(chatRef, 'a list of chats, like ["telegram:-1001234"]').optional(),
  }).optional(),
  agent: section({
    name: name.optional(),
    model: word(/^\S+$/, "the name of a model").optional(),
    prompt: prose().optional(),
    contextTokens: whole(1_000).optional(),
    maxTokens: whole(1).optional(),
    maxSteps: whole(1, 1000).optional(),
  }).optional(),
  anthropic: section({
    apiKey: secret().optional(),
    baseUrl: url().optional(),
    maxRetries: whole(0, 20).optional(),
  }).optional(),
  discord: section({
    token: secret().optional(),
    apiRoot: url().optional(),
    shards: shards.optional(),
    shardCount: whole(1, 10_000).optional(),
    threadArchiveMinutes: z
      .union([z.literal(60), z.literal(1_440), z.literal(4_320), z.literal(10_080)])
      .register(expectations, { expected: "60, 1440, 4320 or 10080", quotable: true })
      .optional(),
    pingOnReply: flag().optional(),
    drafts: flag().optional(),
    ...platformSettings,
  }).optional(),
  telegram: section({
    token: secret().optional(),
    apiRoot: url().optional(),
    mode: oneOf(["polling", "webhook"]).optional(),
    webhook: section({
      url: url().optional(),
      secret: secret(/^[\w-]{1,256}$/, "1 to 256 letters, digits, underscores and dashes").optional(),
    }).optional(),
    ...platformSettings,
  }).optional(),
  whatsapp: section({
    enabled: flag().optional(),
    wsUrl: socketUrl().optional(),
    deviceName: word(
      /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,49}$/u,
      "a name of up to 50 letters, digits and spaces",
    ).optional(),
    readReceipts: flag().optional(),
    typing: flag().optional(),
    pacing: pacing.optional(),
    ...platformSettings,
  }).optional(),
  web: section({
    enabled: flag().optional(),
    botName: name.optional(),
    joinToken: secret().optional(),
    allowedHosts: list(
      word(/^[^\s/@]+$/, "a host name without https:// and path"),
      'a list of host names, like ["chat.example.org"]',
    ).optional(),
    ...platformSettings,
  }).optional(),
  http: section({
    host: word(/^[^\s/@]+$/, "a host name or IP address").optional(),
    port: whole(0, 65_535).optional(),
    token: secret().optional(),
  }).optional(),
  runs: section({
    max: whole(1, 10_000).optional(),
    timeoutMs: milliseconds(1).optional(),
    maxAttempts: whole(1, 100).optional(),
  }).optional(),
  queue: section({
    maxWaitingPerUser: whole(1).optional(),
    settleMs: milliseconds(0).optional(),
  }).optional(),
  outbox: section({ maxFailures: whole(1, 1_000).optional() }).optional(),
  context: section({
    ambientMessages: whole(1, 200).optional(),
    ambientTokens: whole(1, 100_000).optional(),
    ambientMaxAgeMs: milliseconds(1_000, DAY_MS).optional(),
    compactionTimeoutMs: milliseconds(1_000).optional(),
  }).optional(),
  approvals: section({ timeoutMs: milliseconds(1_000).optional() }).optional(),
  mcp: named(serverName, mcpServer, "a section with a section for each server").optional(),
  attachments: section({
    maxBytes: whole(1).optional(),
    maxPerTurn: whole(0, 1000).optional(),
    maxTextBytes: whole(1).optional(),
    transcriber: section({
      command: list(argument, 'a program with its arguments, like ["/usr/local/bin/transcribe", "--fast"]').optional(),
      timeoutMs: milliseconds(1).optional(),
      maxBytes: whole(1).optional(),
    }).optional(),
  }).optional(),
  shutdown: section({ graceMs: milliseconds(0).optional() }).optional(),
  log: section({ level: oneOf(["silent", "fatal", "error", "warn", "info", "debug", "trace"]).optional() }).optional(),
});

/** Settings that passed the schema, as they were written: without defaults. */
export type Settings = z.infer<typeof settingsSchema>;
