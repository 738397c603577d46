import { randomInt } from "node:crypto";
import { Bell } from "../bell.ts";
import { Log } from "../log.ts";
import { Account } from "./account.ts";
import { ChatServer } from "./chat-server.ts";
import { FakeContact } from "./fake-contact.ts";
import { FakeGroup } from "./fake-group.ts";
import { type Cut, Faults } from "./faults.ts";
import { FrontDesk } from "./front-desk.ts";
import type { Group } from "./group.ts";
import { describe, groupNotice } from "./group-notices.ts";
import type { Linking } from "./linking.ts";
import { MediaServer } from "./media-server.ts";
import { element } from "./nodes.ts";
import { Outbox, type Taken } from "./outbox.ts";
import { type Addressing, formOf, jidOf, newDevices, type Person } from "./people.ts";
import { quietSignal } from "./quiet.ts";
import { askAgain } from "./recipient.ts";
import type { FakeMessage, Presence, Receipt, SentMessage } from "./seen.ts";
import type { World } from "./world.ts";

export interface FakeWhatsAppOptions {
  /** The bot's number. Default 15550001111. */
  phone?: string;
  /** The bot's LID. Default 900000001. */
  lid?: string;
  /** Epoch milliseconds; default the real clock. */
  clock?: () => number;
}

export interface ContactOptions {
  phone?: string;
  lid?: string;
  /** Which name the private chat has. Default `lid`. */
  addressing?: Addressing;
  /** Whether stanzas and the directory name the other form. Default true. */
  tellsOther?: boolean;
  /** The number of the device that messages come from. Default 0, the phone. */
  device?: number;
}

/**
 * WhatsApp on this machine: the chat server and the media server, the bot's phone, and the people who write to it.
 *
 * `alice.writes("hi")` is what a person does; `whatsapp.sent` and `whatsapp.waitFor` are what people see of the bot. All of
 * it is encrypted with real Signal sessions. What is kept for the bot, and who it is linked as, outlives its connections.
 */
export class FakeWhatsApp {
  /** Linking the bot's device, as the phone and its owner do it. */
  readonly link: Linking;
  readonly media = new MediaServer();
  readonly #world: World;
  readonly #desk: FrontDesk;
  readonly #server: ChatServer;
  readonly #loud = quietSignal();
  #lastPerson = 0;

  private constructor({ phone = "15550001111", lid = "900000001", clock = Date.now }: FakeWhatsAppOptions) {
    const bell = new Bell();
    let turn: Promise<unknown> = Promise.resolve();
    this.#world = {
      clock,
      bell,
      account: new Account(phone, lid),
      people: [],
      groups: new Map(),
      outbox: new Outbox(),
      media: this.media,
      faults: new Faults(),
      sent: new Log(bell),
      receipts: new Log(bell),
      presences: new Log(bell),
      acks: new Log(bell),
      written: new Map(),
      arrivals: new Map(),
      violations: [],
      companion: undefined,
      inOrder: (work) => {
        const result = turn.then(work).finally(() => this.#desk.watchPreKeys());
        turn = result.catch(() => undefined);
        return result;
      },
    };
    this.#desk = new FrontDesk(this.#world);
    this.#server = new ChatServer(this.#desk);
    this.link = this.#desk.linking;
  }

