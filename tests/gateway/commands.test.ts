import { expect, test } from "vitest";
import type { Adapter } from "../../adapters/adapter.ts";
import { CommandExecutor } from "../../gateway/commands/executor.ts";
import { Delivery } from "../../gateway/delivery.ts";
import { createLog } from "../../gateway/log.ts";
import { createMetrics } from "../../gateway/metrics.ts";
import { Platforms } from "../../gateway/platforms.ts";
import { openDatabase } from "../../sessions/sqlite/database.ts";
import { sqliteStore } from "../../sessions/sqlite/store.ts";
import { StoreError } from "../../sessions/store.ts";
import { message, NOW, registry, routing } from "../sessions/messages.ts";
import { VirtualClock } from "../sessions/virtual-clock.ts";

/** One accepted `/status`, and what is said and woken when it is carried out. */
async function stage() {
  const clock = new VirtualClock(NOW);
  const store = sqliteStore(openDatabase(":memory:"), { now: () => clock.now() });
  const said: string[] = [];
  const woken: string[] = [];
  const adapter: Adapter = {
    platform: "telegram",
    account: "default",
    start: async () => {},
    stop: async () => {},
    close: async () => {},
    render: (markdown) => [{ text: markdown, plain: markdown }],
    send: async ({ text }) => `${said.push(text)}`,
  };
  const platforms = new Platforms([adapter]);
  const log = createLog("silent");
  const metrics = createMetrics(() => store.counts());
  const delivery = new Delivery({ store, platforms, clock, log, metrics, onChatMoved: async () => {} });
  const executor = new CommandExecutor({
    store,
    registry,
    platforms,
    delivery,
    access: () => ({ dm: "open", groups: "open", owners: new Set(), users: new Set(), chats: new Set() }),
    agentDescription: "a test",
    lanes: { wake: (lane) => void woken.push(lane), wakeAt: () => {}, drain: async () => {} },
    clock,
    abort: () => {},
    log,
  });
  const inbound = message("alice", "/status", { command: { name: "status", args: "" } });
  const accepted = await store.accept(inbound, routing(inbound, { isCommand: true }));
  const seq = "seq" in accepted ? accepted.seq : 0;

  /** Carry it out, letting the pauses between tries pass. */
  async function run(): Promise<void> {
    executor.run(seq);
    executor.run(seq);
    let done = false;
    const settled = executor.settled().then(() => {
      done = true;
    });
    while (!done) {
      clock.step();
      await new Promise(setImmediate);
    }
    await settled;
    await delivery.settled();
  }
  return { store, said, woken, run };
}

test("a command is carried out once, and wakes what its author sent after it", async () => {
  const { store, said, woken, run } = await stage();
  await run();
  expect(said).toEqual([expect.stringContaining("Strategy")]);
  expect(woken).toHaveLength(1);
  await store.close();
});

test("a command waits for a store that fails", async () => {
  const { store, said, run } = await stage();
  const { answerCommand } = store;
  let failures = 0;
  store.answerCommand = async (...args) => {
    failures += 1;
    if (failures <= 5) throw new StoreError("unwritable", "the disk is full");
    return answerCommand(...args);
  };
  await run();
  expect(said).toEqual([expect.stringContaining("Strategy")]);
  await store.close();
});

test("a command that fails by itself ends with an apology, and holds up nothing", async () => {
  const { store, said, woken, run } = await stage();
  store.lane = async () => {
    throw new TypeError("a fault");
  };
  await run();
  expect(said).toEqual([expect.stringContaining("Something went wrong")]);
  expect(woken).toHaveLength(1);
  expect(await store.pendingCommands()).toEqual([]);
  await store.close();
});
