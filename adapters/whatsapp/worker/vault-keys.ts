import {
  BufferJSON,
  proto,
  type SignalDataSet,
  type SignalDataTypeMap,
  type SignalKeyStore,
} from "@whiskeysockets/baileys";
import type { Vault, VaultEntry } from "../../adapter.ts";

export function stored(value: unknown): string {
  return JSON.stringify(value, BufferJSON.replacer);
}

export function restored<T>(text: string): T {
  return JSON.parse(text, BufferJSON.reviver) as T;
}

/**
 * Signal keys in the vault, each kind under Baileys' own name.
 *
 * Nothing is kept in memory: a write that fails must not leave a ratchet behind that has moved on. What is set together
 * is committed together; other kinds than Baileys knows may be among it.
 */
export function vaultKeys(vault: Vault): SignalKeyStore {
  return {
    async get<T extends keyof SignalDataTypeMap>(kind: T, ids: string[]) {
      const keys: { [id: string]: SignalDataTypeMap[T] } = {};
      for (const [id, text] of await vault.read(kind, ids)) keys[id] = revived(kind, text);
      return keys;
    },
    async set(data: SignalDataSet) {
      const entries: VaultEntry[] = [];
      for (const [kind, values] of Object.entries(data)) {
        for (const [id, value] of Object.entries(values)) {
          entries.push({ kind, id, value: value == null ? null : stored(value) });
        }
      }
      await vault.write(entries);
    },
  };
}

function revived<T extends keyof SignalDataTypeMap>(kind: T, text: string): SignalDataTypeMap[T] {
  const value = restored<SignalDataTypeMap[T]>(text);
  if (kind !== "app-state-sync-key") return value;
  return proto.Message.AppStateSyncKeyData.fromObject(value as object) as unknown as SignalDataTypeMap[T];
}
