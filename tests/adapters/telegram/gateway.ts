import type { Adapter, AdapterHandlers, AdapterState } from "../../../adapters/adapter.ts";
import type { Destination, InboundMessage } from "../../../adapters/record.ts";
import { createTelegramAdapter } from "../../../adapters/telegram/adapter.ts";
import type { TelegramOptions } from "../../../adapters/telegram/options.ts";
import type { FakeTelegram } from "../../fakes/telegram/fake-telegram.ts";
import { Log } from "../../fakes/telegram/log.ts";
import { MemoryBookmarks } from "../memory-bookmarks.ts";
import { MemoryVault } from "../memory-vault.ts";

/** The gateway's side of an adapter: notes what it is told, and commits when the test says so. */
export class RecordingGateway implements AdapterHandlers {
  readonly messages = new Log<InboundMessage>();
  readonly edits = new Log<InboundMessage>();
  readonly moves = new Log<{ from: Destination; to: string }>();
  readonly malformed = new Log<unknown>();
  readonly states = new Log<AdapterState>();
  readonly bookmarks = new MemoryBookmarks();
  readonly vault = new MemoryVault();
  /** What becomes of what is handed over. */
  commit: (message: InboundMessage) => Promise<void> = async () => {};
  commitMove: () => Promise<void> = async () => {};

  async onMessage(message: InboundMessage): Promise<boolean> {
    this.messages.add(message);
    await this.commit(message);
    return true;
  }

  onEdit(message: InboundMessage): Promise<void> {
    this.edits.add(message);
    return this.commit(message);
  }

  async onDelete(): Promise<void> {}

  async onSamePerson(): Promise<void> {}

  onChatMoved(from: Destination, to: string): Promise<void> {
    this.moves.add({ from, to });
    return this.commitMove();
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

  /** The reason of the first time that the adapter was not ready. */
  async reason(): Promise<string> {
    const state = await this.states.waitFor(({ ready }) => !ready);
    return state.ready ? "" : state.reason;
  }

  texts(): string[] {
    return this.messages.all.map(({ text }) => text);
  }
}

/** An adapter on the fake, which waits for nothing but notes for how long it would have. */
export function adapterOn(tg: FakeTelegram, options: Partial<TelegramOptions> = {}): Adapter & { waits: number[] } {
  const waits: number[] = [];
  const adapter = createTelegramAdapter({
    token: tg.token,
    apiRoot: tg.apiRoot,
    random: () => 0,
    sleep: async (ms) => void waits.push(ms),
    ...options,
  });
  return Object.assign(adapter, { waits });
}

/** A commit that the test lets happen. */
export function gate() {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return { passed: promise, open: resolve, refuse: () => reject(new Error("the disk is full")) };
}
