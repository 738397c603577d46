import type { BinaryNode, GroupMetadata, WASocket } from "@whiskeysockets/baileys";
import { bareJid, isGroup } from "../ids.ts";
import type { Line } from "./line.ts";
import type { Mappings } from "./mappings.ts";

const FRESH_MS = 10 * 60_000;
/** After a failure, the group is not asked about again for a while. */
const FAILED_MS = 60_000;
/** How long a message waits for its group's name. */
const NAME_MS = 3_000;
const GROUPS = 1_000;

interface Known {
  metadata: Promise<GroupMetadata>;
  until: number;
}

/** What is known about groups: who is in them, who administers them, what they are called. Asked for when it is needed. */
export class Groups {
  readonly #mappings: Mappings;
  readonly #known = new Map<string, Known>();
  #line: Line | undefined;

  constructor(mappings: Mappings) {
    this.#mappings = mappings;
  }

  /** From now on this connection is asked. */
  use(line: Line): void {
    this.#line = line;
    // Who came and went while nobody listened is unknown.
    this.#known.clear();
    // Told of every change of a group: its name, who is in it, who administers it.
    line.sock.ws.on("CB:notification,type:w:gp2", ({ attrs }: BinaryNode) => this.#known.delete(attrs.from ?? ""));
  }

  /** As `cachedGroupMetadata` of Baileys, which asks itself if there is none. */
  async cached(jid: string): Promise<GroupMetadata | undefined> {
    const known = this.#known.get(jid);
    return known !== undefined && known.until > Date.now() ? await known.metadata.catch(() => undefined) : undefined;
  }

  /** @throws what the server answered, or at once while there is no connection */
  metadata(jid: string): Promise<GroupMetadata> {
    // A question in the middle of a login would break it.
    const line = this.#line;
    if (line?.isOpen !== true) return Promise.reject(new Error("not connected"));
    const known = this.#known.get(jid);
    if (known !== undefined && known.until > Date.now()) return known.metadata;
    const fresh: Known = { metadata: this.#ask(line.sock, jid), until: Date.now() + FRESH_MS };
    this.#known.delete(jid);
    this.#known.set(jid, fresh);
    if (this.#known.size > GROUPS) this.#known.delete(this.#known.keys().next().value ?? "");
    fresh.metadata.catch(() => {
      fresh.until = Date.now() + FAILED_MS;
    });
    return fresh.metadata;
  }

  /** The group's subject, if it can be had soon. */
  async nameOf(jid: string): Promise<string | undefined> {
    if (!isGroup(jid)) return undefined;
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => late.resolve(undefined), NAME_MS);
    try {
      return (await Promise.race([this.metadata(jid), late.promise]))?.subject;
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  /** @throws if it cannot be found out */
  async isAdmin(jid: string, userId: string): Promise<boolean> {
    const { participants } = await this.metadata(jid);
    await this.#mappings.load([userId]);
    return participants.some(
      ({ id, phoneNumber, lid, admin }) =>
        (admin === "admin" || admin === "superadmin") &&
        [id, phoneNumber, lid].some((form) => form !== undefined && this.#mappings.isSame(form, userId)),
    );
  }

  async #ask(sock: WASocket, jid: string): Promise<GroupMetadata> {
    const metadata = await sock.groupMetadata(jid);
    for (const { id, phoneNumber, lid } of metadata.participants) await this.#learn(sock, id, phoneNumber ?? lid);
    return metadata;
  }

  /** What is stored has to be known to Baileys as well, or it looks for sessions under the wrong form. */
  async #learn(sock: WASocket, one: string, other: string | undefined): Promise<void> {
    const { lid, phone } = this.#mappings.formsOf(one);
    const bare = bareJid(other);
    if (bare === undefined || bare === lid || bare === phone) return;
    this.#mappings.learn(one, bare);
    const forms = this.#mappings.formsOf(one);
    if (forms.lid === undefined || forms.phone === undefined) return;
    await sock.signalRepository.lidMapping.storeLIDPNMappings([{ lid: forms.lid, pn: forms.phone }]);
    await sock.signalRepository.migrateSession(forms.phone, forms.lid);
  }
}
