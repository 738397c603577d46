import { mkdir } from "node:fs/promises";
import { expect } from "vitest";
import { linkAccount } from "../../../adapters/whatsapp/link.ts";
import { visitSqliteStore } from "../../../sessions/sqlite/store.ts";
import type { FakeContact } from "../../fakes/whatsapp/fake-contact.ts";
import type { FakeGroup } from "../../fakes/whatsapp/fake-group.ts";
import { FakeWhatsApp } from "../../fakes/whatsapp/fake-whatsapp.ts";
import type { FakeMessage, SentMessage } from "../../fakes/whatsapp/seen.ts";
import { trustOption } from "../../fakes/whatsapp/trust-option.ts";
import {
  fits,
  type Heard,
  type HearOptions,
  numberOf,
  type Person,
  type ReceivedFile,
  type Said,
  type SayOptions,
  type Stage,
} from "./stage.ts";

const account = { platform: "whatsapp", account: "default" } as const;

/** One group with the bot in it, and everybody's private chat; the account is linked. */
export class WhatsAppStage implements Stage {
  readonly platform = "whatsapp";
  readonly groupKind = "group";
  readonly showsText = false;
  // How long a person would have written is not what is tested.
  readonly settings = { whatsapp: { pacing: "off" as const } };
  readonly wa: FakeWhatsApp;
  readonly group: FakeGroup;
  #gatewayUrl = "";

  private constructor(wa: FakeWhatsApp) {
    this.wa = wa;
    this.group = wa.group("Team", []);
  }

  static async open(): Promise<WhatsAppStage> {
    return new WhatsAppStage(await FakeWhatsApp.start());
  }

  get env(): Record<string, string> {
    return { WHATSAPP_ENABLED: "1", WHATSAPP_WS_URL: this.wa.url, NODE_OPTIONS: trustOption };
  }

  async prepare(dataDir: string): Promise<void> {
    await mkdir(dataDir, { recursive: true });
    const store = visitSqliteStore(dataDir);
    try {
      await linkAccount({
        vault: {
          read: (kind, ids) => store.vault(account, kind, ids),
          write: (entries) => store.setVault(account, entries),
        },
        wsUrl: this.wa.url,
        signal: new AbortController().signal,
        onQr: (text) => this.wa.link.scan(text),
        onPairingCode: () => {},
      });
    } finally {
      await store.close();
    }
  }

  async connect(gatewayUrl: string): Promise<void> {
    this.#gatewayUrl = gatewayUrl;
    await this.wa.connected;
  }

  /** Edits and deletions that the gateway has been told of: WhatsApp knows only that they are safe with it. */
  async changesTaken(): Promise<number> {
    const metrics = await (await fetch(`${this.#gatewayUrl}/metrics`)).text();
    const counts = metrics.matchAll(
      /^parley_messages_total\{platform="whatsapp",result="(?:edited|deleted)(?:-late)?"\} (\d+)/gm,
    );
    return Array.from(counts, ([, count]) => Number(count)).reduce((sum, count) => sum + count, 0);
  }

  async person(name: string): Promise<WhatsAppPerson> {
    const contact = this.wa.contact(name);
    await this.group.add(contact);
    return new WhatsAppPerson(this, contact);
  }

  botSaid(): Heard[] {
    return this.wa.sent.filter(({ to }) => to === this.group.id).map(heard);
  }

  setAdmin({ contact }: WhatsAppPerson, yes: boolean): void {
    if (yes) this.group.promote(contact);
    else this.group.demote(contact);
  }

  failAdminLookups(fail: boolean): void {
    this.wa.failGroupQueries(fail);
    // What the bot knows of the group is out of date: it has to ask.
    this.group.rename(fail ? "The Team" : "Team");
  }

  close(): Promise<void> {
    return this.wa.close();
  }
}

export class WhatsAppPerson implements Person {
  readonly contact: FakeContact;
  readonly #stage: WhatsAppStage;
  readonly #heard = new Set<string>();
  readonly #received = new Set<string>();

  constructor(stage: WhatsAppStage, contact: FakeContact) {
    this.#stage = stage;
    this.contact = contact;
  }

  get name(): string {
    return this.contact.name;
  }

  get id(): string {
    return `${this.contact.lid}@lid`;
  }

  async says(text: string, options: SayOptions = {}): Promise<Said> {
    const { inPrivate = false, replyTo, unaddressed = false } = options;
    const message = await this.contact.writes(text, {
      ...(inPrivate ? {} : { in: this.#stage.group }),
      mention: !(inPrivate || unaddressed || text.startsWith("/")),
      ...(replyTo === undefined ? {} : { quote: replyTo.ref as FakeMessage | SentMessage }),
    });
    await message.taken;
    return { id: message.id, ref: message };
  }

  picks({ text, ref }: Heard, label: string): Promise<Said> {
    const inPrivate = (ref as SentMessage).to !== this.#stage.group.id;
    return this.says(numberOf(text, label), { inPrivate, unaddressed: true });
  }

  async edits(said: Said, text: string): Promise<void> {
    const before = await this.#stage.changesTaken();
    await this.contact.edits(said.ref as FakeMessage, text);
    await expect.poll(() => this.#stage.changesTaken(), { interval: 5, timeout: 10_000 }).toBeGreaterThan(before);
  }

  async hears(wanted: string | RegExp, { inPrivate = false, answering }: HearOptions = {}): Promise<Heard> {
    const sent = await this.#stage.wa.waitFor(
      (message) =>
        this.#stands(message, inPrivate) &&
        (answering === undefined || message.quotes?.id === answering.id) &&
        !this.#heard.has(message.id) &&
        fits(message.text, wanted),
    );
    this.#heard.add(sent.id);
    return heard(sent);
  }

  async receives({ inPrivate = false } = {}): Promise<ReceivedFile> {
    const sent = await this.#stage.wa.waitFor(
      (message) => this.#stands(message, inPrivate) && message.media !== undefined && !this.#received.has(message.id),
    );
    this.#received.add(sent.id);
    return { name: sent.media?.name ?? "", text: sent.media?.bytes.toString("utf8") ?? "" };
  }

  async renames(name: string): Promise<void> {
    this.contact.rename(name);
  }

  #stands({ to }: SentMessage, inPrivate: boolean): boolean {
    const { contact } = this;
    return inPrivate ? contact.jid("lid") === to || contact.jid("phone") === to : to === this.#stage.group.id;
  }
}

function heard(sent: SentMessage): Heard {
  return { text: sent.text, ref: sent, quotes: sent.quotes?.id, thread: undefined };
}
