import type { Adapter } from "../adapters/adapter.ts";
import type { ChatKind, Platform } from "../adapters/record.ts";
import type { Agent } from "../agents/agent.ts";
import { DEFAULT_PROMPT } from "../agents/prompt.ts";
import type { ToolSource } from "../agents/tool-list.ts";
import { type Clock, systemClock } from "../sessions/clock.ts";
import { LocalLanes } from "../sessions/local-lanes.ts";
import { Router } from "../sessions/router.ts";
import { type Store, StoreError } from "../sessions/store.ts";
import type { StrategyRegistry } from "../strategies/index.ts";
import type { AccessRules } from "./access.ts";
import { Approvals } from "./approvals.ts";
import { CommandExecutor } from "./commands/executor.ts";
import { commandNames, laneTasks } from "./commands/index.ts";
import { offerCommands } from "./commands/offer.ts";
import type { Config } from "./config/config.ts";
import { configLevels } from "./config/levels.ts";
import { isLoopback } from "./config/loopback.ts";
import { countedTools } from "./counted-tools.ts";
import { Delivery } from "./delivery.ts";
import { offerOwnership } from "./first-owner.ts";
import { type HttpServer, listen } from "./http.ts";
import { Intake } from "./intake.ts";
import type { Log } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import { pause } from "./pause.ts";
import { Platforms } from "./platforms.ts";
import { Roles } from "./roles.ts";
import { Runner } from "./runner.ts";
import { StoreHealth } from "./store-health.ts";
import { CommandTranscriber } from "./transcriber.ts";
import { Upkeep } from "./upkeep.ts";

export interface GatewayParts {
  config: Config;
  registry: StrategyRegistry;
  store: Store;
  agent: Agent;
  tools: ToolSource;
  adapters: readonly Adapter[];
  log: Log;
  /** What `/metrics` asks for where others than this machine can reach it. */
  token: string;
  clock?: Clock;
}

export interface Gateway {
  readonly url: string;
  /** With it the first owner is claimed; undefined if there is one. To be shown to whoever started the program, and to nobody else. */
  readonly claimCode: string | undefined;
  /**
   * Take no more messages, let runs end within the grace period and park the others, send what can be sent, and let go
   * of everything. A second call waits for the first.
   */
  stop(): Promise<void>;
}

/** How long the start waits for platforms. */
const START_MS = 5_000;

/** A run that has timed out may take so much longer to end. */
const STUCK_MS = 60_000;

/** How long what was cut off may take to notice. */
const CUT_OFF_MS = 1_000;

/** How long the first runs wait for tool servers: one that goes on where it was cut off may need their tools at once. */
const TOOLS_MS = 5_000;

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Put the parts together and start them, and take up what an earlier process left.
 *
 * @throws AdapterConfigError if a platform refuses its configuration; NodeJS.ErrnoException if the port is taken. In
 *   both cases everything that was started is stopped, the store included.
 */
