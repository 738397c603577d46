import type { WireEvents, WireMessage } from "../../../adapters/web/wire.ts";
import { readEvents } from "./event-stream.ts";

export interface SayOptions {
  files?: ReadonlyArray<{ name: string; mimeType?: string; base64: string }>;
  thread?: string;
  replyTo?: string;
  clientId?: string;
}

export type Heard = { [Name in keyof WireEvents]: { name: Name; data: WireEvents[Name] } }[keyof WireEvents];

interface Waiting {
  take(event: Heard): boolean;
  fail(error: Error): void;
}

const PATIENCE_MS = 15_000;

/** An answer of the HTTP API that is no success. */
export class WebRefusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(`${status} ${code}: ${message}`);
    this.name = "WebRefusal";
    this.status = status;
    this.code = code;
  }
}

/**
 * Somebody who uses the web platform of a running gateway, over its HTTP API alone.
 *
 * Listens from the moment of joining. `hears` gives each message once: the first one heard since joining that fits and
 * that no earlier `hears` gave.
 */
export class WebPerson implements AsyncDisposable {
  readonly id: string;
  readonly token: string;
  name: string;
  #baseUrl: string;
  #stream: AbortController | undefined;
  #listening: Promise<void> = Promise.resolve();
  #lastEventId: string | undefined;
  /** Events that no one has been given yet. */
  readonly #unclaimed: Heard[] = [];
  readonly #heard: WireMessage[] = [];
  readonly #waiting = new Set<Waiting>();
  readonly #looks = new Set<(event: Heard) => void>();

  private constructor(baseUrl: string, person: { id: string; name: string; token: string }) {
    this.#baseUrl = baseUrl.replace(/\/$/, "");
    this.id = person.id;
    this.name = person.name;
    this.token = person.token;
  }

