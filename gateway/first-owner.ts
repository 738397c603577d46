import type { AccessStore } from "../sessions/access.ts";
import { hashCode, newCode } from "./codes.ts";

/**
 * A code with which the first owner can be claimed; a new one at every start until somebody has, so that one that was
 * lost does no harm. Only its hash is kept.
 *
 * @param configured owners that the configuration names
 * @returns undefined if there is an owner
 */
export async function offerOwnership(store: AccessStore, configured: readonly string[]): Promise<string | undefined> {
  const owned = configured.length > 0 || (await store.accessEntries()).some(({ rule }) => rule === "owner");
  const code = owned ? undefined : newCode();
  await store.setClaim(code === undefined ? null : hashCode(code));
  return code;
}
