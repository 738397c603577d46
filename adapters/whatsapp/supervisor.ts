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
  /** How long it last left the link to another program; 0 if it did not. */
  #yieldedMs = 0;
  /** The connection was made because WhatsApp asked for a new one. */
  #restarted = false;
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
        const ending = await this.#connect(link);
        if (!signal.aborted) await this.#follow(afterEnding(ending, { restarted: this.#restarted }), link);
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
      this.#yieldedMs = 0;
      this.#tell();
      // Keys that nobody uses any more are not to stay in another thread's memory.
      await this.#drop();
      this.#report({ ready: false, reason: held ? "the account is being linked" : NOT_LINKED });
      await sleep(lookMs, signal);
    }
    return undefined;
  }

  async #connect(link: string): Promise<Ending> {
    this.#worker ??= this.#begin();
    const worker = this.#worker;
    const over = new AbortController();
    const looking = this.#withdraw(link, AbortSignal.any([this.#closing.signal, over.signal]));
    try {
      return await worker.call("connect", null);
    } catch {
      await worker.close();
      // Somebody here closed it.
      if (this.#worker !== worker) return { by: "us" };
      this.#worker = undefined;
      return { by: "crash" };
    } finally {
      over.abort();
      if (this.#ready) this.#lasted(this.#options.now() - this.#openedAt);
      this.#ready = false;
      await looking;
    }
  }

  #lasted(ms: number): void {
    // Of two programs that drive each other out, each lasts as long as the other waits: that is no success.
    if (ms > this.#yieldedMs * 2) this.#yieldedMs = 0;
    if (ms < GOOD_MS) return;
    this.#backoff.reset();
    this.#restarted = false;
  }

  /** Ends the connection when the link is not ours to use any more, which WhatsApp need not tell. */
  async #withdraw(link: string, over: AbortSignal): Promise<void> {
    const { lookMs, sleep } = this.#options;
    while (!over.aborted) {
      await sleep(lookMs, over);
      // A vault that cannot be read says nothing of the link; whoever needs it will find out.
      if (over.aborted || (await this.#isOurs(link).catch(() => true))) continue;
      if (!over.aborted) await this.#drop();
      return;
    }
  }

  /** The credentials are still those, and nobody else uses them to link or unlink. */
  async #isOurs(link: string): Promise<boolean> {
    const { vault } = this.#options.handlers;
    return (await fingerprint(vault)) === link && (await heldUntil(vault)) <= this.#options.now();
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
    // It is this very command that took the link: there is nothing to be stopped.
    if (next === "yield" && link !== undefined && !(await this.#isOurs(link))) return;
    this.#report({ ready: false, reason });
    if (next === "erase") {
      this.#mayConnect = false;
      this.#tell();
      await this.#drop();
      await erase(handlers.vault, link);
      // Said once more than "not linked" would: why there is no link is what the operator has to know.
      await this.#untilChanged(undefined, undefined);
    } else if (next === "yield") {
      this.#yieldedMs = Math.min(this.#yieldedMs * 2 || YIELD_MS.first, YIELD_MS.longest);
      await this.#untilChanged(link, this.#yieldedMs);
    } else if (next === "at-once") {
      this.#restarted = true;
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
