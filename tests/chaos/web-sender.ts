import type { WebPerson } from "../fakes/web/client.ts";

const RETRY_MS = 100;

/** What goes wrong with one post: its connection is cut, its answer is not heard, or it is sent twice at the same time. */
export type PostFault = "cut" | "unheard" | "twice";

interface Post {
  room: string;
  text: string;
  /** Chosen once: however often it is posted, it is one message. */
  clientId: string;
}

export interface WebSenderOptions {
  name: string;
  /** Takes what is to go wrong with the next post of anybody. */
  fault(): PostFault | undefined;
}

/**
 * What a person's own client does: posts what was written, one thing after the other, each again and again until the
 * gateway has said that it has it.
 */
export class WebSender {
  readonly #options: WebSenderOptions;
  readonly #closing = new AbortController();
  readonly #queue: Post[] = [];
  #person: WebPerson | undefined;
  #count = 0;
  #sending: Promise<void> | undefined;
  /** Ends a pause early. */
  #hurry: () => void = () => {};

  constructor(options: WebSenderOptions) {
    this.#options = options;
  }

  send(room: string, text: string): void {
    this.#count += 1;
    this.#queue.push({ room, text, clientId: `${this.#options.name}-${this.#count}` });
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  /** The gateway is there (again). */
  through(person: WebPerson): void {
    this.#person = person;
    this.#hurry();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#hurry();
    await this.#sending;
  }

  async #sendAll(): Promise<void> {
    for (let post = this.#queue[0]; post !== undefined && !this.#closing.signal.aborted; post = this.#queue[0]) {
      if (await this.#post(post)) this.#queue.shift();
      else await this.#pause();
    }
  }

  /** @returns whether the gateway has it */
  async #post(post: Post): Promise<boolean> {
    if (this.#person === undefined) return false;
    const fault = this.#options.fault();
    const cut = new AbortController();
    const once = () => this.#request(post, AbortSignal.any([cut.signal, this.#closing.signal]));
    const posting = fault === "twice" ? Promise.all([once(), once()]).then(([first]) => first) : once();
    if (fault === "cut") setImmediate(() => cut.abort());
    const taken = await posting;
    return taken && fault !== "unheard";
  }

  async #request({ room, ...body }: Post, signal: AbortSignal): Promise<boolean> {
    try {
      const response = await this.#person?.request("POST", `/rooms/${room}/messages`, body, {}, signal);
      await response?.body?.cancel();
      return response?.ok === true;
    } catch {
      return false;
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, RETRY_MS);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
