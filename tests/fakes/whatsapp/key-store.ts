import type { SignalDataSet, SignalDataTypeMap, SignalKeyStoreWithTransaction } from "@whiskeysockets/baileys";

/** The Signal keys of one device, in memory. Its owner does one thing after the other, so that nothing needs undoing. */
export class KeyStore implements SignalKeyStoreWithTransaction {
  readonly #kinds = new Map<string, Map<string, unknown>>();

  async get<T extends keyof SignalDataTypeMap>(kind: T, ids: string[]): Promise<Record<string, SignalDataTypeMap[T]>> {
    const found: Record<string, SignalDataTypeMap[T]> = {};
    for (const id of ids) {
      const value = this.#kind(kind).get(id);
      if (value !== undefined) found[id] = value as SignalDataTypeMap[T];
    }
    return found;
  }

  async set(data: SignalDataSet): Promise<void> {
    for (const [kind, values] of Object.entries(data)) {
      for (const [id, value] of Object.entries(values ?? {})) {
        if (value === null) this.#kind(kind).delete(id);
        else this.#kind(kind).set(id, value);
      }
    }
  }

  isInTransaction(): boolean {
    return false;
  }

  transaction<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  #kind(kind: string): Map<string, unknown> {
    const values = this.#kinds.get(kind) ?? new Map<string, unknown>();
    this.#kinds.set(kind, values);
    return values;
  }
}
