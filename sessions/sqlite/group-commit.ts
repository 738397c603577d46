import { StoreError } from "../store.ts";
import type { Db } from "./database.ts";
import { Faults } from "./faults.ts";

interface Pending {
  operation: () => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
  /** In a transaction of its own: one that it was in with others has failed. */
  alone: boolean;
}

export interface GroupCommitOptions {
  /** When to write what has been collected. Default: once the present events are handled. */
  schedule?: (flush: () => void) => void;
  /** When to try again while another process writes. Default: a timer. */
  later?: (ms: number, flush: () => void) => void;
  /** Told of each commit, just before and just behind it. */
  around?: (moment: "before" | "after") => void;
  /** Takes note of what fails. */
  faults?: Faults;
}

const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 50;
/** How long another process may write before its lock counts as a failure. */
const PATIENCE_MS = 5_000;

/**
 * Collects concurrent writes into one transaction, so that durability costs one fsync per batch and not per message.
 *
 * Operations run in the order in which they were handed in, synchronously inside the transaction, and their promises
 * resolve after the commit. If one throws, the batch is rolled back and each operation runs again in a transaction of
 * its own, so a failure is its own operation's alone; an operation must therefore have no effect but on the database.
 *
 * While another process writes, everything waits in its order, and the event loop goes on. If that takes too long, all
 * that waits is rejected, and until the lock is gone what comes then is rejected at once: nobody overtakes what was
 * refused, and whoever can come again does. Once the file is known to be damaged nothing is written any more.
 */
export class GroupCommit {
  readonly #schedule: (flush: () => void) => void;
  readonly #later: (ms: number, flush: () => void) => void;
  readonly #around: (moment: "before" | "after") => void;
  readonly #faults: Faults;
  readonly #db: Db;
  readonly #begin;
  readonly #commit;
  readonly #rollback;
  #queue: Pending[] = [];
  /** True from the moment at which a flush is sure to come until it comes. */
  #scheduled = false;
  /** How long another process has been writing, by the pauses that were made for it. */
  #lockedMs = 0;
  #closed: PromiseWithResolvers<void> | undefined;

  constructor(db: Db, options: GroupCommitOptions = {}) {
    const { schedule = setImmediate, later = wait, around = () => {}, faults = new Faults(db.name) } = options;
    this.#db = db;
    this.#schedule = schedule;
    this.#later = later;
    this.#around = around;
    this.#faults = faults;
    // It is waited here, and not inside of SQLite, where nothing else could go on meanwhile.
    db.pragma("busy_timeout = 5");
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
    this.#rollback = db.prepare("ROLLBACK");
  }

  /** @throws StoreError; whatever the operation throws */
  run<T>(operation: () => T): Promise<T> {
    if (this.#closed !== undefined) return Promise.reject(new StoreError("closed", "the store is closed"));
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ operation, resolve: resolve as (value: unknown) => void, reject, alone: false });
      if (this.#scheduled) return;
      this.#scheduled = true;
      this.#schedule(() => this.flush());
    });
  }

  flush(): void {
    this.#scheduled = false;
    while (this.#queue.length > 0) {
      if (this.#faults.damage !== undefined) {
        this.#refuse(this.#faults.damage);
        break;
      }
      try {
        this.#open();
      } catch (error) {
        if (this.#waitsFor(error)) return;
        this.#refuse(this.#faults.of(error));
        break;
      }
      this.#write(this.#next());
    }
    this.#closed?.resolve();
  }

  /** Take nothing more; resolves when everything that was taken is written or rejected. */
  close(): Promise<void> {
    if (this.#closed === undefined) {
      this.#closed = Promise.withResolvers();
      // While a lock is waited for, it is waited for.
      if (this.#lockedMs === 0 || this.#queue.length === 0) this.flush();
    }
    return this.#closed.promise;
  }

  #open(): void {
    if (this.#db.inTransaction) this.#rollback.run();
    this.#begin.run();
    this.#lockedMs = 0;
  }

  /** @returns whether there will be another try */
  #waitsFor(error: unknown): boolean {
    if (!isLock(error) || this.#lockedMs >= PATIENCE_MS) return false;
    const pause = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, this.#lockedMs));
    this.#lockedMs += pause;
    this.#scheduled = true;
    this.#later(pause, () => this.flush());
    return true;
  }

  #next(): Pending[] {
    const end = this.#queue[0]?.alone ? 1 : this.#queue.length;
    return this.#queue.splice(0, end);
  }

  #write(batch: Pending[]): void {
    let results: unknown[];
    try {
      results = batch.map(({ operation }) => operation());
      this.#around("before");
      this.#commit.run();
      this.#around("after");
    } catch (error) {
      this.#rollBack();
      if (batch.length === 1) batch[0]?.reject(this.#faults.of(error));
      else this.#queue.unshift(...batch.map((pending) => ({ ...pending, alone: true })));
      return;
    }
    this.#faults.passed();
    for (const [index, { resolve }] of batch.entries()) resolve(results[index]);
  }

  /** What cannot be rolled back now is before the next transaction, which fails otherwise. */
  #rollBack(): void {
    try {
      // A full disk or a failed commit has rolled back already.
      if (this.#db.inTransaction) this.#rollback.run();
    } catch {}
  }

  #refuse(fault: unknown): void {
    for (const { reject } of this.#queue.splice(0)) reject(fault);
  }
}

function isLock(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && /^SQLITE_BUSY/.test(error.code);
}

function wait(ms: number, flush: () => void): void {
  setTimeout(flush, ms);
}
