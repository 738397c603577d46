import { resolveAccess } from "./access.ts";
import { chatSettings, onEveryPlatform, writtenSettings } from "./chat-settings.ts";
import type { Config, DiscordConfig, TelegramConfig, TranscriberConfig, WhatsAppConfig } from "./config.ts";
import { defaults } from "./defaults.ts";
import { mcpServers } from "./mcp.ts";
import type { Settings } from "./schema.ts";

/** What the settings alone decide; paths of modules and folders are as they were written. */
type Resolved = Omit<Config, "file" | "dataDir" | "where">;

/** Complete the settings with the defaults and with what follows from them. */
export function resolveSettings(settings: Settings): Resolved {
  const http = { token: undefined, ...defaults.http, ...settings.http };
  const texts = writtenSettings(settings);
  const platforms = onEveryPlatform((platform) => ({
    access: resolveAccess(platform, settings, http.host),
    dm: chatSettings(texts, platform, "dm"),
    groups: chatSettings(texts, platform, "groups"),
  }));
  const { enabled, botName, joinToken, allowedHosts = [] } = { ...defaults.web, ...settings.web };
  const { apiKey, baseUrl, maxRetries } = { ...defaults.anthropic, ...settings.anthropic };
  return {
    strategies: [settings.strategies ?? []].flat(),
    platforms,
    settings: texts,
    limits: { warnAt: settings.limits?.warnAt ?? defaults.limits.warnAt },
    retention: { days: settings.retention?.days },
    owners: settings.owners ?? [],
    allow: { users: settings.allow?.users ?? [], chats: settings.allow?.chats ?? [] },
    agent: { prompt: undefined, ...defaults.agent, ...settings.agent },
    anthropic: { apiKey, baseUrl: withoutSlash(baseUrl), maxRetries },
    discord: discordConfig(settings.discord),
    telegram: telegramConfig(settings.telegram),
    whatsapp: whatsappConfig(settings.whatsapp),
    web: { enabled, botName, joinToken, allowedHosts },
    http,
    runs: { ...defaults.runs, ...settings.runs },
    queue: { ...defaults.queue, ...settings.queue },
    outbox: { ...defaults.outbox, ...settings.outbox },
    context: { ...defaults.context, ...settings.context },
    approvals: { ...defaults.approvals, ...settings.approvals },
    attachments: { ...defaults.attachments, ...settings.attachments, transcriber: transcriberConfig(settings) },
    mcp: mcpServers(settings.mcp),
    shutdown: { ...defaults.shutdown, ...settings.shutdown },
    log: { ...defaults.log, ...settings.log },
  };
}

function transcriberConfig({ attachments }: Settings): TranscriberConfig | undefined {
  const {
    command = [],
    timeoutMs,
    maxBytes,
  } = {
    ...defaults.attachments.transcriber,
    ...attachments?.transcriber,
  };
  return command.length === 0 ? undefined : { command, timeoutMs, maxBytes };
}

function discordConfig(settings: Settings["discord"]): DiscordConfig | undefined {
  const { token, apiRoot, shards, shardCount, threadArchiveMinutes, pingOnReply, drafts } = {
    shardCount: undefined,
    ...defaults.discord,
    ...settings,
  };
  if (token === undefined) return undefined;
  return { token, apiRoot: withoutSlash(apiRoot), shards, shardCount, threadArchiveMinutes, pingOnReply, drafts };
}

function telegramConfig(settings: Settings["telegram"]): TelegramConfig | undefined {
  const { token, apiRoot, mode, webhook } = { ...defaults.telegram, ...settings };
  if (token === undefined) return undefined;
  const url = mode === "webhook" ? webhook?.url : undefined;
  return {
    token,
    apiRoot: withoutSlash(apiRoot),
    mode,
    webhook: url === undefined ? undefined : { url, secret: webhook?.secret },
  };
}

function whatsappConfig(settings: Settings["whatsapp"]): WhatsAppConfig | undefined {
  const { enabled, wsUrl, deviceName, readReceipts, typing, pacing } = { ...defaults.whatsapp, ...settings };
  if (settings === undefined || !enabled) return undefined;
  return {
    wsUrl,
    deviceName,
    readReceipts,
    typing,
    pacing: pacing === "off" ? undefined : { ...defaults.whatsapp.pacing, ...pacing },
  };
}

function withoutSlash<Address extends string | undefined>(address: Address): Address;
function withoutSlash(address: string | undefined): string | undefined {
  return address?.replace(/\/+$/, "");
}
