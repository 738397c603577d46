import { join } from "node:path";
import type { Agent } from "../../agents/agent.ts";
import { fixedTools } from "../../agents/tool-list.ts";
import type { Config } from "../../gateway/config/config.ts";
import { type Gateway, startGateway } from "../../gateway/gateway.ts";
import type { Log } from "../../gateway/log.ts";
import { type Db, openDatabase } from "../../sessions/sqlite/database.ts";
import { DATABASE_FILE, sqliteStore } from "../../sessions/sqlite/store.ts";
import type { Store } from "../../sessions/store.ts";
import type { VirtualClock } from "../../sessions/virtual-clock.ts";
import { StrategyRegistry } from "../../strategies/index.ts";
import type { SimulatedPlatform } from "./platform.ts";

export interface LifeOptions {
  clock: VirtualClock;
  config: Config;
  agent: Agent;
  platforms: readonly SimulatedPlatform[];
  log: Log;
}

/** Turns of the event loop in which nothing happens before time may go on: a commit takes one, what follows from it the next. */
const QUIET_TURNS = 2;

/**
 * A gateway that is started and stopped, again and again, on the same data, and the passing of time around it.
 *
 * Time moves from one task to the next, and only when everything that follows from the one before is done. Nothing here
 * waits for real time.
 */
export class Life {
  readonly #options: LifeOptions;
  #gateway: Gateway | undefined;
  #store: Store | undefined;
  #db: Db | undefined;
  /** Calls of the store that have not come back, and how many there ever were. */
  #pending = 0;
  #calls = 0;

  constructor(options: LifeOptions) {
    this.#options = options;
  }

  get db(): Db {
    if (this.#db === undefined) throw new Error("the gateway is not running");
    return this.#db;
  }

  get store(): Store {
    if (this.#store === undefined) throw new Error("the gateway is not running");
    return this.#store;
  }

  async start(): Promise<void> {
    const { clock, config, agent, platforms, log } = this.#options;
    this.#db = openDatabase(join(config.dataDir, DATABASE_FILE));
    // What survives a power failure is shown elsewhere.
    this.#db.pragma("synchronous = OFF");
    this.#store = this.#watched(sqliteStore(this.#db, { now: () => clock.now() }));
    this.#gateway = await startGateway({
      config,
      registry: new StrategyRegistry(),
      store: this.#store,
      agent,
      tools: fixedTools(),
      adapters: platforms.map((platform) => platform.connect()),
      log,
      token: "token",
      clock,
    });
    await this.quiet();
  }

  async stop(): Promise<void> {
    let stopped = false;
    const stopping = this.#gateway?.stop().finally(() => {
      stopped = true;
    });
    await this.quiet();
    while (!stopped) {
      // Closing a server takes as long as it takes; no time passes for that.
      for (let turn = 0; turn < 100 && !stopped; turn++) await this.quiet();
      if (!stopped) this.#options.clock.step();
    }
    await stopping;
    this.#gateway = undefined;
  }

  /** Let time pass, task by task. */
  async pass(ms: number): Promise<void> {
    const { clock } = this.#options;
    const until = clock.elapsed() + ms;
    for (let due = clock.due; due !== undefined && due <= until; due = clock.due) {
      clock.step();
      await this.quiet();
    }
    clock.advance(until - clock.elapsed());
    await this.quiet();
  }

  async quiet(): Promise<void> {
    for (let turns = 0, seen = this.#calls; turns < QUIET_TURNS; turns++) {
      await new Promise(setImmediate);
      if (this.#pending === 0 && this.#calls === seen) continue;
      seen = this.#calls;
      turns = -1;
    }
  }

  #watched(store: Store): Store {
    const call = (method: (...args: unknown[]) => unknown, args: unknown[]) => {
      const result = method.apply(store, args);
      if (!(result instanceof Promise)) return result;
      this.#calls += 1;
      this.#pending += 1;
      const over = () => {
        this.#pending -= 1;
      };
      result.then(over, over);
      return result;
    };
    return new Proxy(store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? (...args: unknown[]) => call(value as () => unknown, args) : value;
      },
    });
  }
}
