import { afterEach } from "vitest";
import type { Adapter, AdapterHandlers, AdapterState, OutboundChunk } from "../../../adapters/adapter.ts";
import { createDiscordAdapter } from "../../../adapters/discord/adapter.ts";
import type { DiscordOptions } from "../../../adapters/discord/options.ts";
import type { Destination, InboundMessage } from "../../../adapters/record.ts";
import { Bell } from "../../fakes/bell.ts";
import type { FakeChannel } from "../../fakes/discord/fake-channel.ts";
import { FakeDiscord, type FakeDiscordOptions } from "../../fakes/discord/fake-discord.ts";
import { Log } from "../../fakes/log.ts";
import { MemoryBookmarks } from "../memory-bookmarks.ts";
import { MemoryVault } from "../memory-vault.ts";

/** Marks on a disk that may be full. */
class KeptBookmarks extends MemoryBookmarks {
  fails = false;
  writes = 0;

  override async write(marks: ReadonlyMap<string, string | null>): Promise<void> {
    if (this.fails) throw new Error("the disk is full");
    this.writes += 1;
    await super.write(marks);
  }
}

/** The gateway's side of an adapter: notes what it is told, takes each message once, and commits when the test says so. */
export class RecordingGateway implements AdapterHandlers {
  readonly #bell = new Bell();
  /** Everything that was handed over, also again, also in vain. */
  readonly handedOver = new Log<InboundMessage>(this.#bell);
  /** What was committed: each message once. */
  readonly messages = new Log<InboundMessage>(this.#bell);
  readonly edits = new Log<InboundMessage>(this.#bell);
  readonly deletions = new Log<{ place: Destination; messageId: string }>(this.#bell);
  readonly malformed = new Log<unknown>(this.#bell);
  readonly states = new Log<AdapterState>(this.#bell);
  readonly skipped = new Log<string>(this.#bell);
  readonly bookmarks = new KeptBookmarks();
  readonly vault = new MemoryVault();
  /** What becomes of what is handed over. */
  commit: (message: InboundMessage) => Promise<void> = async () => {};
  /** Whether somebody will answer. */
  answers: (message: InboundMessage) => boolean = () => true;

  async onMessage(message: InboundMessage): Promise<boolean> {
    this.handedOver.add(message);
    await this.commit(message);
    const { messageId } = message.source;
    if (this.messages.all.some(({ source }) => source.messageId === messageId)) return false;
    this.messages.add(message);
    return this.answers(message);
  }

  async onEdit(message: InboundMessage): Promise<void> {
    await this.commit(message);
    this.edits.add(message);
  }

  async onDelete(place: Destination, messageId: string): Promise<void> {
    this.deletions.add({ place, messageId });
  }

  async onChatMoved(): Promise<void> {}

  async onSamePerson(): Promise<void> {}

  onMalformed(error: unknown): void {
    this.malformed.add(error);
  }

  onSkipped(reason: string): void {
    this.skipped.add(reason);
  }

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

  async said(text: string): Promise<InboundMessage> {
    return this.messages.waitFor((message) => message.text.includes(text));
  }

  texts(): string[] {
    return this.messages.all.map(({ text }) => text);
  }
}

type TestedAdapter = Adapter & { waits: number[] };

/** A fake, a gateway, and adapters between them; all are closed after the test. */
export class Stage {
  readonly discord: FakeDiscord;
  readonly gateway: RecordingGateway;
  readonly #opened: Adapter[] = [];

  private constructor(discord: FakeDiscord, gateway: RecordingGateway) {
    this.discord = discord;
    this.gateway = gateway;
  }

  static async open(options: FakeDiscordOptions = {}): Promise<Stage> {
    const stage = new Stage(await FakeDiscord.start(options), new RecordingGateway());
    stages.push(stage);
    return stage;
  }

  /** One that waits for nothing but notes for how long it would have. */
  adapter(options: Partial<DiscordOptions> = {}): TestedAdapter {
    const waits: number[] = [];
    const adapter = createDiscordAdapter({
      token: this.discord.token,
      apiRoot: this.discord.apiRoot,
      random: () => 0,
      sleep: async (ms) => {
        // Bookmarks are written all the time.
        if (ms !== 250) waits.push(ms);
        await new Promise(setImmediate);
      },
      ...options,
    });
    this.#opened.push(adapter);
    return Object.assign(adapter, { waits });
  }

  async started(options: Partial<DiscordOptions> = {}): Promise<TestedAdapter> {
    const adapter = this.adapter(options);
    await adapter.start(this.gateway);
    await this.gateway.ready();
    return adapter;
  }

  async close(): Promise<void> {
    for (const adapter of this.#opened) await adapter.close();
    await this.discord.close();
  }
}

let stages: Stage[] = [];

afterEach(async () => {
  for (const stage of stages) await stage.close();
  stages = [];
});

export const never = new AbortController().signal;

export function place(chatId: string, threadId?: string): Destination {
  return { platform: "discord", account: "default", chatId, ...(threadId !== undefined && { threadId }) };
}

let keys = 0;

export function chunk(
  to: Pick<FakeChannel, "id"> | Destination,
  text: string,
  more: Partial<OutboundChunk> = {},
): OutboundChunk {
  keys += 1;
  return { key: `key-${keys}`, index: 0, to: "id" in to ? place(to.id) : to, text, plain: text, ...more };
}

/** A commit that the test lets happen. */
export function gate() {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return { passed: promise, open: resolve, refuse: () => reject(new Error("the disk is full")) };
}
