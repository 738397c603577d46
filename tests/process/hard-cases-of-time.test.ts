import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { InboundMessage } from "../../adapters/record.ts";
import type { Agent, AgentEvent, RunRequest } from "../../agents/agent.ts";
import { loadConfig } from "../../gateway/config/load.ts";
import type { Settings } from "../../gateway/config/schema.ts";
import { createLog } from "../../gateway/log.ts";
import { VirtualClock } from "../../sessions/virtual-clock.ts";
import { agentThat, noUsage } from "../gateway/runner-stage.ts";
import { message, NOW } from "../sessions/messages.ts";
import { Life } from "../simulation/life.ts";
import { SimulatedPlatform } from "../simulation/platform.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A platform that notes when typing was shown. */
class Watched extends SimulatedPlatform {
  readonly typed: number[] = [];
  readonly #time: VirtualClock;

  constructor(clock: VirtualClock) {
    super({ name: "telegram", clock });
    this.#time = clock;
  }

  override connect() {
    return { ...super.connect(), typing: async () => void this.typed.push(this.#time.elapsed()) };
  }
}

/** The whole gateway in a time of its own, with a model that takes as long as it is told. */
async function live({ settings = {}, answersAfterMs = 0 }: { settings?: Settings; answersAfterMs?: number } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "parley-time-"));
  const clock = new VirtualClock(NOW);
  const platform = new Watched(clock);
  const config = loadConfig({
    env: { PARLEY_PORT: "0", PARLEY_DATA: folder },
    cwd: folder,
    defaults: { strategy: "shared", access: { dm: "open", groups: "open" }, telegram: { token: "none" }, ...settings },
  });
  const agent: Agent = agentThat(async function* (request: RunRequest): AsyncGenerator<AgentEvent> {
    if (answersAfterMs > 0) await new Promise<void>((resolve) => void clock.after(answersAfterMs, resolve));
    const said = JSON.stringify(request.messages.at(-1)?.content).replace(/.*?(say-\d+).*/s, "$1");
    yield { type: "text", text: said };
    yield { type: "reply", content: [{ type: "text", text: said }], usage: noUsage, model: "m" };
    yield { type: "done", reason: "end" };
  });
  const life = new Life({ clock, config, agent, platforms: [platform], log: createLog("silent") });
  await life.start();
  onTestFinished(async () => {
    await life.stop();
    rmSync(folder, { recursive: true });
  });
  let written = 0;
  /** Somebody writes in the one group; the platform's own clock is never wrong. */
  function writes(user: string): void {
    const n = ++written;
    const inbound: InboundMessage = message(user, `say-${n}`, { addressed: true });
    const source = { ...inbound.source, messageId: `m${n}`, sentAt: NOW + clock.elapsed() };
    platform.deliver({ ...inbound, source });
  }
  const said = () => [...platform.said.values()].map(({ text }) => text);
  return { clock, life, platform, writes, said };
}

test("a run of ten minutes lets nothing expire that waits for it", async () => {
  const { life, writes, said } = await live({
    settings: { maxAgeMs: MINUTE_MS, runs: { timeoutMs: 15 * MINUTE_MS } },
    answersAfterMs: 10 * MINUTE_MS,
  });
  for (const user of ["alice", "bob", "carol"]) writes(user);
  await life.pass(31 * MINUTE_MS);
  expect(said()).toEqual(["say-1", "say-2", "say-3"]);
});

test("order is that of arrival, whatever the clock is put to while people wait", async () => {
  const { clock, life, writes, said } = await live({ answersAfterMs: 5_000 });
  const steps = [0, -HOUR_MS, 2 * HOUR_MS, -3 * HOUR_MS, 30_000, HOUR_MS, -1];
  for (const [n, step] of steps.entries()) {
    clock.put(step);
    writes(`user-${n}`);
    await life.pass(1_000);
  }
  await life.pass(MINUTE_MS);
  expect(said()).toEqual(steps.map((_, n) => `say-${n + 1}`));
});

test("a clock that is put back delays no answer: not one that a platform asked to wait with, nor one that failed", async () => {
  const { clock, life, platform, writes, said } = await live();
  platform.limit("*", 30_000);
  writes("alice");
  await life.pass(5_000);
  clock.put(-6 * HOUR_MS);
  expect(said()).toEqual([]);
  await life.pass(30_000);
  expect(said()).toEqual(["say-1"]);
  platform.beUnreachable(10_000);
  writes("bob");
  await life.pass(5_000);
  clock.put(-6 * HOUR_MS);
  await life.pass(MINUTE_MS);
  expect(said()).toEqual(["say-1", "say-2"]);
});

test("typing is shown as long as a run lasts, however the clock is put", async () => {
  const { clock, life, platform, writes } = await live({ answersAfterMs: 20_000 });
  writes("alice");
  await life.pass(7_000);
  clock.put(-HOUR_MS);
  await life.pass(6_000);
  clock.put(2 * HOUR_MS);
  await life.pass(MINUTE_MS);
  const [first = 0, ...more] = platform.typed;
  expect(more.map((at) => at - first)).toEqual([4_000, 8_000, 12_000, 16_000]);
});

test("an answer of fifteen hours ago is not sent blindly after a restart either", async () => {
  const { life, platform, writes, said } = await live();
  platform.beUnreachable(15 * HOUR_MS);
  writes("alice");
  await life.pass(MINUTE_MS);
  await life.stop();
  await life.pass(15 * HOUR_MS);
  await life.start();
  await life.pass(MINUTE_MS);
  expect(said()).toEqual([expect.stringContaining("I kept it back")]);
});
