import { afterEach } from "vitest";
import type { Adapter, AdapterHandlers, AdapterState, OutboundChunk } from "../../../adapters/adapter.ts";
import type { Destination, InboundMessage } from "../../../adapters/record.ts";
import { createWhatsAppAdapter } from "../../../adapters/whatsapp/adapter.ts";
import { linkAccount } from "../../../adapters/whatsapp/link.ts";
import type { WhatsAppOptions } from "../../../adapters/whatsapp/options.ts";
import { Bell } from "../../fakes/bell.ts";
import { Log } from "../../fakes/log.ts";
import { FakeWhatsApp, type FakeWhatsAppOptions } from "../../fakes/whatsapp/fake-whatsapp.ts";
import { MemoryBookmarks } from "../memory-bookmarks.ts";
import { MemoryVault } from "../memory-vault.ts";

/** How often adapters under test look at the vault. */
export const LOOK_MS = 3_000;

/** The gateway's side of an adapter: notes what it is told, takes each message once, and commits when the test says so. */
export class RecordingGateway implements AdapterHandlers {
  readonly #bell = new Bell();
  /** Everything that was handed over, also again, also in vain. */
  readonly handedOver = new Log<InboundMessage>(this.#bell);
  /** What was committed: each message once. */
  readonly messages = new Log<InboundMessage>(this.#bell);
  readonly edits = new Log<InboundMessage>(this.#bell);
  readonly deletions = new Log<{ place: Destination; messageId: string; by?: string }>(this.#bell);
  readonly malformed = new Log<unknown>(this.#bell);
  readonly states = new Log<AdapterState>(this.#bell);
  /** Everything in the order in which it was told: `same <from> <to>`, `message <text>`. */
  readonly events = new Log<string>(this.#bell);
  readonly bookmarks = new MemoryBookmarks();
  readonly vault: MemoryVault;
  /** What becomes of what is handed over. */
  commit: (message: InboundMessage) => Promise<void> = async () => {};
  /** Whether somebody will answer. */
  answers: (message: InboundMessage) => boolean = () => true;

  constructor(vault = new MemoryVault()) {
    this.vault = vault;
  }

  async onMessage(message: InboundMessage): Promise<boolean> {
    this.handedOver.add(message);
    await this.commit(message);
    this.events.add(`message ${message.text}`);
    const { messageId } = message.source;
    if (this.messages.all.some(({ source }) => source.messageId === messageId)) return false;
    this.messages.add(message);
    return this.answers(message);
  }

  async onEdit(message: InboundMessage): Promise<void> {
    await this.commit(message);
    this.edits.add(message);
  }

  async onDelete(place: Destination, messageId: string, by?: string): Promise<void> {
    this.deletions.add({ place, messageId, ...(by !== undefined && { by }) });
  }

  async onChatMoved(): Promise<void> {}

  async onSamePerson(from: string, to: string): Promise<void> {
    this.events.add(`same ${from} ${to}`);
  }

  onMalformed(error: unknown): void {
    this.malformed.add(error);
  }

  onSkipped(): void {}

  onState(state: AdapterState): void {
    this.states.add(state);
  }

  async ready(): Promise<void> {
    await this.states.waitFor(({ ready }) => ready);
  }

  /** So many times ready, with something else in between. */
  async readyAgain(times = 2): Promise<void> {
    await this.states.waitForMany(times, ({ ready }) => ready);
  }

  reasons(): string[] {
    return this.states.all.flatMap((state) => (state.ready ? [] : [state.reason]));
  }

  /** Resolves once the operator has read that. */
  async reason(text: string): Promise<void> {
    await this.states.waitFor((state) => !state.ready && state.reason.includes(text));
  }

  async said(text: string): Promise<InboundMessage> {
    return this.messages.waitFor((message) => message.text.includes(text));
  }

  texts(): string[] {
    return this.messages.all.map(({ text }) => text);
  }
}

export type TestedAdapter = Adapter & { waits: number[] };

/** A fake, a gateway, and adapters between them; all are closed after the test. */
export class Stage {
  readonly wa: FakeWhatsApp;
  readonly gateway: RecordingGateway;
  readonly #opened: Adapter[] = [];

  private constructor(wa: FakeWhatsApp, gateway: RecordingGateway) {
    this.wa = wa;
    this.gateway = gateway;
  }

  static async open(options: FakeWhatsAppOptions = {}): Promise<Stage> {
    const stage = new Stage(await FakeWhatsApp.start(options), new RecordingGateway());
    stages.push(stage);
    return stage;
  }

  /** With an account that is linked. */
  static async linked(options: FakeWhatsAppOptions = {}): Promise<Stage> {
    const stage = await Stage.open(options);
    await stage.link();
    return stage;
  }

  /** Link the account, as its owner does. */
  async link(vault = this.gateway.vault): Promise<void> {
    const { url, link } = this.wa;
    await linkAccount({ vault, wsUrl: url, signal: never, onQr: (text) => link.scan(text), onPairingCode: () => {} });
  }

  /** One that waits for nothing but notes for how long it would have. */
  adapter(options: WhatsAppOptions = {}): TestedAdapter {
    const waits: number[] = [];
    const { vault } = this.gateway;
    let seen = vault.version;
    const adapter = createWhatsAppAdapter({
      wsUrl: this.wa.url,
      pacing: false,
      lookMs: LOOK_MS,
      random: () => 0,
      sleep: async (ms, signal) => {
        // The vault is looked at whenever something has been written to it.
        if (ms === LOOK_MS) {
          // Also while the adapter was about something else: nobody comes to tell it again.
          await vault.changed(seen, signal);
          seen = vault.version;
          return;
        }
        waits.push(ms);
        await new Promise(setImmediate);
      },
      ...options,
    });
    this.#opened.push(adapter);
    return Object.assign(adapter, { waits });
  }

  async started(options: WhatsAppOptions = {}, gateway = this.gateway): Promise<TestedAdapter> {
    const adapter = this.adapter(options);
    await adapter.start(gateway);
    await gateway.ready();
    return adapter;
  }

  async close(): Promise<void> {
    for (const adapter of this.#opened) await adapter.close();
    await this.wa.close();
  }
}

let stages: Stage[] = [];

afterEach(async () => {
  for (const stage of stages) await stage.close();
  stages = [];
});

export const never = new AbortController().signal;

export function place(chatId: string): Destination {
  return { platform: "whatsapp", account: "default", chatId };
}

let keys = 0;

export function chunk(to: string, text: string, more: Partial<OutboundChunk> = {}): OutboundChunk {
  keys += 1;
  return { key: `key-${keys}`, index: 0, to: place(to), text, plain: text, ...more };
}

/** A commit that the test lets happen. */
export function gate() {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return { passed: promise, open: resolve, refuse: () => reject(new Error("the disk is full")) };
}
