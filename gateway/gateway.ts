import type { Adapter } from "../adapters/adapter.ts";
import type { Platform } from "../adapters/record.ts";
import type { Agent, Tool } from "../agents/agent.ts";
import { DEFAULT_PROMPT } from "../agents/prompt.ts";
import { type Clock, systemClock } from "../sessions/clock.ts";
import { LocalLanes } from "../sessions/local-lanes.ts";
import { Router } from "../sessions/router.ts";
import type { Store } from "../sessions/store.ts";
import type { StrategyRegistry } from "../strategies/index.ts";
import type { AccessRules } from "./access.ts";
import { CommandExecutor } from "./commands/executor.ts";
import { commandNames } from "./commands/index.ts";
import { offerCommands } from "./commands/offer.ts";
import type { Config, PlatformConfig } from "./config/config.ts";
import { isLoopback } from "./config/loopback.ts";
import { Delivery } from "./delivery.ts";
import { type HttpServer, listen } from "./http.ts";
import { Intake } from "./intake.ts";
import type { Log } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import { pause } from "./pause.ts";
import { Platforms } from "./platforms.ts";
import { Runner } from "./runner.ts";
import { StoreHealth } from "./store-health.ts";

export interface GatewayParts {
  config: Config;
  registry: StrategyRegistry;
  store: Store;
  agent: Agent;
  tools: readonly Tool[];
  adapters: readonly Adapter[];
  log: Log;
  /** What `/metrics` asks for where others than this machine can reach it. */
  token: string;
  clock?: Clock;
}

export interface Gateway {
  readonly url: string;
  /**
   * Take no more messages, let runs end within the grace period and park the others, send what can be sent, and let go
   * of everything. A second call waits for the first.
   */
  stop(): Promise<void>;
}

/** How long the start waits for platforms. */
const START_MS = 5_000;

/** How long what was cut off may take to notice. */
const CUT_OFF_MS = 1_000;

/** Rows of albums that never addressed the bot, and what has expired, are looked through this often. */
const SWEEP_MS = 60_000;

/**
 * Put the parts together and start them, and take up what an earlier process left.
 *
 * @throws AdapterConfigError if a platform refuses its configuration; NodeJS.ErrnoException if the port is taken. In
 *   both cases everything that was started is stopped, the store included.
 */
