import type { Vault, VaultEntry } from "../../adapter.ts";
import type { Ask } from "./ask.ts";

/** The account's vault, which is in the main thread. Whoever writes here waits until it is committed there. */
export class WorkerVault implements Vault {
  readonly #ask: Ask;
  /** Told before whoever asked learns of it: nothing may be acknowledged any more. */
  onFailure: () => void = () => {};

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  async read(kind: string, ids?: readonly string[]): Promise<Map<string, string>> {
    if (ids?.length === 0) return new Map();
    try {
      return new Map(await this.#ask("read", { kind, ...(ids && { ids }) }));
    } catch (error) {
      this.onFailure();
      throw error;
    }
  }

  async write(entries: readonly VaultEntry[]): Promise<void> {
    if (entries.length === 0) return;
    try {
      await this.#ask("write", { entries });
    } catch (error) {
      this.onFailure();
      throw error;
    }
  }
}
