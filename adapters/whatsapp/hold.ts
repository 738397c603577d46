import type { Vault } from "../adapter.ts";
import { HELD, LINK } from "./vault-kinds.ts";

const HOLD_MS = 60_000;

/** The entry that tells a running gateway to leave the account alone for a while. */
export function holdEntry(now: number) {
  return { kind: LINK, id: HELD, value: String(now + HOLD_MS), expiresAt: now + HOLD_MS };
}

/** Holds the account for this program until `release`; should the program die, for a minute at most. */
export class Hold {
  readonly #vault: Vault;
  #renewals: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  keep(): Promise<void> {
    this.#renewals ??= setInterval(() => void this.#renew(), HOLD_MS / 3);
    return this.#renew();
  }

  async release(): Promise<void> {
    clearInterval(this.#renewals);
    if (this.#renewals === undefined) return;
    this.#renewals = undefined;
    await this.#writing;
    await this.#vault.write([{ kind: LINK, id: HELD, value: null }]);
  }

  #renew(): Promise<void> {
    // One that fails is made up for by the next; in the worst case two programs use the link for a while.
    this.#writing = this.#writing.then(() => this.#vault.write([holdEntry(Date.now())])).catch(() => {});
    return this.#writing;
  }
}
