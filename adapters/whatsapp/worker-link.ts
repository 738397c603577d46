import { Worker } from "node:worker_threads";
import type { MainCalls, WorkerCalls, WorkerSettings } from "./protocol.ts";
import { type Serves, ThreadCalls } from "./thread-calls.ts";

/** How long a worker may take to end its connection. */
const FAREWELL_MS = 5_000;

/**
 * One worker thread, from the main thread's side.
 *
 * The thread's own output is thrown away, for the libraries in it print private keys. It inherits this process's options
 * and environment: so that what is preloaded here is preloaded there.
 */
export class WorkerLink {
  readonly #worker: Worker;
  readonly #calls: ThreadCalls<WorkerCalls, MainCalls>;
  readonly #writes = new Set<Promise<unknown>>();
  /** Resolves when the thread is gone, for whatever reason. */
  readonly gone: Promise<void>;
  #closing: Promise<void> | undefined;

  constructor(settings: WorkerSettings, serves: Serves<MainCalls>) {
    this.#worker = new Worker(new URL("./worker/main.ts", import.meta.url), {
      stdout: true,
      stderr: true,
      workerData: settings,
    });
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    this.#calls = new ThreadCalls<WorkerCalls, MainCalls>(this.#worker, {
      ...serves,
      write: (takes, signal) => this.#written(serves.write(takes, signal)),
    });
    this.#worker.on("message", (message) => this.#calls.receive(message));
    // Its text may hold anything; that the thread is gone says enough.
    this.#worker.on("error", () => {});
    this.#worker.on("messageerror", () => void this.#worker.terminate());
    this.gone = new Promise((resolve) => {
      this.#worker.once("exit", () => {
        this.#calls.end();
        resolve();
      });
    });
  }

  /** @throws ThreadError with the code `thread-gone` once the thread is gone; SendError, LinkError as it was thrown there */
  call<Name extends keyof WorkerCalls>(
    name: Name,
    takes: WorkerCalls[Name]["takes"],
    signal?: AbortSignal,
  ): Promise<WorkerCalls[Name]["gives"]> {
    return this.#calls.call(name, takes, signal);
  }

  /** End the connection, then the thread, then wait for what it had begun to write. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, FAREWELL_MS);
    this.call("close", null).catch(() => {});
    // It leaves by itself: to break a thread off in the midst of anything is for those that hang.
    await Promise.race([this.gone, late.promise]);
    clearTimeout(timer);
    await this.#worker.terminate();
    await this.gone;
    await Promise.allSettled(this.#writes);
  }

  async #written<T>(write: Promise<T>): Promise<T> {
    this.#writes.add(write);
    try {
      return await write;
    } finally {
      this.#writes.delete(write);
    }
  }
}
