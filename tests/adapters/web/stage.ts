import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { onTestFinished } from "vitest";
import type { Adapter, AdapterHandlers, AdapterState, OutboundChunk } from "../../../adapters/adapter.ts";
import type { Destination, InboundMessage } from "../../../adapters/record.ts";
import { createWebAdapter } from "../../../adapters/web/adapter.ts";
import type { WebOptions } from "../../../adapters/web/options.ts";
import { WebPerson } from "../../fakes/web/client.ts";
import { MemoryBookmarks } from "../memory-bookmarks.ts";
import { MemoryVault } from "../memory-vault.ts";

/** What stands in for the gateway: it takes everything and remembers it, until `takes` says otherwise. */
export class Taker implements AdapterHandlers {
  readonly messages: InboundMessage[] = [];
  readonly edits: InboundMessage[] = [];
  readonly deletions: Array<{ place: Destination; messageId: string }> = [];
  readonly states: AdapterState[] = [];
  readonly bookmarks = new MemoryBookmarks();
  readonly vault = new MemoryVault();
  /** Decides about each message before it counts as taken. */
  takes: (message: InboundMessage) => Promise<void> = async () => {};

  async onMessage(message: InboundMessage): Promise<boolean> {
    await this.takes(message);
    this.messages.push(message);
    return true;
  }

  async onEdit(message: InboundMessage): Promise<void> {
    await this.takes(message);
    this.edits.push(message);
  }

  async onDelete(place: Destination, messageId: string): Promise<void> {
    this.deletions.push({ place, messageId });
  }

  async onChatMoved(): Promise<void> {}

  async onSamePerson(): Promise<void> {}

  onMalformed(error: unknown): void {
    throw error;
  }

  onSkipped(): void {}

  onState(state: AdapterState): void {
    this.states.push(state);
  }

  texts(): string[] {
    return this.messages.map((message) => message.text);
  }
}

/** Timers that go off when a test says so. */
export class Alarms {
  readonly #pending = new Map<symbol, { ms: number; callback: () => void }>();

  after = (ms: number, callback: () => void): (() => void) => {
    const key = Symbol();
    this.#pending.set(key, { ms, callback });
    return () => this.#pending.delete(key);
  };

  get pending(): number {
    return this.#pending.size;
  }

  /** Set off what was set for this long. */
  ring(ms: number): void {
    for (const [key, alarm] of [...this.#pending]) {
      if (alarm.ms !== ms) continue;
      this.#pending.delete(key);
      alarm.callback();
    }
  }
}

/** The web platform over real HTTP, with its file in a folder of its own; it closes with the test that opened it. */
export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), "parley-web-"));
  readonly file = join(this.folder, "web.db");
  readonly taker = new Taker();
  readonly #options: Partial<WebOptions>;
  readonly #people: WebPerson[] = [];
  #adapter: Adapter | undefined;
  #server: ReturnType<typeof serve> | undefined;
  baseUrl = "";

  private constructor(options: Partial<WebOptions>) {
    this.#options = options;
  }

  static async open(options: Partial<WebOptions> = {}): Promise<Stage> {
    const stage = new Stage(options);
    onTestFinished(() => stage.close());
    await stage.start();
    return stage;
  }

  get adapter(): Adapter {
    if (this.#adapter === undefined) throw new Error("the stage is dark");
    return this.#adapter;
  }

  async start(taker: AdapterHandlers = this.taker, port = 0): Promise<void> {
    const adapter = createWebAdapter({ file: this.file, access: { kind: "loopback" }, ...this.#options });
    const { promise: listening, resolve } = Promise.withResolvers<AddressInfo>();
    const answer = (request: Request) => adapter.http?.fetch(request) ?? new Response(null, { status: 404 });
    this.#server = serve({ fetch: answer, hostname: "127.0.0.1", port }, resolve);
    this.baseUrl = `http://127.0.0.1:${(await listening).port}`;
    this.#adapter = adapter;
    await adapter.start(taker);
  }

  async join(name: string, accessToken?: string): Promise<WebPerson> {
    const person = await WebPerson.join(this.baseUrl, name, accessToken);
    this.#people.push(person);
    return person;
  }

  /** What the bot says. */
  send(chunk: Partial<OutboundChunk> & { key: string }, chatId = "lobby", threadId?: string): Promise<string> {
    return this.adapter.send(
      { to: place(chatId, threadId), index: 0, text: "<p>Hello</p>", plain: "Hello", ...chunk },
      new AbortController().signal,
    );
  }

  /** Everything ends, as when the process is gone; the file stays. */
  async dark(): Promise<void> {
    await this.#adapter?.close();
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      if ("closeAllConnections" in server) server.closeAllConnections();
    });
  }

  async close(): Promise<void> {
    await this.dark();
    for (const person of this.#people) await person.close();
    rmSync(this.folder, { recursive: true });
  }
}

export function place(chatId: string, threadId?: string): Destination {
  const chat = { platform: "web" as const, account: "default", chatId };
  return threadId === undefined ? chat : { ...chat, threadId };
}
