import type { LIDMapping, SignalKeyStoreWithTransaction, SignalRepositoryWithLIDStore } from "@whiskeysockets/baileys";
import { userOf } from "../ids.ts";

type LidMapping = SignalRepositoryWithLIDStore["lidMapping"];

/** What Baileys remembers of its rows: under `pn:<digits>` and `lid:<digits>`. */
interface Remembered {
  get(key: string): unknown;
  delete(key: string): unknown;
}

const KIND = "lid-mapping";

/**
 * Before Baileys stores which LID and which number are one person: forget whom either belonged to until now.
 *
 * Baileys writes the new rows and leaves the old. But numbers are given up and given to others: a row that stayed would
 * open somebody's private chat, and their Signal session, to a stranger. To be run in the transaction that stores.
 */
export async function forgetFormer(
  pairs: readonly LIDMapping[],
  lidMapping: LidMapping,
  keys: SignalKeyStoreWithTransaction,
): Promise<void> {
  const remembered = (lidMapping as unknown as { mappingCache?: Remembered }).mappingCache;
  const changed = pairs.flatMap(({ lid, pn }) => {
    const [lidUser, phone] = [userOf(lid), userOf(pn)];
    if (lidUser === undefined || phone === undefined) return [];
    const isKnown = remembered?.get(`pn:${phone}`) === lidUser && remembered.get(`lid:${lidUser}`) === phone;
    return isKnown ? [] : [{ lidUser, phone }];
  });
  if (changed.length === 0) return;
  const rows = await keys.get(
    KIND,
    changed.flatMap(({ lidUser, phone }) => [phone, reverse(lidUser)]),
  );
  const partners = changed.flatMap(({ lidUser, phone }) => {
    const [formerLid, formerPhone] = [rows[phone], rows[reverse(lidUser)]];
    return [formerLid && reverse(formerLid), formerPhone].filter((key) => key !== undefined && key !== "");
  }) as string[];
  const theirs = await keys.get(KIND, partners);
  const gone: Record<string, null> = {};
  for (const { lidUser, phone } of changed) {
    const [formerLid, formerPhone] = [rows[phone], rows[reverse(lidUser)]];
    if (formerLid === lidUser && formerPhone === phone) continue;
    gone[phone] = null;
    gone[reverse(lidUser)] = null;
    // What they have become is not forgotten.
    if (formerLid !== undefined && theirs[reverse(formerLid)] === phone) gone[reverse(formerLid)] = null;
    if (formerPhone !== undefined && theirs[formerPhone] === lidUser) gone[formerPhone] = null;
    for (const user of [lidUser, formerLid]) remembered?.delete(`lid:${user}`);
    for (const user of [phone, formerPhone]) remembered?.delete(`pn:${user}`);
  }
  if (Object.keys(gone).length > 0) await keys.set({ [KIND]: gone } as never);
}

function reverse(lidUser: string): string {
  return `${lidUser}_reverse`;
}
