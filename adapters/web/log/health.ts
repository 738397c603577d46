import { SqliteError } from "better-sqlite3";

export interface HealthOptions {
  /** Try to write something that nobody sees. */
  probe(): Promise<void>;
  /** Told when the log cannot be written, and why; with undefined when it can again. */
  tell(reason: string | undefined): void;
  after(ms: number, callback: () => void): () => void;
}

const PROBE_MS = 1_000;

/** Whether the log can be written, as its commits show. While it cannot it is tried, so that it heals without anybody's writing. */
export class Health {
  readonly #options: HealthOptions;
  #failing = false;
  #closed = false;
  #cancel: () => void = () => {};

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  failed(error: unknown): void {
    if (
      this.#closed ||
      !(error instanceof SqliteError) ||
      !/^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|BUSY|CORRUPT)/.test(error.code)
    )
      return;
    const { tell, probe, after } = this.#options;
    this.#cancel();
    this.#cancel = after(PROBE_MS, () => void probe().catch(() => {}));
    if (this.#failing) return;
    this.#failing = true;
    tell(`the log of the web chat cannot be written (${error.code}): look after the disk that holds web.db`);
  }

  passed(): void {
    if (!this.#failing || this.#closed) return;
    this.#cancel();
    this.#failing = false;
    this.#options.tell(undefined);
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }
}
