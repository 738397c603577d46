import type { InboundMessage, Platform } from "../../adapters/record.ts";
import { fixedTools } from "../../agents/tool-list.ts";
import { LocalLanes } from "../../sessions/local-lanes.ts";
import { Router } from "../../sessions/router.ts";
import type { Run } from "../../sessions/runs.ts";
import type { ChatSettings } from "../../sessions/settings.ts";
import { openDatabase } from "../../sessions/sqlite/database.ts";
import { sqliteStore } from "../../sessions/sqlite/store.ts";
import { VirtualClock } from "../../sessions/virtual-clock.ts";
import type { StrategyRegistry } from "../../strategies/index.ts";
import type { Config } from "../config/config.ts";
import { contextLimits } from "../context-limits.ts";
import type { Log } from "../log.ts";
import { createMetrics } from "../metrics.ts";
import { Platforms } from "../platforms.ts";
import { Runner } from "../runner.ts";
import type { LogMessage } from "./questions.ts";
import { createSimulatedAgent, type Work } from "./simulated-agent.ts";
import { Tally } from "./tally.ts";
import { live } from "./virtual-time.ts";
import { type Watcher, watched } from "./watched-store.ts";

export interface ReplayOptions {
  config: Config;
  registry: StrategyRegistry;
  strategy: string;
  platform: Platform;
  persona: string;
  contextTokens: number;
  /** What a conversation may grow to, in tokens, in place of what the configuration says. */
  compactionTokens?: number | undefined;
  seed: number;
  log: Log;
}

const ACCOUNT = "default";
const CHAT = { id: "simulated", kind: "group" } as const;
const NOBODY_IS_TOLD = { chunks: [] };

/**
 * Replay a log under a strategy, through the router, the lanes, the runner and the store that serve chats: only time, the
 * platform and the model are others. What the configuration says of groups on the platform holds, but for limits by the day
 * and for what becomes of further messages, which wait.
 */
export async function replay(messages: readonly LogMessage[], options: ReplayOptions): Promise<Tally> {
  const { config, registry, strategy, platform, persona, contextTokens, seed, log } = options;
  const { agent: settingsOfAgent, runs, queue } = config;
  const { maxTokens } = settingsOfAgent;
  const groups = config.platforms[platform].groups;
  const { compactionTokens = groups.compactionTokens } = options;
  const settings = { ...settingsFor(groups, strategy), compactionTokens };
  const tally = new Tally(strategy, contextLimits(settings, { contextTokens, maxTokens }).limit);
  const clock = new VirtualClock(messages[0]?.at ?? 0);
  const work = new Map<string, readonly Work[]>();
  const agent = createSimulatedAgent({
    clock,
    tally,
    contextTokens,
    seed,
    work: (session) => work.get(session) ?? [],
    brokenOff: (user) => tally.brokenOff(user, latest),
  });
  /** Whoever has written last: what is broken off now is broken off for them. */
  let latest = "";
  const db = openDatabase(":memory:");
  const stored = sqliteStore(db, { now: () => clock.now(), schedule: queueMicrotask });
  const store = watched(stored, accountant(messages, { tally, clock, work }));
  const router = new Router({
    registry,
    agent: settingsOfAgent.name,
    defaults: () => settings,
    settleMs: queue.settleMs,
    onStrategyError(name, error) {
      log.error({ strategy: name, err: error }, "a strategy failed on a message");
    },
  });
  const failures: unknown[] = [];
  const lanes: LocalLanes = new LocalLanes({
    handler: (lane) => runner.handle(lane),
    maxRuns: runs.max,
    clock,
    onError(error) {
      // What fails here would fail for ever: nothing is written to a disk that could be full.
      failures.push(error);
      void lanes.drain();
    },
  });
  const runner = new Runner({
    store,
    platforms: new Platforms([]),
    router,
    roles: { isAdmin: async () => false },
    warnAt: 1,
    contextTokens,
    maxTokens,
    compactionTimeoutMs: config.context.compactionTimeoutMs,
    background: config.context,
    agent,
    tools: fixedTools(),
    approvals: { consent: async () => ({ given: false, reason: "nobody can be asked" }) },
    persona,
    timeoutMs: runs.timeoutMs,
    maxAttempts: runs.maxAttempts,
    attachments: { maxBytes: 1, maxPerTurn: 0, maxTextBytes: 1 },
    clock,
    log,
    metrics: createMetrics(() => store.counts()),
    delivered() {},
    moved: (lane, chatRef) => lanes.wake(lane, chatRef),
  });

  try {
    await live(clock, messages, async (message) => {
      latest = message.user.id;
      const inbound = inboundOf(message, platform);
      const accepted = await store.accept(inbound, {
        decide: (facts) =>
          router.decide(inbound, facts, {
            access: () => "allowed",
            command: () => undefined,
            ageMs: 0,
            tooOld: NOBODY_IS_TOLD,
          }),
        overLimit: NOBODY_IS_TOLD,
        maxWaiting: queue.maxWaitingPerUser,
      });
      if (accepted.kind === "over-limit") tally.refused += 1;
      if (accepted.kind !== "turn") return;
      if (accepted.readyAt > clock.now()) lanes.wakeAt(accepted.lane, accepted.chatRef, accepted.readyAt);
      else lanes.wake(accepted.lane, accepted.chatRef);
    });
    await lanes.drain();
    if (failures.length > 0) throw failures[0];
  } finally {
    await store.close();
  }
  return tally;
}

/** Keeps the books: what is being answered in each session, and what became of it. */
function accountant(
  messages: readonly LogMessage[],
  { tally, clock, work }: { tally: Tally; clock: VirtualClock; work: Map<string, readonly Work[]> },
): Watcher {
  const byId = new Map(messages.map((message) => [message.id, message]));
  /** Runs that have left results of tools out, of earlier turns, their own, or both at once. */
  const clearedIn = new Set<number>();
  const asked = (run: Run) => run.messages.flatMap(({ messageId }) => byId.get(messageId) ?? []);
  return {
    began: (run) => void work.set(run.plan.session, asked(run)),
    ended(run, { outcome, failure, cleared = 0 }) {
      work.delete(run.plan.session);
      if (outcome === "done") for (const { at } of asked(run)) tally.waits.push(clock.now() - at);
      if (failure === "context-full") tally.overLimit += 1;
      else if (outcome !== "done") tally.failed += 1;
      if (cleared > 0) clearedIn.add(run.runId);
      tally.cleared = clearedIn.size;
    },
    compacted(run, { method }) {
      if (method !== "cleared") tally.compactions += 1;
      else if (run !== undefined) clearedIn.add(run.runId);
    },
  };
}

function settingsFor(groups: ChatSettings, strategy: string): ChatSettings {
  const { threads, compaction, compactionTokens, ambient, extraPrompt } = groups;
  return {
    strategy,
    threads,
    addressing: "mention",
    busy: "collect",
    compaction,
    compactionTokens,
    ambient,
    tools: "all",
    maxAgeMs: Number.MAX_SAFE_INTEGER,
    ...(extraPrompt !== undefined && { extraPrompt }),
  };
}

function inboundOf({ id, at, user, text, replyTo, addressed }: LogMessage, platform: Platform): InboundMessage {
  return {
    source: {
      platform,
      account: ACCOUNT,
      chat: CHAT,
      user: { id: user.id, name: user.name, isBot: false },
      messageId: id,
      sentAt: at,
    },
    text,
    attachments: [],
    addressed,
    ...(replyTo !== undefined && { replyTo: { messageId: replyTo, fromSelf: false } }),
  };
}
