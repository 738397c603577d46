import type { Vault } from "../../adapter.ts";
import { bareJid, isLid, isPhone, personOf, userOf } from "../ids.ts";
import { jsonIn } from "../payload.ts";

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

  /** Two JIDs are one person, and no other is any more; in any order, anything else is ignored. */
  learn(one: unknown, other: unknown): void {
    const jids = [bareJid(one), bareJid(other)].filter((jid) => jid !== undefined);
    const lid = jids.find(isLid);
    const phone = jids.find(isPhone);
    if (lid === undefined || phone === undefined) return;
    this.#forget(this.#phones.get(lid), lid);
    this.#forget(phone, this.#lids.get(phone));
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
    const found = await this.#read(keys.map(([key]) => key));
    const pairs = keys.flatMap(([key, jid]) => {
      const user = found.get(key);
      return user === undefined ? [] : [{ jid, user, back: isLid(jid) ? user : `${user}_reverse` }];
    });
    const back = await this.#read(pairs.map((pair) => pair.back));
    for (const { jid, user, back: key } of pairs) {
      // Numbers are given up and given to others: a row that the other side does not confirm is of former days.
      if (back.get(key) === userOf(jid)) this.learn(jid, `${user}@${isLid(jid) ? "s.whatsapp.net" : "lid"}`);
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

  async #read(keys: readonly string[]): Promise<Map<string, string>> {
    const users = new Map<string, string>();
    for (const [key, text] of await this.#vault.read("lid-mapping", keys)) {
      const user = jsonIn(text);
      if (typeof user === "string") users.set(key, user);
    }
    return users;
  }

  #forgetOldest(): void {
    const [oldest] = this.#lids;
    if (oldest !== undefined) this.#forget(...oldest);
  }

  #forget(phone: string | undefined, lid: string | undefined): void {
    if (phone !== undefined) this.#lids.delete(phone);
    if (lid !== undefined) this.#phones.delete(lid);
  }
}
