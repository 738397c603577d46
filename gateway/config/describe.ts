import type { Config, PlatformAccess, PlatformConfig } from "./config.ts";
import { joiningOf } from "./joining.ts";

/** What was configured, for people who want to see it before they start: one line each, without secrets. */
export function describeConfig(config: Config): string[] {
  const { agent, anthropic, http, runs, queue, attachments } = config;
  const server = anthropic.baseUrl === undefined ? "" : `, at ${hostOf(anthropic.baseUrl)}`;
  return [
    `file: ${config.file ?? "none"}`,
    `data: ${config.dataDir}`,
    `http: ${http.host}, ${http.port === 0 ? "any free port" : `port ${http.port}`}, ${ownToken(http.token)}`,
    anthropic.apiKey === undefined
      ? `agent: ${agent.name}, offline (set ANTHROPIC_API_KEY for ${agent.model})`
      : `agent: ${agent.name}, ${agent.model}, API key set${server}`,
    `prompt: ${agent.prompt === undefined ? "built-in" : "configured"}`,
    ...config.strategies.map((path) => `strategies from: ${path}`),
    ...describeDiscord(config),
    ...describeTelegram(config),
    ...describeWhatsApp(config),
    ...describeWeb(config),
    `owners: ${config.owners.length === 0 ? "none" : config.owners.join(", ")}`,
    `allowed: ${count(config.allow.users.length, "user")}, ${count(config.allow.chats.length, "chat")}`,
    `runs: ${runs.max} at a time, ${runs.timeoutMs} ms each, ${count(runs.maxAttempts, "attempt")}`,
    `queue: ${queue.maxWaitingPerUser} waiting per user, parts awaited for ${queue.settleMs} ms`,
    `attachments: ${attachments.maxPerTurn} per turn, ${attachments.maxBytes} bytes each`,
    `shutdown: ${config.shutdown.graceMs} ms`,
    `log: ${config.log.level}`,
  ];
}

function describeDiscord({ discord, platforms }: Config): string[] {
  if (discord === undefined) return ["discord: off (no token)"];
  const { apiRoot, shards, shardCount, drafts } = discord;
  const server = apiRoot === "https://discord.com/api" ? "" : `, by way of ${hostOf(apiRoot)}`;
  const held = typeof shards === "object" ? `${shards.join(", ")} of ${shardCount}` : shards;
  return [
    `discord: shards ${held}, ${drafts ? "answers shown while written" : "answers shown when complete"}, token set${server}`,
    `discord: ${describePlatform(platforms.discord)}`,
  ];
}

function describeTelegram({ telegram, platforms }: Config): string[] {
  if (telegram === undefined) return ["telegram: off (no token)"];
  const { apiRoot, mode, webhook } = telegram;
  const at = webhook === undefined ? "" : ` at ${hostOf(webhook.url)}`;
  const server = apiRoot === "https://api.telegram.org" ? "" : `, by way of ${hostOf(apiRoot)}`;
  return [`telegram: ${mode}${at}, token set${server}`, `telegram: ${describePlatform(platforms.telegram)}`];
}

function describeWhatsApp({ whatsapp, platforms }: Config): string[] {
  if (whatsapp === undefined) return ["whatsapp: off"];
  const { wsUrl, readReceipts, typing, pacing } = whatsapp;
  const server = wsUrl === "wss://web.whatsapp.com/ws/chat" ? "" : `, by way of ${hostOf(wsUrl)}`;
  const shown = [readReceipts ? "read receipts" : "no read receipts", typing ? "shows typing" : "shows no typing"];
  const pace = pacing === undefined ? "answers at once" : `writes ${pacing.charsPerSecond} characters a second`;
  return [`whatsapp: on, ${shown.join(", ")}, ${pace}${server}`, `whatsapp: ${describePlatform(platforms.whatsapp)}`];
}

function describeWeb(config: Config): string[] {
  const { web, platforms } = config;
  if (!web.enabled) return ["web: off"];
  const lines = [
    `web: on, as ${web.botName}, join token ${web.joinToken === undefined ? "not set" : "set"}`,
    `web: ${describePlatform(platforms.web)}`,
  ];
  const joining = joiningOf(config);
  if (joining === "anybody") lines.push("web: anybody who reaches the port can join; set web.joinToken to prevent it");
  if (joining === "nobody") lines.push("web: nobody can join; set web.joinToken");
  return lines;
}

function describePlatform({ strategy, threads, addressing, access }: PlatformConfig): string {
  const answers = addressing === "always" ? "answers everything" : "answers when addressed";
  return `strategy ${strategy}, threads ${threads}, ${answers}, access ${describeAccess(access)}`;
}

function describeAccess({ dm, groups }: PlatformAccess): string {
  return dm === groups ? dm : `${dm} in direct messages, ${groups} in groups`;
}

function ownToken(token: string | undefined): string {
  return token === undefined ? "token made at first start" : "token set";
}

/** Whatever else an address holds may be a secret. */
function hostOf(address: string): string {
  return URL.parse(address)?.host ?? "another host";
}

function count(many: number, what: string): string {
  return `${many} ${what}${many === 1 ? "" : "s"}`;
}