  /** @throws WebRefusal */
  static async join(baseUrl: string, name: string, accessToken?: string): Promise<WebPerson> {
    const response = await fetch(new URL("/web/api/people", baseUrl), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(accessToken === undefined ? { name } : { name, accessToken }),
    });
    const person = new WebPerson(baseUrl, await answerOf<{ id: string; name: string; token: string }>(response));
    await person.reconnect();
    return person;
  }

  /** Any request to the API, as this person. `path` is below `/web/api`. */
  request(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
    signal?: AbortSignal,
  ): Promise<Response> {
    const init: RequestInit = { method, headers: { authorization: `Bearer ${this.token}`, ...headers } };
    if (signal !== undefined) init.signal = signal;
    if (body !== undefined) {
      init.headers = { "content-type": "application/json", ...init.headers };
      init.body = JSON.stringify(body);
    }
    return fetch(`${this.#baseUrl}/web/api${path}`, init);
  }

  /** Write in a room, or to the bot in private with `dm`. @throws WebRefusal */
  async say(room: string, text: string, options: SayOptions = {}): Promise<WireMessage> {
    return answerOf(await this.request("POST", `/rooms/${room}/messages`, { text, ...options }));
  }

  /** @throws WebRefusal */
  async edit(message: WireMessage, text: string): Promise<WireMessage> {
    return answerOf(await this.request("PATCH", `/rooms/${message.room}/messages/${message.id}`, { text }));
  }

  /** @throws WebRefusal */
  async erase(message: WireMessage): Promise<void> {
    await answerOf(await this.request("DELETE", `/rooms/${message.room}/messages/${message.id}`));
  }

  /** @throws WebRefusal */
  async rename(name: string): Promise<void> {
    await answerOf(await this.request("PATCH", "/me", { name }));
    this.name = name;
  }

  /** The newest messages, oldest first. @throws WebRefusal */
  async history(
    room: string,
    query: { thread?: string; before?: string; limit?: number } = {},
  ): Promise<WireMessage[]> {
    const search = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]));
    const page = await answerOf<{ messages: WireMessage[] }>(
      await this.request("GET", `/rooms/${room}/messages?${search}`),
    );
    return page.messages;
  }

  /** One of the files that came with a message. */
  load({ room, id }: WireMessage, n: number): Promise<Response> {
    return this.request("GET", `/rooms/${room}/messages/${id}/files/${n}`);
  }

  /** The next new message that fits. @throws if none comes in good time, or the stream ends */
  async hears(fits: (message: WireMessage) => boolean, patienceMs = PATIENCE_MS): Promise<WireMessage> {
    return this.hearsEvent("message", fits, patienceMs);
  }

  /** The next event of a kind that fits. */
  hearsEvent<Name extends keyof WireEvents>(
    name: Name,
    fits: (data: WireEvents[Name]) => boolean = () => true,
    patienceMs = PATIENCE_MS,
  ): Promise<WireEvents[Name]> {
    const isIt = (event: Heard): event is Extract<Heard, { name: Name }> =>
      event.name === name && fits(event.data as WireEvents[Name]);
    const index = this.#unclaimed.findIndex(isIt);
    const found = this.#unclaimed[index];
    if (found !== undefined) {
      this.#unclaimed.splice(index, 1);
      return Promise.resolve(found.data as WireEvents[Name]);
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        take: (event) => {
          if (!isIt(event)) return false;
          settle();
          resolve(event.data as WireEvents[Name]);
          return true;
        },
        fail: (error) => {
          settle();
          reject(error);
        },
      };
      const timer = setTimeout(() => {
        const said = this.#heard.map((message) => `${message.room} ${message.user.name}: ${message.text}`);
        waiting.fail(new Error(`${this.name} heard no such ${name}. Heard:\n${said.join("\n")}`));
      }, patienceMs);
      const settle = () => {
        clearTimeout(timer);
        this.#waiting.delete(waiting);
      };
      this.#waiting.add(waiting);
    });
  }

  /** `look` is called with every event from now on. */
  onEvent(look: (event: Heard) => void): void {
    this.#looks.add(look);
  }

  /** Every new message heard so far. */
  heard(): readonly WireMessage[] {
    return this.#heard;
  }

  /** Listen again, from the last event heard on; `baseUrl` if the gateway came back elsewhere. */
  async reconnect(baseUrl?: string): Promise<void> {
    if (baseUrl !== undefined) this.#baseUrl = baseUrl.replace(/\/$/, "");
    await this.disconnect();
    const stream = new AbortController();
    const headers = { authorization: `Bearer ${this.token}` };
    const response = await fetch(`${this.#baseUrl}/web/api/events`, {
      headers: this.#lastEventId === undefined ? headers : { ...headers, "last-event-id": this.#lastEventId },
      signal: stream.signal,
    });
    if (!response.ok || response.body === null) await answerOf(response);
    else {
      this.#stream = stream;
      this.#listening = this.#listen(response.body, stream.signal);
    }
  }

  /** Stop listening; what others say meanwhile is heard after `reconnect`. */
  async disconnect(): Promise<void> {
    this.#stream?.abort();
    this.#stream = undefined;
    await this.#listening;
  }

  async close(): Promise<void> {
    await this.disconnect();
    for (const waiting of [...this.#waiting]) waiting.fail(new Error(`${this.name} has left`));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #listen(body: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<void> {
    try {
      for await (const { name, data, id } of readEvents(body)) {
        if (signal.aborted) return;
        if (id !== undefined) this.#lastEventId = id;
        this.#take({ name, data } as Heard);
      }
    } catch {
      // Cut off, by us or by the other side: whoever waits goes on waiting for a reconnect.
    }
  }

  #take(event: Heard): void {
    for (const look of this.#looks) look(event);
    if (event.name === "message") this.#heard.push(event.data);
    for (const waiting of this.#waiting) if (waiting.take(event)) return;
    this.#unclaimed.push(event);
  }
}

async function answerOf<T>(response: Response): Promise<T> {
  const text = await response.text();
  const body: unknown = text === "" ? undefined : JSON.parse(text);
  if (response.ok) return body as T;
  const { error } = body as { error: { code: string; message: string } };
  throw new WebRefusal(response.status, error.code, error.message);
}
