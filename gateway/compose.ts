import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Adapter } from "../adapters/adapter.ts";
import type { WebAccess } from "../adapters/web/options.ts";
import type { Agent, Tool } from "../agents/agent.ts";
import { keepPrivate } from "../sessions/sqlite/database.ts";
import { openSqliteStore } from "../sessions/sqlite/store.ts";
import { StrategyRegistry } from "../strategies/index.ts";
import { loadStrategies } from "../strategies/load.ts";
import type { Config } from "./config/config.ts";
import { joiningOf } from "./config/joining.ts";
import { strategyChoices } from "./config/levels.ts";
import { ConfigError, type Problem } from "./config/problems.ts";
import { storedToken } from "./config/stored-token.ts";
import { suggest } from "./config/suggest.ts";
import type { Failpoint } from "./failpoints.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import type { Log } from "./log.ts";
import { toolsOf } from "./tools.ts";

/**
 * Build what the configuration names and start it.
 *
 * @param failpoint where the process is to end, for tests of what a crash leaves
 * @param moreTools beside those that are built in or configured, for tests of what tools may do
 * @throws ConfigError, AdapterConfigError, StoreError, NodeJS.ErrnoException
 */
export async function composeGateway(
  config: Config,
  log: Log,
  failpoint?: Failpoint,
  moreTools: readonly Tool[] = [],
): Promise<Gateway> {
  const registry = await strategiesOf(config);
  const store = openSqliteStore(config.dataDir, {
    ...(failpoint && { aroundCommit: (moment) => failpoint.reached(`commit.${moment}`) }),
  });
  try {
    const agent = await agentOf(config);
    if (config.anthropic.apiKey === undefined) {
      log.warn("no ANTHROPIC_API_KEY: the offline agent answers; it only describes what it sees");
    }
    const adapters = await adaptersOf(config);
    const token = config.http.token ?? storedToken(config.dataDir);
    // Last of all: from here on programs run that somebody has to end.
    const tools = await toolsOf(config, log, moreTools);
    return await startGateway({
      config,
      registry,
      store: failpoint?.store(store) ?? store,
      agent: failpoint?.agent(agent) ?? agent,
      tools,
      adapters: failpoint === undefined ? adapters : adapters.map((adapter) => failpoint.adapter(adapter)),
      log,
      token,
    });
  } catch (error) {
    await store.close();
    throw error;
  }
}

/**
 * The built-in strategies and those of the configured modules.
 *
 * @throws ConfigError if a module cannot be loaded or a configured strategy does not exist
 */
export async function strategiesOf(config: Config): Promise<StrategyRegistry> {
  const registry = new StrategyRegistry();
  const problems: Problem[] = [];
  for (const [index, file] of config.strategies.entries()) {
    try {
      await loadStrategies(registry, file);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      problems.push({ ...config.where(`strategies[${index}]`), message: `cannot load ${file}: ${reason}` });
    }
  }
  const reported = new Set<string>();
  for (const [path, name] of strategyChoices(config)) {
    if (registry.get(name) !== undefined || reported.has(name)) continue;
    reported.add(name);
    const expected = registry.names().join(", ");
    const close = suggest(name, registry.names());
    const hint = close === undefined ? "" : `; did you mean "${close}"?`;
    const message = `there is no strategy "${name}": expected one of ${expected}${hint}`;
    problems.push({ ...config.where(path), message, expected });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return registry;
}

async function agentOf({ anthropic, agent }: Config): Promise<Agent> {
  const { apiKey, baseUrl: baseURL, maxRetries } = anthropic;
  if (apiKey === undefined) {
    const { createOfflineAgent } = await import("../agents/offline.ts");
    return createOfflineAgent();
  }
  const { createAnthropicAgent } = await import("../agents/anthropic.ts");
  const { model, maxTokens, maxSteps } = agent;
  return createAnthropicAgent({ apiKey, baseURL, maxRetries, model, maxTokens, maxSteps });
}

/** A client library is loaded only if its platform is configured. */
async function adaptersOf(config: Config): Promise<Adapter[]> {
  const adapters: Adapter[] = [];
  const { discord, telegram, whatsapp, web, dataDir } = config;
  if (discord !== undefined) {
    const { createDiscordAdapter } = await import("../adapters/discord/adapter.ts");
    adapters.push(createDiscordAdapter(discord));
  }
  if (telegram !== undefined) {
    const { createTelegramAdapter } = await import("../adapters/telegram/adapter.ts");
    const { token, apiRoot, webhook } = telegram;
    const mode = webhook === undefined ? ("polling" as const) : { webhook: servedAt(webhook) };
    adapters.push(createTelegramAdapter({ token, apiRoot, mode }));
  }
  if (whatsapp !== undefined) {
    const { createWhatsAppAdapter } = await import("../adapters/whatsapp/adapter.ts");
    const { pacing = false, ...rest } = whatsapp;
    adapters.push(createWhatsAppAdapter({ ...rest, pacing }));
  }
  if (web.enabled) {
    const { createWebAdapter } = await import("../adapters/web/adapter.ts");
    const { botName, allowedHosts } = web;
    const answersAll = config.platforms.web.groups.addressing === "always";
    const access = webAccess(config);
    const file = join(dataDir, "web.db");
    keepPrivate(file);
    adapters.push(createWebAdapter({ file, botName, allowedHosts, access, answersAll }));
  }
  return adapters;
}

/** Where nobody can join, the token is one that nobody knows. */
function webAccess(config: Config): WebAccess {
  switch (joiningOf(config)) {
    case "this-machine":
      return { kind: "loopback" };
    case "anybody":
      return { kind: "open" };
    case "with-token":
    case "nobody":
      return { kind: "token", token: config.web.joinToken ?? randomBytes(32).toString("hex") };
  }
}

/** The public address names the path; one without a path gets a default one. */
function servedAt({ url, secret }: { url: string; secret: string | undefined }) {
  const address = new URL(url);
  if (address.pathname === "/") address.pathname = "/telegram/webhook";
  return { url: address.href, path: address.pathname, ...(secret === undefined ? {} : { secret }) };
}
