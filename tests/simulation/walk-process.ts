import type { InboundMessage } from "../../adapters/record.ts";
import type { Accepted, AcceptOptions } from "../../sessions/inbox.ts";
import { LocalLanes } from "../../sessions/local-lanes.ts";
import type { Ending, Run } from "../../sessions/runs.ts";
import type { Db } from "../../sessions/sqlite/database.ts";
import { sqliteStore } from "../../sessions/sqlite/store.ts";
import type { Store } from "../../sessions/store.ts";
import type { TranscriptMessage } from "../../sessions/transcript.ts";
import type { VirtualClock } from "../../sessions/virtual-clock.ts";
import type { Dice } from "../gateway/dice.ts";

export const ACCOUNT = { platform: "whatsapp", account: "default" } as const;

/** What stands on the platform, by the key of each message. */
export type Board = Map<string, { chat: string; text: string }>;

export interface ProcessOptions {
  db: Db;
  clock: VirtualClock;
  dice: Dice;
  board: Board;
  maxRuns: number;
  /** Runs that throw, in a hundred. */
  throws: number;
  /** What must never be. */
  wrong(what: string): void;
}

const notice = { chunks: [{ text: "stopped", plain: "stopped" }] };
const NEVER = new Promise<never>(() => {});

/**
 * One process with the real store and the real lane engine, whose runs take random times and throw.
 *
 * It can die at a commit: just before, and all of the transaction is lost; just behind, and it is on the disk but nobody is
 * told. From then on nothing that it had begun goes on.
 */
export class WalkProcess {
  readonly store: Store;
  readonly #options: ProcessOptions;
  readonly #lanes: LocalLanes;
  readonly #executing = new Map<number, { lane: string; stopped: boolean }>();
  readonly #sending = new Set<number>();
  #dies: { moment: "before" | "after"; commits: number } | undefined;
  #alive = true;
  /** Most runs side by side. */
  mostRuns = 0;

  constructor(options: ProcessOptions) {
    const { db, clock, maxRuns } = options;
    this.#options = options;
    this.store = sqliteStore(db, {
      now: () => clock.now(),
      schedule: queueMicrotask,
      aroundCommit: (moment) => this.#commits(moment),
    });
    this.#lanes = new LocalLanes({ handler: (lane) => this.#handle(lane), maxRuns, clock, retryMs: 50 });
  }

  get alive(): boolean {
    return this.#alive;
  }

  get held(): { queued: number; running: number; timers: number } {
    return this.#lanes.size;
  }

  die(): void {
    this.#alive = false;
    void this.#lanes.drain();
  }

  /** Die at one of the next commits. */
  dieAt(moment: "before" | "after", commits: number): void {
    this.#dies = { moment, commits };
  }

