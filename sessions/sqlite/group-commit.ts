import { StoreError } from "../store.ts";
import { asStoreError, type Db } from "./database.ts";

interface Pending {
  operation: () => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

export interface GroupCommitOptions {
  /** When to write what has been collected. Default: once the present events are handled. */
  schedule?: (flush: () => void) => void;
  /** Told of each commit, just before and just behind it. */
  around?: (moment: "before" | "after") => void;
}

/**
 * Collects concurrent writes into one transaction, so that durability costs one fsync per batch and not per message.
 *
 * Operations run in the order in which they were handed in, synchronously inside the transaction, and their promises
 * resolve after the commit. If one throws, the batch is rolled back and each operation runs again in a transaction of
 * its own, so a failure is its own operation's alone; an operation must therefore have no effect but on the database.
 */
export class GroupCommit {
  readonly #db: Db;
  readonly #schedule: (flush: () => void) => void;
  readonly #around: (moment: "before" | "after") => void;
  readonly #begin;
  readonly #commit;
  readonly #rollback;
  #queue: Pending[] = [];
  #scheduled = false;
  #closed = false;

  constructor(db: Db, { schedule = setImmediate, around = () => {} }: GroupCommitOptions = {}) {
    this.#db = db;
    this.#schedule = schedule;
    this.#around = around;
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
    this.#rollback = db.prepare("ROLLBACK");
  }

  /** @throws StoreError; whatever the operation throws */
  run<T>(operation: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(new StoreError("closed", "the store is closed"));
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ operation, resolve: resolve as (value: unknown) => void, reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      this.#schedule(() => this.flush());
    });
  }

  flush(): void {
    this.#scheduled = false;
    const batch = this.#queue;
    this.#queue = [];
    if (batch.length === 0) return;
    try {
      const results = this.#transact(() => batch.map(({ operation }) => operation()));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index]);
    } catch (error) {
      if (batch.length === 1) batch[0]?.reject(asStoreError(error, this.#db.name));
      else for (const pending of batch) this.#alone(pending);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
  }

  #alone({ operation, resolve, reject }: Pending): void {
    try {
      resolve(this.#transact(operation));
    } catch (error) {
      reject(asStoreError(error, this.#db.name));
    }
  }

  #transact<T>(body: () => T): T {
    this.#begin.run();
    try {
      const result = body();
      this.#around("before");
      this.#commit.run();
      this.#around("after");
      return result;
    } catch (error) {
      // A full disk or a failed commit has rolled back already.
      if (this.#db.inTransaction) this.#rollback.run();
      throw error;
    }
  }
}
