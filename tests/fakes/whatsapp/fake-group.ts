import type { BinaryNode } from "@whiskeysockets/baileys";
import type { FakeContact } from "./fake-contact.ts";
import { type Group, memberAttributes } from "./group.ts";
import { groupNotice } from "./group-notices.ts";
import { element } from "./nodes.ts";
import { jidOf, type Person } from "./people.ts";
import type { World } from "./world.ts";

/** A group that the bot is in. What changes there is told to the bot as WhatsApp does. */
export class FakeGroup {
  readonly state: Group;
  readonly #world: World;

  constructor(world: World, group: Group) {
    this.#world = world;
    this.state = group;
  }

  /** `…@g.us` */
  get id(): string {
    return this.state.id;
  }

  get subject(): string {
    return this.state.subject;
  }

  async add({ state: person }: FakeContact, how: { by?: FakeContact } = {}): Promise<void> {
    this.state.members.push(person);
    this.#tell(how.by, element("add", {}, [this.#participant(person)]));
  }

  /** By themselves unless somebody else does it. */
  async remove(contact: FakeContact, { by = contact }: { by?: FakeContact } = {}): Promise<void> {
    const { state: person } = contact;
    const notice = element("remove", {}, [this.#participant(person)]);
    this.state.members = this.state.members.filter((member) => member !== person);
    this.state.admins.delete(person);
    await this.#renewKeys();
    this.#tell(by, notice);
  }

  promote({ state: person }: FakeContact, how: { by?: FakeContact } = {}): void {
    this.state.admins.add(person);
    this.#tell(how.by, element("promote", {}, [this.#participant(person)]));
  }

  demote({ state: person }: FakeContact, how: { by?: FakeContact } = {}): void {
    this.state.admins.delete(person);
    this.#tell(how.by, element("demote", {}, [this.#participant(person)]));
  }

  rename(subject: string, { by }: { by?: FakeContact } = {}): void {
    this.state.subject = subject;
    const attributes = { subject, s_t: String(Math.floor(this.#world.clock() / 1000)), s_o: this.#actor(by) };
    this.#tell(by, element("subject", attributes));
  }

  /** The bot is thrown out; it is told so, and nothing after. */
  async removeBot({ by }: { by?: FakeContact } = {}): Promise<void> {
    const jid = jidOf(this.#world.account, this.state.addressing);
    this.#tell(by, element("remove", {}, [element("participant", { jid })]));
    this.state.hasBot = false;
    await this.#renewKeys();
  }

  /** The bot is let in again. */
  addBot({ by }: { by?: FakeContact } = {}): void {
    this.state.hasBot = true;
    const jid = jidOf(this.#world.account, this.state.addressing);
    this.#tell(by, element("add", {}, [element("participant", { jid })]));
  }

  /** From now on only admins write. */
  announce(): void {
    this.state.announces = true;
    this.#tell(undefined, element("announcement"));
  }

  promoteBot(): void {
    this.state.botIsAdmin = true;
    const jid = jidOf(this.#world.account, this.state.addressing);
    this.#tell(undefined, element("promote", {}, [element("participant", { jid })]));
  }

  async #renewKeys(): Promise<void> {
    const devices = this.state.members.flatMap((member) => member.devices);
    await this.#world.inOrder(async () => {
      for (const device of devices) await device.renewGroupKey(this.id);
    });
  }

  #participant(person: Person): BinaryNode {
    return element("participant", memberAttributes(this.state, person));
  }

  #actor(by: FakeContact | undefined): string | undefined {
    const actor = by?.state ?? [...this.state.admins][0] ?? this.state.members[0];
    return actor && jidOf(actor, this.state.addressing);
  }

  #tell(by: FakeContact | undefined, change: BinaryNode): void {
    groupNotice(this.#world, this.state, this.#actor(by), change);
  }
}
