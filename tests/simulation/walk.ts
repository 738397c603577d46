import Database from "better-sqlite3";
import type { InboundMessage } from "../../adapters/record.ts";
import { openDatabase } from "../../sessions/sqlite/database.ts";
import { VirtualClock } from "../../sessions/virtual-clock.ts";
import { Dice } from "../gateway/dice.ts";
import { NOW, routing } from "../sessions/messages.ts";
import { judge } from "./walk-oracle.ts";
import { ACCOUNT, type Board, WalkProcess } from "./walk-process.ts";

export interface WalkOptions {
  seed: number;
  strategy: string;
  messages: number;
}

/** Counts of what happened, so that a walk on which nothing did proves nothing. */
export interface Walked {
  crashes: { between: number; before: number; after: number };
  stops: number;
  moves: number;
  merges: number;
  albums: number;
  answered: number;
  stopped: number;
  notAddressed: number;
  mostRuns: number;
  left: { queued: number; running: number; timers: number };
  wrong: string[];
}

/** What a platform hands over until it is acknowledged, in order. */
interface Delivery {
  messageId?: string;
  handOver(to: WalkProcess): Promise<unknown>;
}

const CHATS = 3;
const USERS = 6;
const SETTLE_MS = 1_000;
const HELD_MS = 10 * SETTLE_MS;

/**
 * A walk at random through everything that can happen to messages between their arrival and their answer: they come alone
 * and in albums, twice, while their chat moves and their author turns out to be somebody known; they are stopped; and the
 * process dies between any two events, in the middle of a transaction, and between a commit and its being told.
 */
export async function walk({ seed, strategy, messages }: WalkOptions): Promise<Walked> {
  const dice = new Dice(seed);
  const clock = new VirtualClock(NOW);
  const board: Board = new Map();
  const wrong: string[] = [];
  const happened = { crashes: { between: 0, before: 0, after: 0 }, stops: 0, moves: 0, merges: 0, albums: 0 };
  /** What people and chats are called now; the part before the dot never changes. */
  const names = new Map<string, string>();
  const called = (id: string) => names.get(id) ?? id;
  const unacknowledged = new Set<Delivery>();
  const acknowledged: Delivery[] = [];
  let db = openDatabase(":memory:");
  let mostRuns = 0;
  let moment: "before" | "after" | undefined;
  let process = begin();
  let written = 0;

  function begin(): WalkProcess {
    return new WalkProcess({ db, clock, dice, board, maxRuns: 4, throws: 5, wrong: (what) => wrong.push(what) });
  }

  /** A new process on what the old one had committed. */
  function restart(): void {
    happened.crashes[moment ?? "between"] += 1;
    moment = undefined;
    mostRuns = Math.max(mostRuns, process.mostRuns);
    process.die();
    const bytes = db.serialize();
    db.close();
    db = new Database(bytes);
    process = begin();
    void process.recover();
    // Who is who first, then in the order in which it came.
    const again = [...unacknowledged];
    for (const delivery of again.filter(({ messageId }) => messageId === undefined)) deliver(delivery);
    for (const delivery of again.filter(({ messageId }) => messageId !== undefined)) deliver(delivery);
  }

  function deliver(delivery: Delivery): void {
    unacknowledged.add(delivery);
    void delivery.handOver(process).then(() => {
      if (unacknowledged.delete(delivery)) acknowledged.push(delivery);
    });
  }

  function write(user: string, chat: string, more: Partial<InboundMessage> = {}): void {
    const messageId = `m${written++}`;
    const [place, sentAt] = [called(chat), clock.now()];
    const isCommand = more.command !== undefined;
    deliver({
      messageId,
      handOver(to) {
        // A message keeps the chat that it was sent to; whose it is, is said by the name that the platform knows by now.
        const who = called(user);
        const message: InboundMessage = {
          text: messageId,
          attachments: [],
          addressed: true,
          ...more,
          source: {
            ...ACCOUNT,
            chat: chat === user ? { id: who, kind: "dm" } : { id: place, kind: "group" },
            user: { id: who, name: user, isBot: false },
            messageId,
            sentAt,
          },
        };
        return to.accept(message, routing(message, { strategy, maxWaiting: 1_000, settleMs: SETTLE_MS, isCommand }));
      },
    });
  }

  function rename(id: string): [string, string] {
    const from = called(id);
    names.set(id, `${id}.${Number(from.split(".")[1] ?? 0) + 1}`);
    return [from, called(id)];
  }

  function album(user: string, chat: string): void {
    happened.albums += 1;
    const albumId = `album-${written}`;
    const parts = 2 + dice.roll(3);
    const asks = dice.chance(70) ? dice.roll(parts) : -1;
    for (let n = 0, after = 0; n < parts; n++, after += dice.roll(600)) {
      clock.after(after, () => write(user, chat, { albumId, addressed: n === asks }));
    }
  }

  function happen(): void {
    const user = `u${dice.roll(USERS)}`;
    const chat = dice.chance(15) ? user : `c${dice.roll(CHATS)}`;
    const roll = dice.roll(100);
    if (roll < 78) write(user, chat);
    else if (roll < 86) album(user, chat);
    else if (roll < 91) {
      happened.stops += 1;
      write(user, chat, { text: "/stop", command: { name: "stop", args: "" } });
    } else if (roll < 93) {
      happened.moves += 1;
      const [from, to] = rename(`c${dice.roll(CHATS)}`);
      deliver({ handOver: (here) => here.moveChat(from, to) });
    } else if (roll < 95) {
      happened.merges += 1;
      const [from, to] = rename(user);
      deliver({ handOver: (here) => here.samePerson(from, to) });
    } else {
      const again = dice.pick(acknowledged);
      if (again?.messageId !== undefined) deliver(again);
    }
  }

  function next(): void {
    if (written >= messages) return;
    happen();
    clock.after(dice.roll(60), next);
  }
  function sweep(): void {
    void process.sweep(HELD_MS);
    if (written < messages || clock.pending > 0) clock.after(2_000, sweep);
  }
  clock.after(0, next);
  clock.after(2_000, sweep);

  do {
    if (written < messages && moment === undefined && dice.chance(2)) {
      moment = dice.pick(["before", "after", undefined] as const);
      if (moment === undefined) restart();
      else process.dieAt(moment, 1 + dice.roll(5));
    }
    await quiet();
    if (!process.alive) restart();
    await quiet();
  } while (clock.step());
  // One more process, which lives to see the end of whatever the last one has left.
  restart();
  do await quiet();
  while (clock.step());
  clock.advance(HELD_MS + 1);
  await process.sweep(HELD_MS);
  if (unacknowledged.size > 0) wrong.push(`${unacknowledged.size} are not acknowledged`);
  const judged = judge(db, written, board);
  const left = process.held;
  db.close();
  const { answered, stopped, notAddressed } = judged;
  wrong.push(...judged.wrong);
  return { ...happened, answered, stopped, notAddressed, mostRuns: Math.max(mostRuns, process.mostRuns), left, wrong };
}

/** Until every promise that can settle now has settled: the store commits on microtasks here. */
async function quiet(): Promise<void> {
  for (let i = 0; i < 60; i++) await Promise.resolve();
}
