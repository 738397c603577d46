import { describe, expect, test } from "vitest";
import type { Adapter } from "../../adapters/adapter.ts";
import { CommandExecutor } from "../../gateway/commands/executor.ts";
import { Delivery } from "../../gateway/delivery.ts";
import { createLog } from "../../gateway/log.ts";
import { createMetrics } from "../../gateway/metrics.ts";
import { Platforms } from "../../gateway/platforms.ts";
import { Roles } from "../../gateway/roles.ts";
import { Router } from "../../sessions/router.ts";
import { openDatabase } from "../../sessions/sqlite/database.ts";
import { sqliteStore } from "../../sessions/sqlite/store.ts";
import { StoreError } from "../../sessions/store.ts";
import { message, NOW, registry, routing, SETTINGS } from "../sessions/messages.ts";
import { VirtualClock } from "../sessions/virtual-clock.ts";

const PLACE = { level: "chat", platform: "telegram", account: "default", chatId: "-100" } as const;

/** One accepted command, `/status` unless said otherwise, and what is said and woken when it is carried out. */
async function stage({ name = "status", args = "", isAdmin = async () => false, source = {} } = {}) {
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
    isAdmin,
  };
  const platforms = new Platforms([adapter]);
  const log = createLog("silent");
  const metrics = createMetrics(() => store.counts());
  const delivery = new Delivery({
    store,
    platforms,
    clock,
    log,
    metrics,
    onChatMoved: async () => {},
    maxAgeMs: () => 1_000_000,
  });
  const executor = new CommandExecutor({
    store,
    registry,
    platforms,
    delivery,
    roles: new Roles({
      store,
      platforms,
      access: () => ({ dm: "open", groups: "open", owners: new Set(), users: new Set(), chats: new Set() }),
      log,
    }),
    router: new Router({ registry, agent: "main", defaults: () => SETTINGS, settleMs: 0 }),
    configured: () => ({ defaults: { strategy: "shared" }, levels: [] }),
    agentDescription: "a test",
    lanes: { wake: (lane) => void woken.push(lane), wakeAt: () => {}, drain: async () => {} },
    clock,
    abort: () => {},
    log,
  });
  const inbound = message("alice", `/${name} ${args}`, { command: { name, args }, source });
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

describe("/strategy", () => {
  test("alone shows what holds, the asker's session and what there is", async () => {
    const { store, said, run } = await stage({ name: "strategy" });
    await run();
    expect(said[0]).toContain("`shared`");
    expect(said[0]).toContain("`agent:main:telegram:group:-100`");
    for (const name of registry.names()) expect(said[0]).toContain(`- \`${name}\` – `);
    await store.close();
  });

  test("with a name says first what it would mean, and changes nothing", async () => {
    const { store, said, run } = await stage({ name: "strategy", args: "per-user", isAdmin: async () => true });
    await run();
    expect(said[0]).toContain("People here will no longer share a conversation.");
    expect(said[0]).toContain("1. Confirm\n2. Cancel");
    expect(await store.setting(PLACE, "strategy")).toBeNull();
    expect(await store.offer(1, "alice")).toMatchObject({
      commands: ["strategy per-user --confirm", "cancel"],
      numbered: true,
    });
    await store.close();
  });

  test("confirmed, it holds from the next message on, and is audited", async () => {
    const args = "Per-User --confirm";
    const { store, said, run } = await stage({ name: "strategy", args, isAdmin: async () => true });
    await run();
    expect(said).toEqual([expect.stringContaining("From the next message on: `per-user`")]);
    expect(await store.audit()).toMatchObject([
      { by: "telegram:alice", what: "setting strategy", where: "telegram:-100", from: null, to: "per-user" },
    ]);
    expect(await store.setting(PLACE, "strategy")).toBe("per-user");
    await store.close();
  });

  test("reset falls back to what holds by default", async () => {
    const { store, run } = await stage({ name: "strategy", args: "reset --confirm", isAdmin: async () => true });
    await store.setSettings(PLACE, { strategy: "per-user" }, "test");
    await run();
    expect(await store.setting(PLACE, "strategy")).toBeNull();
    await store.close();
  });

  test.each([
    ["somebody who is no admin", async () => false],
    [
      "somebody of whom that cannot be found out",
      async () => {
        throw new Error("the platform does not answer");
      },
    ],
  ])("by %s is refused visibly, and nothing is written", async (_, isAdmin) => {
    const { store, said, run } = await stage({ name: "strategy", args: "shared --confirm", isAdmin });
    await run();
    expect(said).toEqual([expect.stringContaining("Only an admin")]);
    expect(await store.setting(PLACE, "strategy")).toBeNull();
    await store.close();
  });

  test("has nothing to choose in a private chat", async () => {
    const source = { chat: { id: "7", kind: "dm" as const } };
    const { store, said, run } = await stage({ name: "strategy", args: "shared", isAdmin: async () => true, source });
    await run();
    expect(said).toEqual([expect.stringContaining("whatever the strategy")]);
    expect(await store.setting({ ...PLACE, chatId: "7" }, "strategy")).toBeNull();
    await store.close();
  });

  test("with a name that does not exist gets a hint, and nothing is written", async () => {
    const { store, said, run } = await stage({ name: "strategy", args: "per-usr", isAdmin: async () => true });
    await run();
    expect(said).toEqual([expect.stringContaining("Did you mean `per-user`?")]);
    expect(await store.setting(PLACE, "strategy")).toBeNull();
    await store.close();
  });
});