export async function startGateway(parts: GatewayParts): Promise<Gateway> {
  const { config, registry, agent, adapters, log, token, clock = systemClock } = parts;
  const health = new StoreHealth({ clock, log, recovered: takeUpAll });
  const store = health.watched(parts.store);
  const metrics = createMetrics(
    () => store.counts(),
    health,
    () => parts.tools.servers?.() ?? [],
  );
  const tools = countedTools(parts.tools, metrics);
  const ending = new AbortController();
  const toolsKnown = tools.tried && Promise.race([tools.tried, pause(clock, TOOLS_MS, ending.signal)]);
  const platforms = new Platforms(adapters);
  const access = accessRules(config);
  const router = new Router({
    registry,
    agent: config.agent.name,
    defaults: (platform, kind) => config.platforms[platform][kind === "dm" ? "dm" : "groups"],
    settleMs: config.queue.settleMs,
    onStrategyError: (strategy, error) => log.error({ strategy, err: error }, "a strategy failed on a message"),
  });
  const roles = new Roles({ store, platforms, access, log, clock });
  const lanes: LocalLanes = new LocalLanes({
    handler: (lane) => (toolsKnown === undefined ? runner.handle(lane) : toolsKnown.then(() => runner.handle(lane))),
    maxRuns: config.runs.max,
    clock,
    onError(error, lane) {
      // The store's own failures are logged by its health, once.
      const level = error instanceof StoreError ? "debug" : "error";
      log[level]({ err: error, lane }, "a lane failed; it is tried again");
    },
    stuckMs: config.runs.timeoutMs + STUCK_MS,
    onStuck(lane) {
      // Whoever waits for the store is not stuck, and holds what it will be able to write.
      if (health.failing) return "later";
      metrics.stuckLanes.inc();
      log.error({ lane }, "a lane was stuck in a run that did not end: the run is given up and the lane goes on");
      runner.abandon(lane);
    },
  });
  const delivery: Delivery = new Delivery({
    store,
    platforms,
    clock,
    log,
    metrics,
    onChatMoved: (from, toChatId) => intake.moveChat(from, toChatId),
    maxAgeMs: (platform) => config.platforms[platform].groups.maxAgeMs,
    maxFailures: config.outbox.maxFailures,
  });
  const approvals: Approvals = new Approvals({
    store,
    clock,
    log,
    metrics,
    // Whoever says yes wants to see it done.
    timeoutMs: Math.min(config.approvals.timeoutMs, config.runs.timeoutMs / 2),
    delivered: (chatRef) => delivery.wake(chatRef),
    park: (runId) => runner.park(runId),
  });
  const { transcriber } = config.attachments;
  const runner = new Runner({
    store,
    platforms,
    router,
    roles,
    warnAt: config.limits.warnAt,
    contextTokens: config.agent.contextTokens,
    maxTokens: config.agent.maxTokens,
    // There has to be time left for the answer.
    compactionTimeoutMs: Math.min(config.context.compactionTimeoutMs, config.runs.timeoutMs / 2),
    background: config.context,
    agent,
    tools,
    approvals,
    persona: config.agent.prompt ?? DEFAULT_PROMPT,
    timeoutMs: config.runs.timeoutMs,
    maxAttempts: config.runs.maxAttempts,
    attachments: {
      ...config.attachments,
      transcriber: transcriber && new CommandTranscriber(transcriber, { log, clock }),
    },
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
    roles,
    router,
    configured: ({ platform, kind }: { platform: Platform; kind: ChatKind }) => configLevels(config, platform, kind),
    agentDescription: agent.description,
    lanes,
    clock,
    abort: (runIds) => runner.stop(runIds),
    answered: (runId, toolUseId) => approvals.answered(runId, toolUseId),
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
    tasks: laneTasks,
    runCommand: (seq) => executor.run(seq),
    abort: (runIds) => runner.stop(runIds),
    interrupt: (lane, userId, at) => runner.interrupt(lane, userId, at),
    maxWaiting: config.queue.maxWaitingPerUser,
    clock,
    log,
    metrics,
  });

  let running = false;
  let http: HttpServer | undefined;
  let stopping: Promise<void> | undefined;
  let claimCode: string | undefined;
  const upkeep = new Upkeep({
    store,
    adapters,
    lanes,
    delivery,
    abort: (runIds) => runner.stop(runIds),
    heldMs: 10 * config.queue.settleMs,
    ambientMs: config.context.ambientMaxAgeMs,
    retentionMs: config.retention.days === undefined ? undefined : config.retention.days * DAY_MS,
    clock,
    log,
  });

  try {
    http = await listen({
      ...config.http,
      platforms,
      metrics,
      isRunning: () => running,
      storeFailure: () => health.failure,
      metricsToken: isLoopback(config.http.host) ? undefined : token,
    });
    claimCode = await offerOwnership(store, config.owners);
    if (claimCode !== undefined && adapters.every(({ platform }) => config.platforms[platform].access.dm === "off")) {
      log.warn("there is no owner, and nobody can become one in a private chat: name one with `parley owner add`");
      claimCode = undefined;
    }
    // Before new ones can come: the inbox orders both, and a command must not be run by two.
    await executor.recover();
    await startAdapters();
    await takeUp();
    for (const adapter of adapters) void offerCommands(adapter, { registry, clock, log, signal: ending.signal });
    upkeep.start();
    running = true;
  } catch (error) {
    await release();
    throw error;
  }
  return { url: http.url, claimCode, stop: () => (stopping ??= stop()) };

  /** What waits to be answered, and to be sent. */
  async function takeUp(): Promise<void> {
    for (const { lane, chatRef } of await store.lanesWithWork()) lanes.wake(lane, chatRef);
    await delivery.recover();
  }

  async function takeUpAll(): Promise<void> {
    await executor.recover();
    runner.stop(await store.stoppedRuns());
    await takeUp();
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
    const settled = Promise.all([lanes.drain(), executor.settled()]);
    approvals.stopping();
    await Promise.race([settled, graceEnds.promise]);
    runner.parkAll();
    await lanes.drain();
    await Promise.race([delivery.settled(), graceEnds.promise]);
    cancelGrace();
    await release();
    log.info("stopped");
  }

  async function release(): Promise<void> {
    upkeep.stop();
    health.stop();
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
    await tools.close();
    await store.close();
  }
}

function accessRules(config: Config): (platform: Platform) => AccessRules {
  const lists = {
    owners: new Set(config.owners),
    users: new Set(config.allow.users),
    chats: new Set(config.allow.chats),
  };
  return (platform) => ({ ...config.platforms[platform].access, ...lists });
}
