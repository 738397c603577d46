import { resolveAccess } from "./access.ts";
import {
  type Config,
  type DiscordConfig,
  type PlatformConfig,
  type ServedPlatform,
  servedPlatforms,
  type TelegramConfig,
  type WhatsAppConfig,
} from "./config.ts";
import { defaults } from "./defaults.ts";
import type { Settings } from "./schema.ts";

/** What the settings alone decide; paths of modules are as they were written. */
type Resolved = Omit<Config, "file" | "dataDir" | "where">;

/** Complete the settings with the defaults and with what follows from them. */
export function resolveSettings(settings: Settings): Resolved {
  const http = { token: undefined, ...defaults.http, ...settings.http };
  const platforms = Object.fromEntries(
    servedPlatforms.map((platform) => [platform, platformConfig(platform, settings, http.host)]),
  ) as Record<ServedPlatform, PlatformConfig>;
  const { enabled, botName, joinToken, allowedHosts = [] } = { ...defaults.web, ...settings.web };
  const { apiKey, baseUrl, maxRetries } = { ...defaults.anthropic, ...settings.anthropic };
  return {
    strategies: [settings.strategies ?? []].flat(),
    strategy: settings.strategy ?? defaults.strategy,
    threads: settings.threads ?? defaults.threads,
    addressing: settings.addressing ?? defaults.addressing,
    maxAgeMs: settings.maxAgeMs ?? defaults.maxAgeMs,
    platforms,
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
    attachments: { ...defaults.attachments, ...settings.attachments },
    shutdown: { ...defaults.shutdown, ...settings.shutdown },
    log: { ...defaults.log, ...settings.log },
  };
}

function platformConfig(platform: ServedPlatform, settings: Settings, host: string): PlatformConfig {
  const own = settings[platform];
  const addressing = platform === "web" ? defaults.web.addressing : (settings.addressing ?? defaults.addressing);
  return {
    strategy: own?.strategy ?? settings.strategy ?? defaults.strategy,
    threads: own?.threads ?? settings.threads ?? defaults.threads,
    addressing: own?.addressing ?? addressing,
    access: resolveAccess(platform, settings, host),
    maxAgeMs: own?.maxAgeMs ?? settings.maxAgeMs ?? defaults.maxAgeMs,
  };
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
