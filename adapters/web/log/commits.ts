import type Database from "better-sqlite3";

interface Pending {
  run(): void;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Writes that arrive together are committed together, so that durability costs one sync of the disk for all of them.
 *
 * A write that throws is rolled back alone; a commit that fails rejects every write in it.
 */
export class Commits {
  readonly #db: Database.Database;
  readonly #onCommit: () => void;
  readonly #onFailure: (error: unknown) => void;
  readonly #alone: (run: () => void) => void;
  readonly #together: Database.Transaction<(batch: Pending[]) => Set<Pending>>;
  #waiting: Pending[] = [];
  #scheduled: NodeJS.Immediate | undefined;

  constructor(db: Database.Database, onCommit: () => void, onFailure: (error: unknown) => void = () => {}) {
    this.#db = db;
    this.#onCommit = onCommit;
    this.#onFailure = onFailure;
    // Nested in another transaction, this is a savepoint.
    this.#alone = db.transaction((run: () => void) => run());
    this.#together = db.transaction((batch: Pending[]) => {
      const failed = new Set<Pending>();
      for (const pending of batch) {
        try {
          this.#alone(pending.run);
        } catch (error) {
          // A full disk, for one, rolls back everything: nothing of the batch may go on as if it had not.
          if (!db.inTransaction) throw error;
          failed.add(pending);
          pending.reject(error);
          onFailure(error);
        }
      }
      return failed;
    });
  }

  /**
   * @param work synchronous; all that it writes is committed, or nothing
   * @returns what `work` returned, once that is on disk
   */
  write<T>(work: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    let result: T;
    this.#waiting.push({
      run() {
        result = work();
      },
      resolve: () => resolve(result),
      reject,
    });
    this.#scheduled ??= setImmediate(() => this.flush());
    return promise;
  }

  /** Commit what waits, now. */
  flush(): void {
    if (this.#scheduled) clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length === 0) return;
    let failed: Set<Pending>;
    try {
      if (!this.#db.open) throw new Error("the web platform's database is closed");
      // From the beginning: whoever reads first and then writes is not waited for by a lock.
      failed = this.#together.immediate(batch);
      for (const pending of batch) if (!failed.has(pending)) pending.resolve();
    } catch (error) {
      for (const pending of batch) pending.reject(error);
      this.#onFailure(error);
      return;
    }
    if (failed.size < batch.length) this.#onCommit();
  }
}
