import type { Adapter } from "../../adapters/adapter.ts";
import type { Destination, InboundMessage } from "../../adapters/record.ts";
import type { Agent, AgentEvent, RunRequest, Tool } from "../../agents/agent.ts";
import { fixedTools } from "../../agents/tool-list.ts";
import type { Transcriber } from "../../gateway/attachments.ts";
import { createLog } from "../../gateway/log.ts";
import { createMetrics } from "../../gateway/metrics.ts";
import { Platforms } from "../../gateway/platforms.ts";
import { Runner, type RunnerOptions } from "../../gateway/runner.ts";
import { Router } from "../../sessions/router.ts";
import type { ChatSettings } from "../../sessions/settings.ts";
import { type Db, openDatabase } from "../../sessions/sqlite/database.ts";
import { sqliteStore } from "../../sessions/sqlite/store.ts";
import { VirtualClock } from "../../sessions/virtual-clock.ts";
import { message, NOW, planOf, type RoutingOptions, registry, routing, SETTINGS } from "../sessions/messages.ts";

export const noUsage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

/** An agent that does what a test says. */
export function agentThat(run: (request: RunRequest) => AsyncIterable<AgentEvent>): Agent {
  return { description: "a test", run };
}

export async function* answer(text: string): AsyncIterable<AgentEvent> {
  yield { type: "text", text };
  yield { type: "reply", content: [{ type: "text", text }], usage: noUsage, model: "m" };
  yield { type: "done", reason: "end" };
}

/** A platform of which only what runs need is there. */
export function platform(more: Partial<Adapter> = {}): Adapter {
  return {
    platform: "telegram",
    account: "default",
    start: async () => {},
    stop: async () => {},
    close: async () => {},
    send: async () => "1",
    render: (markdown) => [{ text: markdown, plain: markdown }],
    ...more,
  };
}

export interface RunnerStageOptions {
  adapter?: Adapter;
  tools?: Tool[];
  /** What holds in every chat, beside what its store says. */
  settings?: Partial<ChatSettings>;
  transcriber?: Transcriber;
  /** Who administers every chat. */
  admins?: readonly string[];
  /** What conversations may grow to, and how they are made shorter. */
  context?: Partial<Pick<RunnerOptions, "contextTokens" | "maxTokens" | "compactionTimeoutMs" | "background">>;
  /** Default: nobody can be asked. */
  approvals?: RunnerOptions["approvals"];
  /** Default: an empty one. */
  db?: Db;
}

export function stage(agent: Agent, options: RunnerStageOptions = {}) {
  const {
    adapter = platform(),
    tools = [],
    settings = {},
    admins = [],
    db = openDatabase(":memory:"),
    context = {},
    transcriber,
  } = options;
  const { approvals = { consent: async () => ({ given: false, reason: "nobody can be asked" }) } } = options;
  const clock = new VirtualClock(NOW);
  const store = sqliteStore(db, { now: () => clock.now() });
  const delivered: number[] = [];
  const runner = new Runner({
    store,
    platforms: new Platforms([adapter]),
    router: new Router({ registry, agent: "main", defaults: () => ({ ...SETTINGS, ...settings }), settleMs: 0 }),
    roles: { isAdmin: async ({ user }) => admins.includes(user.id) },
    warnAt: 0.8,
    contextTokens: 200_000,
    maxTokens: 8_192,
    compactionTimeoutMs: 30_000,
    background: { ambientMessages: 20, ambientTokens: 2_000, ambientMaxAgeMs: 3_600_000 },
    approvals,
    ...context,
    agent,
    tools: fixedTools(tools),
    persona: "You are a test.",
    timeoutMs: 60_000,
    maxAttempts: 3,
    attachments: { maxBytes: 1_000, maxPerTurn: 2, maxTextBytes: 1_000, transcriber },
    clock,
    log: createLog("silent"),
    metrics: createMetrics(() => store.counts()),
    delivered: (chatRef) => delivered.push(chatRef),
    moved: () => {},
  });
  const accept = (inbound: InboundMessage, options?: RoutingOptions) =>
    store.accept(inbound, routing(inbound, options));
  const lane = planOf(message("x", "")).lane;
  async function said(): Promise<Array<{ text: string; to: Destination; replyTo?: string }>> {
    const texts = [];
    for (const chat of await store.chatsWithDeliveries()) {
      for (;;) {
        const chunk = await store.nextChunk(chat);
        if (chunk === null) break;
        texts.push({ text: chunk.text, to: chunk.to, replyTo: chunk.replyTo });
        await store.chunkSent(chunk, `sent-${chunk.deliveryId}`);
      }
    }
    return texts;
  }
  return { clock, db, store, runner, accept, lane, said };
}
