import { basename } from "node:path";
import type { McpServer } from "../../agents/mcp/options.ts";
import type { Config, TranscriberConfig } from "./config.ts";
import { describeChats, describeLimits, describePlatform } from "./describe-chats.ts";
import { joiningOf } from "./joining.ts";

/** What was configured, for people who want to see it before they start: one line each, without secrets. */
export function describeConfig(config: Config): string[] {
  const { agent, anthropic, http, retention, runs, queue, outbox, context, attachments } = config;
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
    `chats: ${describeChats(config)}`,
    ...describeDiscord(config),
    ...describeTelegram(config),
    ...describeWhatsApp(config),
    ...describeWeb(config),
    `owners: ${config.owners.length === 0 ? "none" : config.owners.join(", ")}`,
    `allowed: ${count(config.allow.users.length, "user")}, ${count(config.allow.chats.length, "chat")}`,
    `limits: ${describeLimits(config)}`,
    `retention: ${retention.days === undefined ? "kept for ever" : count(retention.days, "day")}`,
    `runs: ${runs.max} at a time, ${runs.timeoutMs} ms each, ${count(runs.maxAttempts, "attempt")}`,
    `queue: ${queue.maxWaitingPerUser} waiting per user, parts awaited for ${queue.settleMs} ms`,
    `outbox: parked after ${count(outbox.maxFailures, "failure")}`,
    `context: ${count(context.ambientMessages, "message")} from beside a conversation in ${count(context.ambientTokens, "token")}, none older than ${context.ambientMaxAgeMs} ms, summing up for ${context.compactionTimeoutMs} ms`,
    `approvals: awaited for ${config.approvals.timeoutMs} ms`,
    `attachments: ${attachments.maxPerTurn} per turn, ${attachments.maxBytes} bytes each, text files ${attachments.maxTextBytes} bytes`,
    `transcriber: ${describeTranscriber(attachments.transcriber)}`,
    ...config.mcp.map(describeMcp),
    `shutdown: ${config.shutdown.graceMs} ms`,
    `log: ${config.log.level}`,
  ];
}

/** The program alone: its arguments may hold a key. */
function describeTranscriber(transcriber: TranscriberConfig | undefined): string {
  if (transcriber === undefined) return "none";
  const { command, maxBytes, timeoutMs } = transcriber;
  return `${command[0]}, up to ${maxBytes} bytes, ${timeoutMs} ms each`;
}

function describeDiscord(config: Config): string[] {
  const { discord } = config;
  if (discord === undefined) return ["discord: off (no token)"];
  const { apiRoot, shards, shardCount, drafts } = discord;
  const server = apiRoot === "https://discord.com/api" ? "" : `, by way of ${hostOf(apiRoot)}`;
  const held = typeof shards === "object" ? `${shards.join(", ")} of ${shardCount}` : shards;
  return [
    `discord: shards ${held}, ${drafts ? "answers shown while written" : "answers shown when complete"}, token set${server}`,
    `discord: ${describePlatform(config, "discord")}`,
  ];
}

function describeTelegram(config: Config): string[] {
  const { telegram } = config;
  if (telegram === undefined) return ["telegram: off (no token)"];
  const { apiRoot, mode, webhook } = telegram;
  const at = webhook === undefined ? "" : ` at ${hostOf(webhook.url)}`;
  const server = apiRoot === "https://api.telegram.org" ? "" : `, by way of ${hostOf(apiRoot)}`;
  return [`telegram: ${mode}${at}, token set${server}`, `telegram: ${describePlatform(config, "telegram")}`];
}

function describeWhatsApp(config: Config): string[] {
  const { whatsapp } = config;
  if (whatsapp === undefined) return ["whatsapp: off"];
  const { wsUrl, readReceipts, typing, pacing } = whatsapp;
  const server = wsUrl === "wss://web.whatsapp.com/ws/chat" ? "" : `, by way of ${hostOf(wsUrl)}`;
  const shown = [readReceipts ? "read receipts" : "no read receipts", typing ? "shows typing" : "shows no typing"];
  const pace = pacing === undefined ? "answers at once" : `writes ${pacing.charsPerSecond} characters a second`;
  return [`whatsapp: on, ${shown.join(", ")}, ${pace}${server}`, `whatsapp: ${describePlatform(config, "whatsapp")}`];
}

function describeWeb(config: Config): string[] {
  const { web } = config;
  if (!web.enabled) return ["web: off"];
  const lines = [
    `web: on, as ${web.botName}, join token ${web.joinToken === undefined ? "not set" : "set"}`,
    `web: ${describePlatform(config, "web")}`,
  ];
  const joining = joiningOf(config);
  if (joining === "anybody") lines.push("web: anybody who reaches the port can join; set web.joinToken to prevent it");
  if (joining === "nobody") lines.push("web: nobody can join; set web.joinToken");
  return lines;
}

/** Arguments, variables and headers may hold secrets. */
function describeMcp({ name, reach, ask }: McpServer): string {
  const at = reach.kind === "address" ? `at ${hostOf(reach.url)}` : `the program ${basename(reach.command)}`;
  const asks = { always: "always asks", never: "never asks", writes: "asks unless a tool only reads" }[ask];
  return `tools from ${name}: ${at}, ${asks}`;
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
