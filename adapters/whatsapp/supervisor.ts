import type { AdapterHandlers, AdapterState } from "../adapter.ts";
import { Backoff, type Sleep } from "../backoff.ts";
import { afterEnding, type Consequence } from "./connection-policy.ts";
import { erase, fingerprint, heldUntil } from "./credentials.ts";
import { handlerCalls } from "./handler-calls.ts";
import type { Ending, WorkerSettings } from "./protocol.ts";
import { vaultCalls } from "./vault-calls.ts";
import { WorkerLink } from "./worker-link.ts";

export interface SupervisorOptions {
  handlers: AdapterHandlers;
  settings: Omit<WorkerSettings, "holds">;
  lookMs: number;
  sleep: Sleep;
  random: () => number;
  now: () => number;
}

const NOT_LINKED = "not linked: run `parley whatsapp link`";
const LONGEST_MS = 60_000;
const YIELD_MS = { first: 60_000, longest: 3_600_000 };
/** A connection that held for so long was a good one: the next failure is the first again. */
const GOOD_MS = 30_000;

/**
 * Keeps the account connected: waits for credentials, connects in the worker, and when that ends, does what the
 * connection policy says.
 *
 * States: not linked -> connecting -> ready -> (ended) -> waiting -> connecting … Without credentials, there is no worker.
 * A worker that crashes is started anew; whatever it had committed is in the vault, and it hands that over again.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #closing = new AbortController();
  readonly #backoff: Backoff;
  /** Those who wait for a connection. */
  readonly #waiting = new Set<() => void>();
  #mayConnect = true;
  #running: Promise<void> = Promise.resolve();
  #worker: WorkerLink | undefined;
  #ready = false;
  #openedAt = 0;
  #holds = false;
  #yields = 0;
  #restarts = 0;
  #reported: string | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.random);
  }

  start(): void {
    this.#running = this.#run();
  }

  /** The worker, while it is connected. */
  get connected(): WorkerLink | undefined {
    return this.#ready ? this.#worker : undefined;
  }

  /** Resolves as soon as there is a connection, or none to be expected: no link, or the signal was aborted. */
  async whenConnected(signal: AbortSignal): Promise<void> {
    while (this.connected === undefined && this.#mayConnect && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = () => resolve();
      this.#waiting.add(look);
      signal.addEventListener("abort", look, { once: true });
      await promise;
      signal.removeEventListener("abort", look);
      this.#waiting.delete(look);
    }
  }

  /** Hand nothing over any more. */
  async hold(): Promise<void> {
    this.#holds = true;
    // A worker that is gone hands nothing over.
    await this.#worker?.call("hold", null).catch(() => {});
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#worker?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        const link = await this.#credentials();
        if (link === undefined || signal.aborted) continue;
        const ending = await this.#connect();
        if (!signal.aborted) await this.#follow(afterEnding(ending), link);
      } catch {
        // The vault itself: everything else is an ending.
        await this.#follow(afterEnding({ by: "vault" }), undefined);
      }
    }
  }

  /** Waits until there are credentials, and nobody else uses them to link or unlink. */
  async #credentials(): Promise<string | undefined> {
    const { handlers, lookMs, now, sleep } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const link = await fingerprint(handlers.vault);
      const held = (await heldUntil(handlers.vault)) > now();
      this.#mayConnect = link !== undefined;
      if (link !== undefined && !held) return link;
      this.#tell();
      // Keys that nobody uses any more are not to stay in another thread's memory.
      await this.#drop();
      this.#report({ ready: false, reason: held ? "the account is being linked" : NOT_LINKED });
      await sleep(lookMs, signal);
    }
    return undefined;
  }

  async #connect(): Promise<Ending> {
    this.#worker ??= this.#begin();
    const worker = this.#worker;
    try {
      return await worker.call("connect", null);
    } catch {
      await worker.close();
      this.#worker = undefined;
      return { by: "crash" };
    } finally {
      if (this.#ready && this.#options.now() - this.#openedAt >= GOOD_MS) this.#backoff.reset();
      this.#ready = false;
    }
  }

  #begin(): WorkerLink {
    const { handlers, settings } = this.#options;
    return new WorkerLink(
      { ...settings, holds: this.#holds },
      {
        ...vaultCalls(handlers.vault),
        ...handlerCalls(handlers, settings.account),
        opened: async () => {
          this.#openedAt = this.#options.now();
          this.#ready = true;
          this.#yields = 0;
          this.#restarts = 0;
          this.#report({ ready: true });
          this.#tell();
          return null;
        },
        qr: async () => null,
        pairingCode: async () => null,
        progress: async () => null,
      },
    );
  }

  async #follow({ reason, next }: Consequence, link: string | undefined): Promise<void> {
    const { handlers, sleep } = this.#options;
    const { signal } = this.#closing;
    if (next === "end") return;
    this.#report({ ready: false, reason });
    if (next === "erase") {
      this.#mayConnect = false;
      this.#tell();
      await this.#drop();
      await erase(handlers.vault, link);
      // Said once more than "not linked" would: why there is no link is what the operator has to know.
      await this.#untilChanged(undefined, undefined);
    } else if (next === "yield") {
      const ms = Math.min(YIELD_MS.first * 2 ** this.#yields, YIELD_MS.longest);
      this.#yields += 1;
      await this.#untilChanged(link, ms);
    } else if (next === "at-once" && this.#restarts === 0) {
      this.#restarts += 1;
    } else {
      await sleep(next === "slowly" ? LONGEST_MS : this.#backoff.next(), signal);
    }
  }

  /** Waits until the vault holds other credentials, or for so long. */
  async #untilChanged(link: string | undefined, ms: number | undefined): Promise<void> {
    const { handlers, lookMs, sleep } = this.#options;
    const over = new AbortController();
    const signal = AbortSignal.any([this.#closing.signal, over.signal]);
    const end = ms === undefined ? undefined : sleep(ms, signal).finally(() => over.abort());
    try {
      while (!signal.aborted && (await fingerprint(handlers.vault)) === link) await sleep(lookMs, signal);
    } finally {
      over.abort();
      await end;
    }
  }

  #tell(): void {
    for (const look of this.#waiting) look();
  }

  async #drop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.close();
  }

  /** Operators hear of changes, not of every attempt. */
  #report(state: AdapterState): void {
    const seen = JSON.stringify(state);
    if (seen === this.#reported || this.#closing.signal.aborted) return;
    this.#reported = seen;
    this.#options.handlers.onState(state);
  }
}
