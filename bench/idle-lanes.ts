import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { LocalLanes } from "../sessions/local-lanes.ts";
import { encodeKey } from "../strategies/key.ts";
import { median, printTable } from "./table.ts";

/**
 * What a lane leaves behind in memory once it is idle, and what the engine itself costs: 100,000 distinct keys are woken
 * and drained, five times; the heap is measured after a full garbage collection each time.
 */
const LANES = 100_000;
const ROUNDS = 5;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heap(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

let drained = Promise.withResolvers<void>();
let left = 0;
const lanes = new LocalLanes({
  async handler() {
    left -= 1;
    if (left === 0) drained.resolve();
    return "idle";
  },
});

async function round(n: number): Promise<number> {
  left = LANES;
  drained = Promise.withResolvers<void>();
  const begun = performance.now();
  for (let i = 0; i < LANES; i++) {
    const key = encodeKey({
      agent: "main",
      platform: "telegram",
      account: "default",
      kind: "group",
      chat: `-100${i % 1_000}`,
      user: `${n}-${i}`,
    });
    lanes.wake(key, i % 1_000);
  }
  await drained.promise;
  return LANES / ((performance.now() - begun) / 1000);
}

await round(0);
const before = heap();
const rates: number[] = [];
const bytes: number[] = [];
for (let n = 1; n <= ROUNDS; n++) {
  rates.push(await round(n));
  bytes.push((heap() - before) / LANES);
}
printTable(
  ["lanes", "lanes/s", "bytes left per lane", "range"],
  [
    [
      LANES.toLocaleString("en"),
      Math.round(median(rates)).toLocaleString("en"),
      median(bytes).toFixed(2),
      `${Math.min(...bytes).toFixed(2)} to ${Math.max(...bytes).toFixed(2)}`,
    ],
  ],
);