export async function startGateway(parts: GatewayParts): Promise<Gateway> {
  const { config, registry, store, agent, tools, adapters, log, token, clock = systemClock } = parts;
  const metrics = createMetrics(() => store.counts());
  const platforms = new Platforms(adapters);
  const access = accessRules(config);
  const health = new StoreHealth(log);
  const router = new Router({
    registry,
    agent: config.agent.name,
    defaults: (platform) => platformConfig(config, platform),
    settleMs: config.queue.settleMs,
    onStrategyError: (strategy, error) => log.error({ strategy, err: error }, "a strategy failed on a message"),
  });
  const lanes: LocalLanes = new LocalLanes({
    handler: (lane) => runner.handle(lane),
    maxRuns: config.runs.max,
    clock,
    onError: (error, lane) => log.error({ err: error, lane }, "a lane failed; it is tried again"),
  });
  const delivery: Delivery = new Delivery({
    store,
    platforms,
    clock,
    log,
    metrics,
    onChatMoved: (from, toChatId) => intake.moveChat(from, toChatId),
    maxAgeMs: (platform) => platformConfig(config, platform).maxAgeMs,
  });
  const runner = new Runner({
    store,
    platforms,
    agent,
    tools,
    persona: config.agent.prompt ?? DEFAULT_PROMPT,
    timeoutMs: config.runs.timeoutMs,
    maxAttempts: config.runs.maxAttempts,
    attachments: config.attachments,
    clock,
    log,
    metrics,
    delivered: (chatRef) => delivery.wake(chatRef),
    moved: (lane, chatRef) => lanes.wake(lane, chatRef),
  });
  const executor = new CommandExecutor({
    store,
    registry,
    platforms,
    delivery,
    access,
    agentDescription: agent.description,
    lanes,
    clock,
    abort: (runIds) => runner.stop(runIds),
    log,
  });
  const intake = new Intake({
    store,
    router,
    lanes,
    delivery,
    platforms,
    access,
    commands: commandNames,
    runCommand: (seq) => executor.run(seq),
    maxWaiting: config.queue.maxWaitingPerUser,
    health,
    clock,
    log,
    metrics,
  });

  let running = false;
  let http: HttpServer | undefined;
  let stopping: Promise<void> | undefined;
  let cancelSweep: () => void = () => {};
  const ending = new AbortController();

  try {
    http = await listen({
      ...config.http,
      platforms,
      metrics,
      isRunning: () => running,
      storeWorks: () => !health.failing,
      metricsToken: isLoopback(config.http.host) ? undefined : token,
    });
    // Before new ones can come: the inbox orders both, and a command must not be run by two.
    await executor.recover();
    await startAdapters();
    for (const { lane, chatRef } of await store.lanesWithWork()) lanes.wake(lane, chatRef);
    await delivery.recover();
    for (const adapter of adapters) void offerCommands(adapter, { registry, clock, log, signal: ending.signal });
    sweep();
    running = true;
  } catch (error) {
    await release();
    throw error;
  }
  return { url: http.url, stop: () => (stopping ??= stop()) };

  function sweep(): void {
    cancelSweep = clock.after(SWEEP_MS, () => {
      const olderThan = clock.now() - Math.max(SWEEP_MS, 10 * config.queue.settleMs);
      store.dropHeld(olderThan).catch((error) => log.error({ err: error }, "old album parts could not be dropped"));
      store.dropExpired().catch((error) => log.error({ err: error }, "what has expired could not be dropped"));
      sweep();
    });
  }

  /** A platform that takes long to answer holds up nobody: it goes on starting while the others serve. */
  async function startAdapters(): Promise<void> {
    let waited = false;
    const starting = adapters.map((adapter) =>
      adapter.start(intake.handlersFor(adapter)).catch((error) => {
        if (!waited) throw error;
        platforms.report(adapter, { ready: false, reason: "it could not be started: see the log" });
        log.error({ err: error, platform: adapter.platform }, "a platform could not be started");
      }),
    );
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(START_MS, resolve);
    try {
      await Promise.race([Promise.all(starting), enough]);
    } finally {
      waited = true;
      cancel();
    }
  }

  async function stop(): Promise<void> {
    running = false;
    intake.stopping();
    log.info("no more messages are taken");
    const graceEnds = Promise.withResolvers<void>();
    const cancelGrace = clock.after(config.shutdown.graceMs, graceEnds.resolve);
    await Promise.race([Promise.all(adapters.map((adapter) => adapter.stop())), graceEnds.promise]);
    await Promise.race([Promise.all([lanes.drain(), executor.settled()]), graceEnds.promise]);
    runner.parkAll();
    await lanes.drain();
    await Promise.race([delivery.settled(), graceEnds.promise]);
    cancelGrace();
    await release();
    log.info("stopped");
  }

  async function release(): Promise<void> {
    cancelSweep();
    ending.abort();
    intake.stopping();
    executor.stop();
    runner.parkAll();
    await lanes.drain();
    await delivery.close();
    // Cuts off what a command may still be waiting for; a command that is not done runs after the next start.
    await Promise.all(adapters.map((adapter) => adapter.close()));
    const settled = new AbortController();
    await Promise.race([executor.settled(), pause(clock, CUT_OFF_MS, settled.signal)]);
    settled.abort();
    await http?.close();
    await store.close();
  }
}

function platformConfig(config: Config, platform: Platform): PlatformConfig {
  return config.platforms[platform];
}

function accessRules(config: Config): (platform: Platform) => AccessRules {
  const lists = {
    owners: new Set(config.owners),
    users: new Set(config.allow.users),
    chats: new Set(config.allow.chats),
  };
  return (platform) => ({ ...platformConfig(config, platform).access, ...lists });
}
