import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Usage } from "../sessions/transcript.ts";

export type Metrics = ReturnType<typeof createMetrics>;

/** What the gateway counts. Labels are from short fixed lists: no user, chat or text ever becomes one. */
export function createMetrics(
  counts: () => Promise<{ waiting: number; running: number; pendingDeliveries: number }>,
  store: { failing: boolean } = { failing: false },
  toolServers: () => ReadonlyArray<{ name: string; connected: boolean }> = () => [],
) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => Promise<number>) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        // Of a store that cannot be read the last numbers stand, and everything else is shown.
        await read().then(
          (value) => this.set(value),
          () => {},
        );
      },
    });
  gauge("parley_messages_waiting", "Messages that wait for a run", async () => (await counts()).waiting);
  gauge("parley_runs_active", "Runs that are going on", async () => (await counts()).running);
  gauge("parley_deliveries_pending", "Deliveries not sent yet", async () => (await counts()).pendingDeliveries);
  gauge("parley_store_failing", "1 while the store takes no writes", async () => (store.failing ? 1 : 0));
  new Gauge({
    name: "parley_mcp_connected",
    help: "Configured tool servers: 1 while connected, 0 while not",
    labelNames: ["server"],
    registers,
    collect() {
      for (const { name, connected } of toolServers()) this.set({ server: name }, connected ? 1 : 0);
    },
  });

  return {
    registry,
    messages: new Counter({
      name: "parley_messages_total",
      help: "Inbound messages by what became of them",
      labelNames: ["platform", "result"],
      registers,
    }),
    malformed: new Counter({
      name: "parley_malformed_total",
      help: "Platform payloads that could not be read",
      labelNames: ["platform"],
      registers,
    }),
    toolCalls: new Counter({
      name: "parley_tool_calls_total",
      help: "Calls of tools that have run, by their server (built-in ones: parley) and by what came of it",
      labelNames: ["server", "outcome"],
      registers,
    }),
    runs: new Counter({
      name: "parley_runs_total",
      help: "Runs by how they ended",
      labelNames: ["strategy", "outcome"],
      registers,
    }),
    stuckLanes: new Counter({
      name: "parley_lanes_stuck_total",
      help: "Lanes whose run did not end and was given up",
      registers,
    }),
    runSeconds: new Histogram({
      name: "parley_run_seconds",
      help: "Time from claim to end of a run",
      buckets: [0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600],
      registers,
    }),
    tokens: new Counter({
      name: "parley_tokens_total",
      help: "Tokens as the provider counted them, by kind; cache-read of all but output is the cache's hit rate",
      labelNames: ["kind"],
      registers,
    }),
    compactions: new Counter({
      name: "parley_compactions_total",
      help: "Conversations that were summed up, by how and why; method none: it could not be done",
      labelNames: ["method", "reason"],
      registers,
    }),
    contextTokens: new Histogram({
      name: "parley_context_tokens",
      help: "What the model took in for one reply, in tokens",
      buckets: [1_000, 4_000, 16_000, 32_000, 64_000, 96_000, 128_000, 160_000, 200_000, 400_000, 1_000_000],
      registers,
    }),
    approvals: new Counter({
      name: "parley_approvals_total",
      help: "Tools that authors of turns were asked about, by what came of it; stopped: the run was",
      labelNames: ["outcome"],
      registers,
    }),
    chunks: new Counter({
      name: "parley_chunks_total",
      help: "Outbound chunks by what became of them",
      labelNames: ["platform", "result"],
      registers,
    }),
    possibleDuplicates: new Counter({
      name: "parley_chunks_possibly_duplicated_total",
      help: "Chunks sent again although the platform may have taken them before",
      labelNames: ["platform"],
      registers,
    }),
    failedDeliveries: new Counter({
      name: "parley_deliveries_failed_total",
      help: "Deliveries that were parked, as they could not be sent",
      labelNames: ["platform", "code"],
      registers,
    }),
  };
}

/** Count what a model was given and has written, whatever it was for. */
export function countTokens({ tokens }: Pick<Metrics, "tokens">, usage: Usage): void {
  tokens.inc({ kind: "input" }, usage.inputTokens);
  tokens.inc({ kind: "output" }, usage.outputTokens);
  tokens.inc({ kind: "cache-read" }, usage.cacheReadTokens);
  tokens.inc({ kind: "cache-write" }, usage.cacheWriteTokens);
}
