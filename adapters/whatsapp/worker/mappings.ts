import type { Vault } from "../../adapter.ts";
import { bareJid, isLid, isPhone, personOf, userOf } from "../ids.ts";
import { restored } from "./vault-keys.ts";

/** So many people are kept in memory; the others are read again when they write. */
const PEOPLE = 20_000;

/**
 * Which LID and which phone number are one person.
 *
 * WhatsApp tells with messages, in group lists and in notices; Baileys keeps it in the vault, under the digits of each
 * form. One form is never made from the other.
 */
export class Mappings {
  readonly #vault: Vault;
  readonly #lids = new Map<string, string>();
  readonly #phones = new Map<string, string>();

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /** Two JIDs are one person; in any order, anything else is ignored. */
  learn(one: unknown, other: unknown): void {
    const jids = [bareJid(one), bareJid(other)].filter((jid) => jid !== undefined);
    const lid = jids.find(isLid);
    const phone = jids.find(isPhone);
    if (lid === undefined || phone === undefined) return;
    this.#lids.delete(phone);
    this.#lids.set(phone, lid);
    this.#phones.set(lid, phone);
    if (this.#lids.size > PEOPLE) this.#forgetOldest();
  }

  /** Look up what is stored about them. */
  async load(jids: readonly string[]): Promise<void> {
    const unknown = jids
      .map((jid) => bareJid(jid))
      .filter((jid) => jid !== undefined && !this.#lids.has(jid) && !this.#phones.has(jid)) as string[];
    const keys = unknown.flatMap((jid) => {
      const user = userOf(jid) ?? "";
      return isLid(jid) ? [[`${user}_reverse`, jid] as const] : isPhone(jid) ? [[user, jid] as const] : [];
    });
    const found = await this.#vault.read(
      "lid-mapping",
      keys.map(([key]) => key),
    );
    for (const [key, jid] of keys) {
      const text = found.get(key);
      const user = text === undefined ? undefined : restored<unknown>(text);
      if (typeof user === "string") this.learn(jid, `${user}@${isLid(jid) ? "s.whatsapp.net" : "lid"}`);
    }
  }

  /** Both forms of a person, as far as they are known. */
  formsOf(jid: string): { lid?: string; phone?: string } {
    const bare = bareJid(jid) ?? jid;
    const lid = isLid(bare) ? bare : this.#lids.get(bare);
    const phone = isLid(bare) ? this.#phones.get(bare) : bare;
    return { ...(lid !== undefined && { lid }), ...(phone !== undefined && { phone }) };
  }

  person(jid: string): { id: string; aliases: string[] } {
    return personOf(this.formsOf(jid));
  }

  isSame(one: string, other: string): boolean {
    return this.person(one).id === this.person(other).id;
  }

  #forgetOldest(): void {
    const [oldest] = this.#lids;
    if (oldest === undefined) return;
    this.#lids.delete(oldest[0]);
    this.#phones.delete(oldest[1]);
  }
}