  static async start(options: FakeWhatsAppOptions = {}): Promise<FakeWhatsApp> {
    const whatsapp = new FakeWhatsApp(options);
    await Promise.all([whatsapp.#server.listen(), whatsapp.media.listen()]);
    return whatsapp;
  }

  async close(): Promise<void> {
    this.#desk.terminate();
    await Promise.all([this.#server.close(), this.media.close()]);
    this.#loud();
  }

  /** `ws://127.0.0.1:…/ws/chat` */
  get url(): string {
    return this.#server.url;
  }

  /** The bot's bare numbers, and the number of its device; 0 where none is linked. */
  get bot(): { phone: string; lid: string; device: number } {
    const { account, companion } = this.#world;
    return { phone: account.phone, lid: account.lid, device: companion?.device ?? 0 };
  }

  contact(name: string, options: ContactOptions = {}): FakeContact {
    this.#lastPerson += 1;
    const { phone = `1555222${String(this.#lastPerson).padStart(4, "0")}`, device: writesWith = 0 } = options;
    const { lid = String(100_000_000_000_000 + this.#lastPerson), addressing = "lid", tellsOther = true } = options;
    const devices = newDevices({ lid, writesWith });
    const person: Person = { name, lid, phone, addressing, tellsOther, devices, writesWith };
    this.#world.people.push(person);
    return new FakeContact(this.#world, person);
  }

  /** A group of these people and the bot. The first admin is the one who cannot be deposed. */
  group(
    subject: string,
    contacts: readonly FakeContact[],
    { addressing = "lid", admins = [] }: { addressing?: Addressing; admins?: readonly FakeContact[] } = {},
  ): FakeGroup {
    const group: Group = {
      id: `1203630${randomInt(10 ** 11, 10 ** 12)}@g.us`,
      subject,
      addressing,
      createdAt: this.#world.clock(),
      members: contacts.map(({ state }) => state),
      admins: new Set(admins.map(({ state }) => state)),
      hasBot: true,
    };
    this.#world.groups.set(group.id, group);
    const creator = group.members[0] && jidOf(group.members[0], addressing);
    groupNotice(this.#world, group, creator, element("create", { type: "new" }, [describe(this.#world, group)]));
    return new FakeGroup(this.#world, group);
  }

  /** What these people show to everybody for a day, and nobody answers. */
  statuses(contacts: readonly FakeContact[]): FakeGroup {
    return new FakeGroup(this.#world, {
      id: "status@broadcast",
      subject: "",
      addressing: "lid",
      createdAt: this.#world.clock(),
      members: contacts.map(({ state }) => state),
      admins: new Set(),
      hasBot: true,
    });
  }

  /** From now on stanzas and the directory name both forms of somebody. */
  learnMapping({ state }: FakeContact): void {
    state.tellsOther = true;
  }

  /** What people see of the bot, in the order in which it first appeared, each id once. */
  get sent(): readonly SentMessage[] {
    return this.#world.sent.all;
  }

  /**
   * The ids of all that came from the bot, in the order in which the server first had them: that is where they stand, also
   * those that could be read later only.
   */
  get arrived(): readonly string[] {
    return [...this.#world.arrivals.keys()];
  }

  /** The first message of the bot whose text contains, matches or satisfies what is wanted, once there is one. */
  async waitFor(wanted: string | RegExp | ((sent: SentMessage) => boolean)): Promise<SentMessage> {
    return this.#world.sent.waitFor((sent) => {
      if (typeof wanted === "function") return wanted(sent);
      return typeof wanted === "string" ? sent.text.includes(wanted) : wanted.test(sent.text);
    });
  }

  /** The first `count` messages of the bot, once there are so many. */
  waitForSent(count: number): Promise<SentMessage[]> {
    return this.#world.sent.waitForMany(count);
  }

  /** What the bot has confirmed, in order. */
  get receipts(): readonly Receipt[] {
    return this.#world.receipts.all;
  }

  /** Ids of messages that the bot has acknowledged without a receipt, or before it. */
  get acks(): readonly string[] {
    return this.#world.acks.all;
  }

  /** Default: whichever comes first. */
  waitForReceipt(messageId: string, type?: Receipt["type"]): Promise<Receipt> {
    const fits = (receipt: Receipt) => receipt.messageId === messageId && (type === undefined || receipt.type === type);
    return this.#world.receipts.waitFor(fits);
  }

  /** What the bot has shown of itself, in order. */
  get presences(): readonly Presence[] {
    return this.#world.presences.all;
  }

  waitForPresence(state: Presence["state"], jid?: string): Promise<Presence> {
    const fits = (presence: Presence) => presence.state === state && (jid === undefined || presence.jid === jid);
    return this.#world.presences.waitFor(fits);
  }

  /** Resolves with what the bot said of a message in the end: that it has it, or that it cannot read it. */
  taken(message: FakeMessage): Promise<Taken> {
    return message.taken;
  }

  /**
   * The very same stanza again, so many times: one after the other, each when the bot has answered the last, or all at
   * once. Resolves when the bot has answered them all; at once if it is not there now, for then they wait for it.
   */
  async redeliver(message: FakeMessage, times = 1, { concurrently = false } = {}): Promise<void> {
    const node = this.#world.written.get(message.id)?.node;
    if (node === undefined) throw new Error("the bot was never told of this message");
    const { outbox } = this.#world;
    const deliver = () => new Promise<Taken>((resolve) => outbox.add(node, resolve));
    const count = Array.from({ length: times });
    if (!this.online) for (const _ of count) outbox.add(node);
    else if (concurrently) await Promise.all(count.map(deliver));
    else for (const _ of count) await deliver();
  }

  /** Somebody could not read a message of the bot. Resolves once it has come again and they have read it. */
  async asksAgain({ state }: FakeContact, sent: SentMessage): Promise<SentMessage> {
    const [phone] = state.devices;
    if (phone === undefined) throw new Error(`${state.name} has no phone`);
    const before = phone.opened.get(sent.id) ?? 0;
    const form = this.#world.groups.get(sent.to)?.addressing ?? formOf(sent.to);
    await askAgain(this.#world, phone, { id: sent.id, chat: sent.to, jid: jidOf(state, form) });
    await this.until(() => (phone.opened.get(sent.id) ?? 0) > before);
    return sent;
  }

  /** Resolves once the condition holds; it is looked at whenever something has happened. */
  async until(condition: () => boolean): Promise<void> {
    await this.#world.bell.when(() => condition() || undefined);
  }

  get paired(): boolean {
    return this.#world.companion !== undefined;
  }

  /** How often the bot has logged in. */
  get connections(): number {
    return this.#desk.logins;
  }

  /** The bot is logged in and told of everything. */
  get online(): boolean {
    return this.#desk.online;
  }

  /** Resolves as soon as the bot is online. */
  get connected(): Promise<void> {
    return this.until(() => this.online);
  }

  /** Resolves as soon as the bot has no connection. */
  get disconnected(): Promise<void> {
    return this.until(() => this.#desk.current === undefined);
  }

  /** Resolves once the bot has taken itself off the account. */
  get logout(): Promise<void> {
    return this.until(() => this.#desk.logouts > 0);
  }

  /** How many of the bot's one-time keys there are. */
  get preKeys(): number {
    return this.#world.companion?.preKeyCount ?? 0;
  }

  /** Others begin so many sessions with the bot. */
  spendPreKeys(count: number): void {
    this.#world.companion?.spendPreKeys(count);
  }

  /** Messages, notices and receipts that the bot has not confirmed. */
  get waiting(): number {
    return this.#world.outbox.waiting;
  }

  /** What the bot did that WhatsApp's own clients never do; no secrets in it. */
  get violations(): readonly string[] {
    return this.#world.violations;
  }

  /**
   * End the connection with a stream error. 401 takes the device off the account; 440 says that another connection took
   * its place.
   */
  disconnect(code: number, { reason }: { reason?: string } = {}): void {
    const connection = this.#desk.current;
    if (connection === undefined) throw new Error("the bot is not connected");
    if (code === 401) this.#desk.unlink(reason);
    else if (code === 440) connection.fail({}, [element("conflict", { type: reason ?? "replaced" })]);
    else connection.fail({ code: String(code) }, reason === undefined ? undefined : [element(reason)]);
  }

  /** Cut the line without a word. */
  drop(): void {
    this.#desk.reset();
  }

  /** New connections are refused from now on; what is open stays open. */
  refuse(): void {
    this.#server.refusing = true;
  }

  accept(): void {
    this.#server.refusing = false;
  }

  /** Every login is answered with `<failure>` and this reason; `null`: no longer. */
  failLogins(code: number | null): void {
    this.#world.faults.failedLogin = code ?? undefined;
  }

  /** Questions about a group are refused as a fault of the server's until this is taken back. */
  failGroupQueries(fail: boolean): void {
    this.#world.faults.groupsUnknown = fail;
  }

  /** The next messages of the bot are refused with this code, and nobody sees them. */
  failSends(code: number, times = 1): void {
    this.#world.faults.failSends(code, times);
  }

  /** The next messages are taken, but the bot is never told. */
  loseAck(times = 1): void {
    this.#world.faults.loseAcks(times);
  }

  /** Messages are taken, but the bot is told only after the release. */
  holdAcks(): { release(): void } {
    return this.#world.faults.holdAcks();
  }

  /** The line is cut at the bot's next message, which is taken or not; `undefined`: no longer. */
  cutAtSend(when: Cut | undefined): void {
    this.#world.faults.cutAtSend(when);
  }

  /** Until the release, nothing that the bot confirms counts: it will be told of it again when it connects anew. */
  forgetDelivery(): { release(): void } {
    return this.#world.faults.forget();
  }

  /** The file of a message is kept no longer (410). */
  expireMedia({ message }: FakeMessage): void {
    const { documentWithCaptionMessage, viewOnceMessageV2 } = message;
    const content = documentWithCaptionMessage?.message ?? viewOnceMessageV2?.message ?? message;
    const file = content.imageMessage ?? content.documentMessage ?? content.audioMessage ?? content.videoMessage;
    if (!file?.directPath) throw new Error("a message without a file");
    this.media.expire(file.directPath);
  }
}
