import Database from "better-sqlite3";
import type { InboundMessage } from "../../adapters/record.ts";
import { LocalLanes } from "../../sessions/local-lanes.ts";
import type { Run } from "../../sessions/runs.ts";
import { openDatabase } from "../../sessions/sqlite/database.ts";
import { sqliteStore } from "../../sessions/sqlite/store.ts";
import type { Store } from "../../sessions/store.ts";
import { VirtualClock } from "../../sessions/virtual-clock.ts";
import { seeded } from "../seeded.ts";
import { NOW, routing } from "./messages.ts";

export interface Simulated {
  /** Accepted messages in order of arrival, each once. */
  accepted: Array<{ id: string; user: string; lane: string; chat: string }>;
  /** Ended runs in order of their beginnings. */
  runs: Array<{ lane: string; user: string; ids: string[]; waited: string[] }>;
  /** Most runs side by side, and the most in one lane. */
  mostRuns: number;
  mostInLane: number;
  /** Held in memory at the end. */
  left: { queued: number; running: number; timers: number };
  crashes: number;
}

export interface SimulationOptions {
  seed: number;
  messages: number;
  chats: number;
  users: number;
  maxRuns: number;
  strategy: string;
  /** Chance that executing a run throws, so that the lane engine has to try the lane again. */
  throws: number;
  /** Chance per event that the whole process is lost and starts again. */
  crash: number;
}

/** One process: what it holds and whether it still does anything. */
interface Life {
  store: Store;
  alive: boolean;
  executing: Set<number>;
  inLane: Map<string, number>;
}

/**
 * The real lane engine and the real store under a virtual clock: messages arrive at random moments, runs take random
 * times, throw, and are lost with their process. Nothing here waits for real time: the same seed gives the same story.
 */
export async function simulate(options: SimulationOptions): Promise<Simulated> {
  const { seed, messages, chats, users, maxRuns, strategy, throws, crash } = options;
  const random = seeded(seed);
  const pick = (n: number) => Math.floor(random() * n);
  const clock = new VirtualClock(NOW);
  const story: Simulated = {
    accepted: [],
    runs: [],
    mostRuns: 0,
    mostInLane: 0,
    left: { queued: 0, running: 0, timers: 0 },
    crashes: 0,
  };
  let db = openDatabase(":memory:");
  let life = begin();
  let recovering: Promise<void> = Promise.resolve();

  function begin() {
    const store = sqliteStore(db, { now: () => clock.now(), schedule: queueMicrotask });
    const here: Life = { store, alive: true, executing: new Set(), inLane: new Map() };
    const lanes: LocalLanes = new LocalLanes({
      handler: (lane) => handle(here, lane),
      maxRuns,
      clock,
      retryMs: 50,
    });
    const end = () => {
      here.alive = false;
    };
    return { store, lanes, end };
  }

  async function handle(here: Life, lane: string) {
    const claim = await here.store.claim(lane, here.executing);
    if (claim.kind === "later") return { at: claim.at };
    if (claim.kind !== "run") return "idle" as const;
    const { run } = claim;
    here.executing.add(run.runId);
    here.inLane.set(lane, (here.inLane.get(lane) ?? 0) + 1);
    story.mostRuns = Math.max(story.mostRuns, here.executing.size);
    story.mostInLane = Math.max(story.mostInLane, here.inLane.get(lane) ?? 0);
    const waited = (await here.store.lane(lane)).waiting.map(({ userId }) => userId);
    try {
      await elapse(1 + pick(random() < 0.05 ? 5_000 : 200));
      // A process that is gone does nothing any more: its promises never settle.
      if (!here.alive) await new Promise(() => {});
      if (random() < throws) throw new Error("the run was lost");
      const ended = await here.store.end(run, { outcome: "done", deliveries: [] });
      story.runs.push({ lane, user: run.author.id, ids: idsOf(run), waited });
      return ended.more ? ("more" as const) : ("idle" as const);
    } finally {
      here.executing.delete(run.runId);
      here.inLane.set(lane, (here.inLane.get(lane) ?? 1) - 1);
    }
  }

  const elapse = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
  const idsOf = (run: Run) => run.messages.map(({ messageId }) => messageId);

  /** A new process on what the old one had committed. */
  function restart(): void {
    story.crashes += 1;
    life.end();
    const bytes = db.serialize();
    db = new Database(bytes);
    life = begin();
    const { store, lanes } = life;
    recovering = store.lanesWithWork().then((work) => {
      for (const { lane, chatRef } of work) lanes.wake(lane, chatRef);
    });
  }

  async function arrive(n: number): Promise<void> {
    const inbound = messageOf(n);
    const { store, lanes } = life;
    const result = await store.accept(inbound, routing(inbound, { strategy, maxWaiting: 1_000 }));
    if (result.kind !== "turn") throw new Error(`message ${n} became ${result.kind}`);
    const { user, chat, messageId } = inbound.source;
    story.accepted.push({ id: messageId, user: user.id, lane: result.lane, chat: chat.id });
    lanes.wake(result.lane, result.chatRef);
    // Waking twice is harmless; the real intake may do so.
    if (random() < 0.2) lanes.wake(result.lane, result.chatRef);
  }

  function messageOf(n: number): InboundMessage {
    const user = `u${pick(users)}`;
    return {
      text: `text ${n}`,
      attachments: [],
      addressed: true,
      source: {
        platform: "telegram",
        account: "default",
        chat: { id: `c${pick(chats)}`, kind: "group" },
        user: { id: user, name: user, isBot: false },
        messageId: `${n}`,
        sentAt: clock.now(),
      },
    };
  }

  let arrived = 0;
  const next = () => {
    if (arrived === messages) return;
    const n = arrived;
    arrived += 1;
    pendingArrivals.push(arrive(n));
    clock.after(pick(60), next);
  };
  const pendingArrivals: Promise<void>[] = [];
  clock.after(0, next);

  do {
    if (arrived < messages && random() < crash) {
      await quiet();
      restart();
    }
    await recovering;
    await quiet();
  } while (clock.step());
  await Promise.all(pendingArrivals);
  await quiet();
  story.left = life.lanes.size;
  db.close();
  return story;
}

/** Until every promise that can settle now has settled: the store commits on microtasks here. */
async function quiet(): Promise<void> {
  for (let i = 0; i < 30; i++) await Promise.resolve();
}
