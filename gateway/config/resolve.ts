import { resolveAccess } from "./access.ts";
import type { Config, PlatformConfig, TelegramConfig } from "./config.ts";
import { defaults } from "./defaults.ts";
import type { Settings } from "./schema.ts";

/** What the settings alone decide; paths of modules are as they were written. */
type Resolved = Omit<Config, "file" | "dataDir" | "where">;

/** Complete the settings with the defaults and with what follows from them. */
export function resolveSettings(settings: Settings): Resolved {
  const http = { token: undefined, ...defaults.http, ...settings.http };
  const platforms = {
    telegram: platformConfig("telegram", settings, http.host),
    web: platformConfig("web", settings, http.host),
  };
  const { enabled, botName, joinToken, allowedHosts = [] } = { ...defaults.web, ...settings.web };
  const { apiKey, baseUrl, maxRetries } = { ...defaults.anthropic, ...settings.anthropic };
  return {
    strategies: [settings.strategies ?? []].flat(),
    strategy: settings.strategy ?? defaults.strategy,
    threads: settings.threads ?? defaults.threads,
    addressing: settings.addressing ?? defaults.addressing,
    platforms,
    access: { telegram: platforms.telegram.access, web: platforms.web.access },
    owners: settings.owners ?? [],
    allow: { users: settings.allow?.users ?? [], chats: settings.allow?.chats ?? [] },
    agent: { prompt: undefined, ...defaults.agent, ...settings.agent },
    anthropic: { apiKey, baseUrl: withoutSlash(baseUrl), maxRetries },
    telegram: telegramConfig(settings.telegram),
    web: { enabled, botName, joinToken, allowedHosts },
    http,
    runs: { ...defaults.runs, ...settings.runs },
    queue: { ...defaults.queue, ...settings.queue },
    attachments: { ...defaults.attachments, ...settings.attachments },
    shutdown: { ...defaults.shutdown, ...settings.shutdown },
    log: { ...defaults.log, ...settings.log },
  };
}

function platformConfig(platform: "telegram" | "web", settings: Settings, host: string): PlatformConfig {
  const own = settings[platform];
  const addressing = platform === "web" ? defaults.web.addressing : (settings.addressing ?? defaults.addressing);
  return {
    strategy: own?.strategy ?? settings.strategy ?? defaults.strategy,
    threads: own?.threads ?? settings.threads ?? defaults.threads,
    addressing: own?.addressing ?? addressing,
    access: resolveAccess(platform, settings, host),
  };
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

function withoutSlash<Address extends string | undefined>(address: Address): Address;
function withoutSlash(address: string | undefined): string | undefined {
  return address?.replace(/\/+$/, "");
}