  /** Take up what an earlier process left. */
  async recover(): Promise<void> {
    for (const { message } of await this.#live(this.store.pendingCommands())) void this.#obey(message.seq);
    await this.#wakeAll();
    await this.#sendAll();
  }

  async accept(message: InboundMessage, options: AcceptOptions): Promise<Accepted> {
    const accepted = await this.#live(this.store.accept(message, options));
    if (accepted.kind === "turn") {
      const { lane, chatRef, readyAt } = accepted;
      if (readyAt > this.#options.clock.now()) this.#lanes.wakeAt(lane, chatRef, readyAt);
      else this.#lanes.wake(lane, chatRef);
    } else if (accepted.kind === "command") void this.#obey(accepted.seq);
    return accepted;
  }

  async moveChat(from: string, to: string): Promise<void> {
    const moved = await this.#live(this.store.moveChat({ ...ACCOUNT, chatId: from }, to));
    for (const { lane, chatRef } of moved) this.#lanes.wake(lane, chatRef);
    await this.#sendAll();
  }

  async samePerson(from: string, to: string): Promise<void> {
    const { lanes } = await this.#live(this.store.samePerson(ACCOUNT, from, to));
    for (const { lane, chatRef } of lanes) this.#lanes.wake(lane, chatRef);
    await this.#sendAll();
  }

  async sweep(heldMs: number): Promise<void> {
    await this.#live(this.store.dropHeld(this.#options.clock.now() - heldMs));
    await this.#live(this.store.cleanUp(this.#options.clock.now()));
  }

  #commits(moment: "before" | "after"): void {
    if (this.#alive && this.#dies?.moment === moment) {
      this.#dies.commits -= 1;
      if (this.#dies.commits <= 0) this.die();
    }
    if (!this.#alive) throw new Error("the process is gone");
  }

  /** What the work gives; never anything once the process is gone. */
  async #live<T>(work: Promise<T>): Promise<T> {
    try {
      const result = await work;
      return this.#alive ? result : await NEVER;
    } catch (error) {
      if (!this.#alive) return await NEVER;
      throw error;
    }
  }

  #elapse(ms: number): Promise<void> {
    return this.#live(new Promise<void>((resolve) => void this.#options.clock.after(ms, resolve)));
  }

  async #wakeAll(): Promise<void> {
    for (const { lane, chatRef } of await this.#live(this.store.lanesWithWork())) this.#lanes.wake(lane, chatRef);
  }

  /** The only command there is: `/stop`. */
  async #obey(seq: number): Promise<void> {
    const call = await this.#live(this.store.command(seq));
    if (call === null) return;
    if (call.effect === undefined) {
      const order = { chatRef: call.chat.ref, userId: call.user.id, before: seq, notice, dropped: notice };
      const { runIds } = await this.#live(this.store.stop(order, { seq, said: "stopped" }));
      for (const id of runIds) {
        const run = this.#executing.get(id);
        if (run !== undefined) run.stopped = true;
      }
      await this.#elapse(this.#options.dice.roll(300));
    }
    const text = `obeyed ${call.message.messageId};`;
    await this.#live(this.store.answerCommand(seq, [{ to: call.to, chunks: [{ text, plain: text }] }]));
    this.#lanes.wake(call.plan.lane, call.chat.ref);
    await this.#sendAll();
  }

  async #handle(lane: string): Promise<"more" | "idle" | { at: number }> {
    const claim = await this.#live(this.store.claim(lane, new Set(this.#executing.keys())));
    if (claim.kind === "later") return { at: claim.at };
    if (claim.kind !== "run") return "idle";
    const { run } = claim;
    if ([...this.#executing.values()].some((other) => other.lane === run.lane)) {
      this.#options.wrong(`two runs in ${run.lane}`);
    }
    const mark = { lane: run.lane, stopped: run.stopped };
    this.#executing.set(run.runId, mark);
    this.mostRuns = Math.max(this.mostRuns, this.#executing.size);
    try {
      const ending = await this.#converse(run, mark);
      const ended = await this.#live(this.store.end(run, ending));
      void this.#sendAll();
      if (!ended.more) return "idle";
      if (ended.lane === lane) return "more";
      this.#lanes.wake(ended.lane, run.chat.ref);
      return "idle";
    } finally {
      this.#executing.delete(run.runId);
    }
  }

  async #converse(run: Run, mark: { stopped: boolean }): Promise<Ending> {
    const { dice, throws } = this.#options;
    const steps = [...run.steps];
    const add = async (message: TranscriptMessage) => {
      await this.#live(this.store.journal(run, { message }));
      steps.push(message);
    };
    const ids = run.messages.map(({ messageId }) => messageId).join(" ");
    if (steps.length === 0 && !mark.stopped) {
      await add({ role: "user", content: [{ type: "text", text: ids }], author: run.author });
    }
    if (steps.length < 2 && !mark.stopped) {
      await this.#elapse(1 + dice.roll(dice.chance(5) ? 5_000 : 200));
      if (dice.chance(throws)) throw new Error("the run was lost");
      if (!mark.stopped) await add({ role: "assistant", content: [{ type: "text", text: `re ${ids};` }] });
    }
    if (dice.chance(throws)) throw new Error("the run was lost");
    if (mark.stopped) return { outcome: "stopped", failure: "stopped", deliveries: [], forget: "if-unanswered" };
    const [said] = steps[1]?.content ?? [];
    const text = said?.type === "text" ? said.text : "";
    return { outcome: "done", deliveries: [{ to: run.to, chunks: [{ text, plain: text }], replyTo: run.quote }] };
  }

  async #sendAll(): Promise<void> {
    const { board, dice } = this.#options;
    for (const chatRef of await this.#live(this.store.chatsWithDeliveries())) {
      if (this.#sending.has(chatRef)) continue;
      this.#sending.add(chatRef);
      for (;;) {
        const chunk = await this.#live(this.store.nextChunk(chatRef));
        if (chunk === null) break;
        const known = board.get(chunk.key);
        if (known !== undefined && known.text !== chunk.text) this.#options.wrong(`two texts under ${chunk.key}`);
        board.set(chunk.key, { chat: chunk.to.chatId, text: chunk.text });
        await this.#elapse(dice.roll(40));
        await this.#live(this.store.chunkSent(chunk, `b-${chunk.key}`));
      }
      this.#sending.delete(chatRef);
    }
  }
}
