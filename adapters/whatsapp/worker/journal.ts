import { createHash } from "node:crypto";
import type { Vault, VaultEntry } from "../../adapter.ts";
import { fieldsOf, isFields, jsonIn } from "../payload.ts";
import { RECEIVED, SEEN } from "../vault-kinds.ts";
import { stored } from "./vault-keys.ts";

const SEEN_MS = 24 * 3_600_000;

/** The plaintext of a message without any content, as WhatsApp pads it; base64. */
export const SAYS_NOTHING = "AQ==";

/** One decrypted part of a stanza: all that it takes to read the message again. */
export interface Entry {
  /** By its ciphertext: the same message encrypted anew is another entry, and the gateway tells them apart by their ids. */
  id: string;
  /** In which order they came. */
  order: number;
  /** When it came, in epoch ms. */
  at: number;
  attrs: Record<string, string>;
  /** Padded, base64; missing where WhatsApp only tells linked devices that there was something. */
  plaintext?: string;
}

/** Where a message can be found again. */
export interface Spot {
  chat: string;
  sender: string;
  messageId: string;
}

export function digestOf(ciphertext: Uint8Array | string): string {
  return createHash("sha256").update(ciphertext).digest("hex");
}

/**
 * The messages that were decrypted: `received` until they are handed over, `seen` for a day after.
 *
 * A ciphertext can be decrypted once: the key is gone with it. So the plaintext is committed in the same transaction, and
 * a delivery of the same ciphertext is answered from here.
 */
export class Journal {
  readonly #vault: Vault;
  /** What is being handed over: it may be answered before it is marked as seen. */
  readonly #current = new Map<string, Entry>();
  #lastOrder = 0;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  entry(id: string, attrs: Record<string, string>, plaintext?: Uint8Array): Entry {
    const at = Date.now();
    this.#lastOrder = Math.max(this.#lastOrder + 1, at * 1_000);
    const text = plaintext === undefined ? undefined : Buffer.from(plaintext).toString("base64");
    return { id, order: this.#lastOrder, at, attrs, ...(text !== undefined && { plaintext: text }) };
  }

  /** @returns undefined if it was never decrypted, or so long ago that it is forgotten */
  async find(id: string): Promise<Entry | undefined> {
    const found = (await this.#vault.read(RECEIVED, [id])).get(id) ?? (await this.#vault.read(SEEN, [id])).get(id);
    return found === undefined ? undefined : entryIn(found);
  }

  /** What was not handed over yet and can be read, in the order of its arrival. */
  async waiting(): Promise<Entry[]> {
    const entries = [...(await this.#vault.read(RECEIVED)).values()].flatMap((text) => entryIn(text) ?? []);
    entries.sort((a, b) => a.order - b.order);
    this.#lastOrder = Math.max(this.#lastOrder, entries.at(-1)?.order ?? 0);
    return entries;
  }

  async keep(entry: Entry): Promise<void> {
    await this.#vault.write([{ kind: RECEIVED, id: entry.id, value: stored(entry) }]);
  }

  /** It can be quoted from now on. */
  begin(entry: Entry, spot: Spot): void {
    this.#current.set(keyOf(spot), entry);
  }

  /**
   * It was handed over.
   *
   * @param spot where it can be quoted; without, what it says is forgotten, and only that it came is not: the owner's own
   *   chats are nobody's business
   */
  async done(entry: Entry, spot: Spot | undefined): Promise<void> {
    const expiresAt = Date.now() + SEEN_MS;
    const isForgotten = spot === undefined && entry.plaintext !== undefined;
    const seen = isForgotten ? { ...entry, plaintext: SAYS_NOTHING } : entry;
    const entries: VaultEntry[] = [
      { kind: RECEIVED, id: entry.id, value: null },
      { kind: SEEN, id: entry.id, value: stored(seen), expiresAt },
    ];
    if (spot !== undefined) entries.push({ kind: SEEN, id: keyOf(spot), value: entry.id, expiresAt });
    await this.#vault.write(entries);
    if (spot !== undefined) this.#current.delete(keyOf(spot));
  }

  /** What was said there, by the first of the spots that is known. */
  async at(spots: readonly Spot[]): Promise<Entry | undefined> {
    const keys = spots.map(keyOf);
    const current = keys.map((key) => this.#current.get(key)).find((entry) => entry !== undefined);
    if (current !== undefined) return current;
    const found = await this.#vault.read(SEEN, keys);
    const id = keys.map((key) => found.get(key)).find((each) => each !== undefined);
    return id === undefined ? undefined : await this.find(id);
  }
}

/** @returns undefined if it is damaged: one that cannot be read keeps none of the others back */
function entryIn(text: string): Entry | undefined {
  const { id, order, at, attrs, plaintext } = fieldsOf(jsonIn(text));
  if (typeof id !== "string" || typeof order !== "number" || typeof at !== "number" || !isFields(attrs))
    return undefined;
  if (!Object.values(attrs).every((value) => typeof value === "string")) return undefined;
  const entry: Entry = { id, order, at, attrs: attrs as Record<string, string> };
  return typeof plaintext === "string" ? { ...entry, plaintext } : entry;
}

/** An id alone is not enough: whoever writes chooses it. */
function keyOf({ chat, sender, messageId }: Spot): string {
  return `${chat}/${sender}/${messageId}`;
}
