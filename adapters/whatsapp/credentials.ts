import { createHash } from "node:crypto";
import type { Vault, VaultEntry } from "../adapter.ts";
import { bareJid, phoneOf } from "./ids.ts";
import { fieldsOf, jsonIn } from "./payload.ts";
import type { LinkedAccount } from "./protocol.ts";
import { CREDS, HELD, KEY_KINDS, LINK } from "./vault-kinds.ts";

/**
 * Which account the vault's credentials belong to; null without any, and for those that are damaged: the account has to
 * be linked again.
 *
 * The credentials are read and forgotten again: this thread keeps no key.
 */
export async function linkedAs(vault: Vault): Promise<LinkedAccount | null> {
  const stored = (await vault.read(CREDS, [CREDS])).get(CREDS);
  return stored === undefined ? null : accountIn(stored);
}

function accountIn(stored: string): LinkedAccount | null {
  const { id, lid: hidden } = fieldsOf(fieldsOf(jsonIn(stored)).me);
  const phone = phoneOf(bareJid(id) ?? "");
  const lid = bareJid(hidden);
  return phone === undefined ? null : { phone, ...(lid !== undefined && { lid }) };
}

/** Tells one link from another, also of the same number; undefined without credentials. */
export async function fingerprint(vault: Vault): Promise<string | undefined> {
  const stored = (await vault.read(CREDS, [CREDS])).get(CREDS);
  if (stored === undefined || accountIn(stored) === null) return undefined;
  const noiseKey = fieldsOf(fieldsOf(jsonIn(stored)).noiseKey);
  return createHash("sha256")
    .update(JSON.stringify(noiseKey.public ?? null))
    .digest("hex");
}

/** The entries that erase credentials and Signal keys. What was received or sent stays: it is ours, not the link's. */
export async function erasures(vault: Vault): Promise<VaultEntry[]> {
  const kinds = await Promise.all(
    [CREDS, ...KEY_KINDS].map(async (kind) =>
      [...(await vault.read(kind)).keys()].map((id) => ({ kind, id, value: null })),
    ),
  );
  return kinds.flat();
}

/** @param only the link that is meant; another one, made meanwhile, stays */
export async function erase(vault: Vault, only?: string): Promise<void> {
  if (only !== undefined && (await fingerprint(vault)) !== only) return;
  const entries = await erasures(vault);
  if (entries.length > 0) await vault.write(entries);
}

/** Until when somebody else links or unlinks this account, in epoch ms; 0 if nobody does. */
export async function heldUntil(vault: Vault): Promise<number> {
  return Number((await vault.read(LINK, [HELD])).get(HELD) ?? 0);
}
