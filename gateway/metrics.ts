import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export type Metrics = ReturnType<typeof createMetrics>;

/** What the gateway counts. Labels are from short fixed lists: no user, chat or text ever becomes one. */
export function createMetrics(
  counts: () => Promise<{ waiting: number; running: number; pendingDeliveries: number }>,
  store: { failing: boolean } = { failing: false },
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
      help: "Tokens as the provider counted them",
      labelNames: ["kind"],
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
