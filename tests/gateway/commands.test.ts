import { describe, expect, test } from "vitest";
import type { Adapter } from "../../adapters/adapter.ts";
import type { CommandCall, SourceRecord } from "../../adapters/record.ts";
import { OFFER_LIFETIME_MS } from "../../gateway/commands/confirm.ts";
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
import { VirtualClock } from "../../sessions/virtual-clock.ts";
import { message, NOW, registry, routing, SETTINGS } from "../sessions/messages.ts";

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
    answered: () => {},
    log,
  });
  const accept = async (command: CommandCall, where: Partial<SourceRecord>) => {
    const inbound = message("alice", `/${command.name} ${command.args}`, { command, source: where });
    const accepted = await store.accept(inbound, routing(inbound, { isCommand: true }));
    return "seq" in accepted ? accepted.seq : 0;
  };
  const first = await accept({ name, args }, source);

  /** Carry it out, letting the pauses between tries pass. */
  async function run(seq = first): Promise<void> {
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

  /** Alice sends one more command. @returns what she is told */
  async function says(line: string, where: Partial<SourceRecord> = {}): Promise<string> {
    const [command = "", ...rest] = line.split(" ");
    await run(await accept({ name: command, args: rest.join(" ") }, where));
    return said.at(-1) ?? "";
  }
  return { clock, store, said, woken, run, says };
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
    const { store, says } = await stage({ isAdmin: async () => true });
    await says("strategy Per-User");
    expect(await says("strategy per-user --confirm")).toContain("From the next message on: `per-user`");
    expect(await store.audit()).toMatchObject([
      { by: "telegram:alice", what: "setting strategy", where: "telegram:-100", from: null, to: "per-user" },
    ]);
    expect(await store.setting(PLACE, "strategy")).toBe("per-user");
    await store.close();
  });

  test("reset falls back to what holds by default", async () => {
    const { store, says } = await stage({ isAdmin: async () => true });
    await store.setSettings(PLACE, { strategy: "per-user" }, "test");
    await says("strategy reset");
    await says("confirm");
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

describe("consent", () => {
  const ASKS = "confirm it with `/confirm`";
  const DONE = "From the next message on: `per-user`";
  const admin = { isAdmin: async () => true };

  test.each([
    "strategy per-user --confirm",
    "strategy per-user —CONFIRM",
    "strategy --confirm per-user",
    "strategy per-user --confirm --confirm",
    "strategy per-user --confirm --fresh",
    "forget --confirm",
    "forget –confirm",
    "forget --confirm --confirm",
    "forget --confirm --now",
    "forget \n--confirm",
    "forget @bob --confirm",
    "forget all",
    "forget all --confirm",
  ])("that nobody was asked for is none: %j changes nothing", async (line) => {
    const { store, says } = await stage(admin);
    let erasures = 0;
    const { forget } = store;
    store.forget = (...args) => {
      erasures += 1;
      return forget(...args);
    };
    expect(await says(line)).toMatch(/confirm it with `\/confirm`|Nothing was erased|I do not know/i);
    expect(await store.setting(PLACE, "strategy")).toBeNull();
    expect(erasures).toBe(0);
    expect(await store.audit()).toEqual([]);
    await store.close();
  });

  test("counts for ten minutes; what comes later asks again, and is then agreed to", async () => {
    const { clock, store, says } = await stage(admin);
    expect(await says("strategy per-user")).toContain(ASKS);
    clock.advance(OFFER_LIFETIME_MS + 1);
    expect(await says("confirm")).toContain("nothing to confirm");
    expect(await says("strategy per-user --confirm")).toContain(ASKS);
    expect(await store.setting(PLACE, "strategy")).toBeNull();
    clock.advance(OFFER_LIFETIME_MS - 60_000);
    expect(await says("strategy per-user --confirm")).toContain(DONE);
    expect(await store.setting(PLACE, "strategy")).toBe("per-user");
    await store.close();
  });

  test("counts once", async () => {
    const { store, says } = await stage(admin);
    await says("strategy per-user");
    expect(await says("strategy per-user --confirm")).toContain(DONE);
    expect(await says("strategy per-user --confirm")).toContain(ASKS);
    expect(await store.audit()).toHaveLength(1);
    await store.close();
  });

  test.each([
    ["cancel", "cancel"],
    ["another strategy", "strategy tagged-hybrid"],
    ["the list to pick from", "strategy"],
    ["another command that asks", "forget"],
  ])("is void after %s: it asks again", async (_, between) => {
    const { store, says } = await stage(admin);
    await says("strategy per-user");
    await says(between);
    expect(await says("strategy per-user --confirm")).toContain(ASKS);
    expect(await store.setting(PLACE, "strategy")).toBeNull();
    expect(await says("forget --confirm")).toContain("This erases");
    await store.close();
  });

  test.each(["strategy tagged-hybrid --confirm", "strategy per-user --fork --confirm", "forget --confirm"])(
    "to one thing is none to another: %s",
    async (line) => {
      const { store, says } = await stage(admin);
      await says("strategy per-user");
      await says(line);
      expect(await store.setting(PLACE, "strategy")).toBeNull();
      expect(await store.audit()).toEqual([]);
      await store.close();
    },
  );

  test.each(["help", "status", "queue", "why", "usage", "settings", "settings busy"])(
    "waits while its author looks at something: %s",
    async (line) => {
      const { store, says } = await stage(admin);
      await says("strategy per-user");
      await says(line);
      expect(await says("confirm")).toContain(DONE);
      expect(await store.setting(PLACE, "strategy")).toBe("per-user");
      await store.close();
    },
  );

  test("in one thread is none in another, or outside of it", async () => {
    const { store, says } = await stage(admin);
    const inThread = (id: string) => ({ thread: { id, kind: "native" as const } });
    await says("strategy per-user --here", inThread("7"));
    expect(await says("strategy per-user --here --confirm", inThread("8"))).toContain(ASKS);
    expect(await says("confirm")).toContain("nothing to confirm");
    expect(await store.audit()).toEqual([]);
    await store.close();
  });
});
