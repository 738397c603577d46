import { loadConfig } from "../../gateway/config/load.ts";
import { createLog } from "../../gateway/log.ts";
import { LocalLanes } from "../../sessions/local-lanes.ts";
import { VirtualClock } from "../../sessions/virtual-clock.ts";
import { Dice } from "../gateway/dice.ts";
import { NOW } from "../sessions/messages.ts";
import { type Account, settle } from "./accounts.ts";
import { DAY_MS, dayOf, HOUR_MS, OWNER } from "./day.ts";
import { echoAgent } from "./echo-agent.ts";
import { heapUsed } from "./heap.ts";
import { Life } from "./life.ts";
import { SimulatedPlatform } from "./platform.ts";
import { countRows, oldestWords } from "./rows.ts";
import { World } from "./world.ts";

export interface DaysOptions {
  /** An empty one, for the database. */
  folder: string;
  days: number;
  /** On each platform. */
  groupsPerStrategy: number;
  peoplePerPlatform: number;
}

/** How everything stands half past one at night, when nobody has said anything for hours. */
export interface Night {
  account: Account;
  /** How many have ever written. */
  people: number;
  rows: Record<string, number>;
  /** Age of the oldest that holds what somebody said, in ms. */
  oldest: Record<string, number>;
  /** Bytes. */
  heap: number;
  counts: { waiting: number; running: number; pendingDeliveries: number };
  lanes: { queued: number; running: number; timers: number };
  /** Tasks that wait for their time. */
  pending: number;
  /** Sends that a platform did not take. */
  refusedSends: number;
  /** Lines of the log about the clock, in ms. */
  clockSteps: number[];
}

/** Let the whole gateway live for days, in seconds. */
export async function liveDays({ folder, days, groupsPerStrategy, peoplePerPlatform }: DaysOptions): Promise<Night[]> {
  const began = NOW - (NOW % DAY_MS);
  const clock = new VirtualClock(began);
  const platforms = {
    discord: new SimulatedPlatform({ name: "discord", clock, threads: true }),
    telegram: new SimulatedPlatform({ name: "telegram", clock, drafts: true }),
    whatsapp: new SimulatedPlatform({ name: "whatsapp", clock }),
    web: new SimulatedPlatform({ name: "web", clock }),
  };
  const all = Object.values(platforms);
  const config = loadConfig({
    env: { PARLEY_PORT: "0", PARLEY_DATA: folder },
    cwd: folder,
    defaults: {
      access: { dm: "open", groups: "open" },
      discord: { token: "none", access: { dm: "pairing", groups: "open" } },
      owners: [`discord:${OWNER}`],
      limits: { userRunsPerDay: 8, warnAt: 0.75 },
      retention: { days: 1 },
      shutdown: { graceMs: 5_000 },
    },
  });
  let clockSteps: number[] = [];
  const log = createLog("warn", {
    write(line) {
      const { byMs } = JSON.parse(line) as { byMs?: number };
      if (byMs !== undefined) clockSteps.push(byMs);
    },
  });
  const engines = lanesMade();
  const life = new Life({ clock, config, agent: echoAgent(clock, new Dice(7)), platforms: all, log });
  const world = new World({ clock, began, dice: new Dice(1), platforms: all, groupsPerStrategy, peoplePerPlatform });
  const nights: Night[] = [];
  try {
    await life.start();
    for (const { id, on, strategy, busy } of world.groups) {
      const place = { level: "chat", platform: on.name, account: "default", chatId: id } as const;
      await life.store.setSettings(place, { strategy, busy }, "cli:test");
    }
    for (let day = 0; day < days; day++) {
      world.dawn();
      for (const { at, happens } of dayOf({ world, life, clock, dice: new Dice(99), platforms, day })) {
        await life.pass(Math.max(0, day * DAY_MS + at - clock.elapsed()));
        await happens();
        await life.quiet();
      }
      await life.pass((day + 1) * DAY_MS + 1.5 * HOUR_MS - clock.elapsed());
      const account = settle(life.db, world.asked, all);
      world.asked.length = 0;
      const refusedSends = all.reduce((sum, each) => sum + each.refusedSends, 0);
      for (const each of all) each.forget();
      nights.push({
        account,
        people: world.people.size,
        rows: countRows(life.db),
        oldest: ages(oldestWords(life.db), clock.now()),
        heap: await heapUsed(),
        counts: await life.store.counts(),
        lanes: engines.present().size,
        pending: clock.pending,
        refusedSends,
        clockSteps,
      });
      clockSteps = [];
    }
    await life.stop();
  } finally {
    engines.restore();
  }
  if (clock.pending > 0) throw new Error(`${clock.pending} tasks were left behind`);
  return nights;
}

function ages(times: Record<string, number>, now: number): Record<string, number> {
  return Object.fromEntries(Object.entries(times).map(([what, at]) => [what, now - at]));
}

/** The lane engine is the gateway's own business: whichever was woken last is the one that lives. */
function lanesMade(): { present(): LocalLanes; restore(): void } {
  const { wake } = LocalLanes.prototype;
  let latest: LocalLanes | undefined;
  LocalLanes.prototype.wake = function (this: LocalLanes, ...args) {
    latest = this;
    wake.apply(this, args);
  };
  return {
    present() {
      if (latest === undefined) throw new Error("no lane was ever woken");
      return latest;
    },
    restore() {
      LocalLanes.prototype.wake = wake;
    },
  };
}
