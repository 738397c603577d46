import type { Vault } from "../adapter.ts";
import type { MainCalls } from "./protocol.ts";
import type { Serves } from "./thread-calls.ts";

/** The vault, as the worker asks for it. */
export function vaultCalls(vault: Vault): Pick<Serves<MainCalls>, "read" | "write"> {
  return {
    read: async ({ kind, ids }) => [...(await vault.read(kind, ids))],
    async write({ entries }) {
      await vault.write(entries);
      return null;
    },
  };
}
