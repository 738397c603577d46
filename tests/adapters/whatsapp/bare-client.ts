import { Worker } from "node:worker_threads";
import { BufferJSON, type WAMessage } from "@whiskeysockets/baileys";
import { Bell } from "../../fakes/bell.ts";
import { Log } from "../../fakes/log.ts";
import type { FakeWhatsApp } from "../../fakes/whatsapp/fake-whatsapp.ts";

interface Update {
  connection?: "open" | "connecting" | "close";
  qr?: string;
  /** Of a connection that ended. */
  code?: number;
}

/** The real client library, bare, in a thread of its own: nothing of its timers is left when the thread ends. */
export class BareClient {
  readonly updates: Log<Update>;
  /** What arrived, and whether it had waited while the client was away. */
  readonly messages: Log<WAMessage & { waited: boolean }>;
  /** Everything else, by the name of the event. */
  readonly events: Log<{ event: string; data: unknown }>;
  readonly #url: string;
  readonly #thread: Worker;
  readonly #answers = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #shown = new Set<string>();
  #begun = 0;
  #calls = 0;

  /** One that does not trust has no preloads. */
  constructor(url: string, { trusting = true } = {}) {
    this.#url = url;
    const file = new URL("./bare-client-thread.ts", import.meta.url);
    this.#thread = new Worker(file, { stdout: true, stderr: true, ...(!trusting && { execArgv: [] }) });
    const bell = new Bell();
    this.updates = new Log(bell);
    this.messages = new Log(bell);
    this.events = new Log(bell);
    this.#thread.on("message", (text: string) => this.#hear(JSON.parse(text, BufferJSON.reviver)));
  }

  /** Be linked, by a QR code, and come online. */
  async link(whatsapp: FakeWhatsApp): Promise<void> {
    await this.connect();
    await whatsapp.link.scan(await this.qr());
    await this.restart(whatsapp);
  }

  /** After linking: the connection ends with 515, and the next one is open. */
  async restart(whatsapp: FakeWhatsApp): Promise<void> {
    await this.closed(515);
    await this.reconnect();
    await whatsapp.connected;
  }

  /** Connect, and resolve once the connection is open. */
  async reconnect(): Promise<void> {
    await this.connect();
    await this.#sinceConnected(({ connection }) => connection === "open");
  }

  async connect(): Promise<void> {
    this.#begun = this.updates.all.length;
    await this.call("connect", this.#url);
  }

  /** Resolves once the device shows a QR code that it has not shown before. */
  async qr(): Promise<string> {
    const { qr = "" } = await this.updates.waitFor((update) => update.qr !== undefined && !this.#shown.has(update.qr));
    this.#shown.add(qr);
    return qr;
  }

  /** Resolves once a connection has ended; it has to be with this code. */
  async closed(code: number): Promise<void> {
    const ended = await this.#sinceConnected(({ connection }) => connection === "close");
    if (ended.code !== code) throw new Error(`ended with ${ended.code} instead of ${code}`);
  }

  waitForMessage(id: string): Promise<WAMessage & { waited: boolean }> {
    return this.messages.waitFor(({ key, message }) => key.id === id && Boolean(message));
  }

  async send(to: string, content: object, options: object = {}): Promise<WAMessage> {
    return (await this.call("sendMessage", to, content, options)) as WAMessage;
  }

  /** Have the thread do something; see its actions, and the methods of the library's socket. */
  call(name: string, ...args: unknown[]): Promise<unknown> {
    this.#calls += 1;
    const answer = Promise.withResolvers<unknown>();
    this.#answers.set(this.#calls, answer);
    this.#thread.postMessage(JSON.stringify({ id: this.#calls, name, args }, BufferJSON.replacer));
    return answer.promise;
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
  }

  /** What happened since the connection was last begun. */
  #sinceConnected(fits: (update: Update) => boolean): Promise<Update> {
    const { all } = this.updates;
    return this.updates.waitFor((update) => all.indexOf(update) >= this.#begun && fits(update));
  }

  #hear(said: { id?: number; result?: unknown; error?: string; event?: string; data?: unknown }): void {
    if (said.id !== undefined) {
      const answer = this.#answers.get(said.id);
      if (said.error === undefined) answer?.resolve(said.result);
      else answer?.reject(new Error(said.error));
    } else if (said.event === "connection.update") this.updates.add(said.data as Update);
    else if (said.event === "messages.upsert") {
      const { messages, type } = said.data as { messages: WAMessage[]; type: string };
      for (const message of messages) this.messages.add({ ...message, waited: type === "append" });
    } else this.events.add({ event: said.event ?? "", data: said.data });
  }
}
