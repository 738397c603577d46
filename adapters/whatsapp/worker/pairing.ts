import { initAuthCreds } from "@whiskeysockets/baileys";
import type { Vault, VaultEntry } from "../../adapter.ts";
import { pairingFailure } from "../connection-policy.ts";
import { erasures } from "../credentials.ts";
import { holdEntry } from "../hold.ts";
import { bareJid, phoneOf } from "../ids.ts";
import { LinkError, type LinkedAccount, type WorkerSettings } from "../protocol.ts";
import type { Ask } from "./ask.ts";
import { credsEntry } from "./creds.ts";
import { Line } from "./line.ts";
import { vaultKeys } from "./vault-keys.ts";

/** WhatsApp ends the connection that paired by itself, soon. */
const RESTART_MS = 10_000;

export interface PairingOptions {
  settings: WorkerSettings;
  ask: Ask;
  vault: Vault;
  /** With it, by a code that is typed on the phone; without, by a QR code. */
  phone?: string;
  /** Told of the connection, for whoever may have to end it. */
  onLine(line: Line): void;
}

/**
 * Registers as a new device of a phone number.
 *
 * Everything stays in memory until the phone agreed. Then credentials, keys and the hold that keeps a running gateway away
 * are written at once, over whatever an earlier link left behind. A crash before leaves the vault as it was.
 *
 * @throws LinkError
 */
export async function pair({ settings, ask, vault, phone, onLine }: PairingOptions): Promise<LinkedAccount> {
  const draft = new Draft();
  const creds = initAuthCreds();
  const line = new Line({ settings, creds, keys: vaultKeys(draft) });
  onLine(line);
  let committed: Promise<void> | undefined;
  let shown = false;
  let restart: NodeJS.Timeout | undefined;
  line.sock.ev.on("connection.update", ({ qr, isNewLogin }) => {
    if (isNewLogin) {
      committed = commit().catch((error: unknown) => {
        line.end({ by: "vault" });
        throw error;
      });
      restart = setTimeout(() => line.end({ by: "us" }), RESTART_MS);
    } else if (qr !== undefined) {
      if (phone === undefined) void ask("qr", { text: qr });
      else if (!shown) void requestCode(phone);
      shown = true;
    }
  });

  async function commit(): Promise<void> {
    await vault.write([...(await erasures(vault)), ...draft.entries(), credsEntry(creds), holdEntry(Date.now())]);
    await ask("progress", { step: "paired" });
  }

  async function requestCode(digits: string): Promise<void> {
    try {
      await ask("pairingCode", { code: await line.sock.requestPairingCode(digits) });
    } catch {
      line.end({ by: "whatsapp", code: 428 });
    }
  }

  const ending = await line.ended;
  clearTimeout(restart);
  if (committed === undefined) throw pairingFailure(ending, shown);
  try {
    await committed;
  } catch {
    throw new LinkError("unreachable", "the store failed: remove the new device on the phone, and link again");
  }
  return accountOf(creds.me ?? { id: "" });
}

export function accountOf({ id, lid }: { id: string; lid?: string }): LinkedAccount {
  const hidden = bareJid(lid);
  return { phone: phoneOf(id) ?? "", ...(hidden !== undefined && { lid: hidden }) };
}

/** A vault for keys that are not to be kept yet. */
class Draft implements Vault {
  readonly #values = new Map<string, VaultEntry & { value: string }>();

  async read(kind: string, ids?: readonly string[]): Promise<Map<string, string>> {
    const wanted = [...this.#values.values()].filter((each) => each.kind === kind && (ids?.includes(each.id) ?? true));
    return new Map(wanted.map(({ id, value }) => [id, value]));
  }

  async write(entries: readonly VaultEntry[]): Promise<void> {
    for (const entry of entries) {
      const { kind, id, value } = entry;
      if (value === null) this.#values.delete(`${kind}/${id}`);
      else this.#values.set(`${kind}/${id}`, { ...entry, value });
    }
  }

  entries(): VaultEntry[] {
    return [...this.#values.values()];
  }
}
