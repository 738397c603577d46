import { type Failure, fromFailure, ThreadError, toFailure } from "./failures.ts";

/** Names of calls, with what they take and what they give. */
export type CallMap<C> = { [Name in keyof C]: { takes: unknown; gives: unknown } };

/** The side that does what is asked. */
export type Serves<C extends CallMap<C>> = {
  [Name in keyof C]: (takes: C[Name]["takes"], signal: AbortSignal) => Promise<C[Name]["gives"]>;
};

type Letter =
  | { type: "call"; id: number; name: string; takes: unknown }
  | { type: "cancel"; id: number }
  | { type: "answer"; id: number; gives: unknown }
  | { type: "failure"; id: number; failure: Failure };

/**
 * Calls between two threads, in both directions over one port.
 *
 * A call that is cancelled still ends when the other side answers: what it was doing is then known. Once the other side
 * is gone, `end` fails whatever is open, and every later call.
 */
export class ThreadCalls<Asked extends CallMap<Asked>, Served extends CallMap<Served>> {
  readonly #post: (letter: Letter) => void;
  readonly #serves: Serves<Served>;
  readonly #open = new Map<number, { resolve(gives: unknown): void; reject(error: Error): void }>();
  readonly #serving = new Map<number, AbortController>();
  #lastId = 0;
  #gone = false;

  constructor(port: { postMessage(value: unknown): void }, serves: Serves<Served>) {
    this.#post = (letter) => port.postMessage(letter);
    this.#serves = serves;
  }

  async call<Name extends keyof Asked & string>(
    name: Name,
    takes: Asked[Name]["takes"],
    signal?: AbortSignal,
  ): Promise<Asked[Name]["gives"]> {
    if (this.#gone) throw new ThreadError("gone", "thread-gone");
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = Promise.withResolvers<Asked[Name]["gives"]>();
    this.#open.set(id, answer);
    const cancel = () => this.#post({ type: "cancel", id });
    this.#post({ type: "call", id, name, takes });
    signal?.addEventListener("abort", cancel, { once: true });
    if (signal?.aborted) cancel();
    try {
      return await answer.promise;
    } finally {
      signal?.removeEventListener("abort", cancel);
      this.#open.delete(id);
    }
  }

  /** To be given every message of the port. */
  receive(message: unknown): void {
    const letter = message as Letter;
    if (letter.type === "call") void this.#serve(letter);
    else if (letter.type === "cancel") this.#serving.get(letter.id)?.abort();
    else if (letter.type === "answer") this.#open.get(letter.id)?.resolve(letter.gives);
    else this.#open.get(letter.id)?.reject(fromFailure(letter.failure));
  }

  /** The other side is gone. */
  end(): void {
    this.#gone = true;
    for (const { reject } of this.#open.values()) reject(new ThreadError("gone", "thread-gone"));
    for (const controller of this.#serving.values()) controller.abort();
  }

  async #serve({ id, name, takes }: { id: number; name: string; takes: unknown }): Promise<void> {
    const controller = new AbortController();
    this.#serving.set(id, controller);
    try {
      const serve = this.#serves[name as keyof Served] as (takes: unknown, signal: AbortSignal) => Promise<unknown>;
      const gives = await serve(takes, controller.signal);
      if (!this.#gone) this.#post({ type: "answer", id, gives });
    } catch (error) {
      if (!this.#gone) this.#post({ type: "failure", id, failure: toFailure(error) });
    } finally {
      this.#serving.delete(id);
    }
  }
}
