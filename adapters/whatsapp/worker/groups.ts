import type { BinaryNode, GroupMetadata, GroupParticipant, WASocket } from "@whiskeysockets/baileys";
import { bareJid, isGroup } from "../ids.ts";
import type { Line } from "./line.ts";
import type { Mappings } from "./mappings.ts";

const FRESH_MS = 10 * 60_000;
/** After a refusal, the group is not asked about again for a while. */
const REFUSED_MS = 60_000;
/** How long a message waits for its group's name. */
const NAME_MS = 3_000;
const GROUPS = 1_000;
/** The bot is not in it, or there is no such group. */
const REFUSALS = new Set([403, 404]);

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
    fresh.metadata.catch((error) => {
      // Anything else is no answer.
      if (REFUSALS.has(codeIn(error) ?? 0)) fresh.until = Date.now() + REFUSED_MS;
      else if (this.#known.get(jid) === fresh) this.#known.delete(jid);
    });
    return fresh.metadata;
  }

  /** The next to need it asks again. */
  forget(jid: string): void {
    this.#known.delete(jid);
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
    return participants.some((member) => isAdmin(member) && this.#isMember(member, userId));
  }

  /**
   * Whether only admins write there, and this member is none. Nobody is kept from writing for want of knowledge.
   *
   * @throws if the group cannot be asked about
   */
  async isSilent(jid: string, me: { id: string; lid?: string } | undefined): Promise<boolean> {
    const { announce, participants } = await this.metadata(jid);
    if (announce !== true) return false;
    const own = participants.find((member) => formsOf(me ?? {}).some((form) => this.#isMember(member, form)));
    return own !== undefined && !isAdmin(own);
  }

  #isMember(member: GroupParticipant, userId: string): boolean {
    return formsOf(member).some((form) => this.#mappings.isSame(form, userId));
  }

  async #ask(sock: WASocket, jid: string): Promise<GroupMetadata> {
    const metadata = await sock.groupMetadata(jid);
    // Who is in it is known all the same.
    await this.#learn(sock, metadata.participants).catch(() => {});
    return metadata;
  }

  /** What is stored has to be known to Baileys as well, or it looks for sessions under the wrong form. */
  async #learn({ signalRepository }: WASocket, participants: readonly GroupParticipant[]): Promise<void> {
    await this.#mappings.load(participants.flatMap(formsOf));
    const pairs: Array<{ lid: string; pn: string }> = [];
    for (const participant of participants) {
      const [one, other] = formsOf(participant);
      if (one === undefined || other === undefined) continue;
      const { lid, phone } = this.#mappings.formsOf(one);
      if (other === lid || other === phone) continue;
      this.#mappings.learn(one, other);
      const forms = this.#mappings.formsOf(one);
      if (forms.lid !== undefined && forms.phone !== undefined) pairs.push({ lid: forms.lid, pn: forms.phone });
    }
    await signalRepository.lidMapping.storeLIDPNMappings(pairs);
    // One that fails is begun anew.
    for (const { lid, pn } of pairs) await signalRepository.migrateSession(pn, lid).catch(() => {});
  }
}

function isAdmin({ admin }: GroupParticipant): boolean {
  return admin === "admin" || admin === "superadmin";
}

/** Without devices, each once. */
function formsOf({ id, phoneNumber, lid }: Partial<GroupParticipant>): string[] {
  const forms = [id, phoneNumber, lid].map((form) => bareJid(form)).filter((form) => form !== undefined);
  return [...new Set(forms)];
}

/** The code in an answer to a question, where the server refused. The library has codes of its own for what was no answer. */
export function codeIn(error: unknown): number | undefined {
  const { data } = error as { data?: unknown };
  return typeof data === "number" && data > 0 ? data : undefined;
}
