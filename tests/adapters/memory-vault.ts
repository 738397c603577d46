import type { Vault, VaultEntry } from "../../adapters/adapter.ts";

/** An account's vault on a disk that may fail, and be slow. */
export class MemoryVault implements Vault {
  readonly #kinds = new Map<string, Map<string, { value: string; expiresAt: number }>>();
  readonly #now: () => number;
  #held: PromiseWithResolvers<void> | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #watchers: Array<() => void> = [];
  /** How often it was written to. */
  version = 0;
  /** Every write that was asked for, also in vain. */
  readonly written: Array<readonly VaultEntry[]> = [];
  /** Whether this write fails. */
  fails: (entries: readonly VaultEntry[]) => boolean = () => false;
  failsToRead = false;
  /** Told of every write that is asked for, before anything else happens to it. */
  onWrite: (entries: readonly VaultEntry[]) => void = () => {};

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  async read(kind: string, ids?: readonly string[]): Promise<Map<string, string>> {
    if (this.failsToRead) throw new Error("the disk cannot be read");
    const found = new Map<string, string>();
    for (const [id, { value, expiresAt }] of this.#kinds.get(kind) ?? []) {
      if (expiresAt > this.#now() && (ids?.includes(id) ?? true)) found.set(id, value);
    }
    return found;
  }

  write(entries: readonly VaultEntry[]): Promise<void> {
    this.written.push(entries);
    this.onWrite(entries);
    const writing = this.#queue.then(() => this.#write(entries));
    this.#queue = writing.catch(() => {});
    return writing;
  }

  /** Writes wait until the release. */
  hold(): { release(): void } {
    const held = Promise.withResolvers<void>();
    this.#held = held;
    return {
      release: () => {
        this.#held = undefined;
        held.resolve();
      },
    };
  }

  /** Resolves once the condition holds; it is looked at after every write. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  /** Resolves once it is not of this version any more, or when the signal is aborted. */
  async changed(version: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.version !== version) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#watchers.push(resolve);
    const onAbort = () => resolve();
    signal.addEventListener("abort", onAbort, { once: true });
    await promise;
    signal.removeEventListener("abort", onAbort);
  }

  ids(kind: string): string[] {
    return [...(this.#kinds.get(kind)?.keys() ?? [])];
  }

  kinds(): string[] {
    return [...this.#kinds].filter(([, rows]) => rows.size > 0).map(([kind]) => kind);
  }

  /** What a program that begins now finds. */
  copy(): MemoryVault {
    const copy = new MemoryVault(this.#now);
    for (const [kind, rows] of this.#kinds) copy.#kinds.set(kind, new Map(rows));
    return copy;
  }

  async #write(entries: readonly VaultEntry[]): Promise<void> {
    await this.#held?.promise;
    if (this.fails(entries)) throw new Error("the disk is full");
    for (const { kind, id, value, expiresAt = Number.POSITIVE_INFINITY } of entries) {
      const rows = this.#kinds.get(kind) ?? new Map<string, { value: string; expiresAt: number }>();
      this.#kinds.set(kind, rows);
      if (value === null) rows.delete(id);
      else rows.set(id, { value, expiresAt });
    }
    this.version += 1;
    for (const look of this.#watchers.splice(0)) look();
  }
}
