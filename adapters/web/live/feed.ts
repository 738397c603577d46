import { WebError } from "../errors.ts";
import type { WebSettings } from "../options.ts";
import type { WireEvents } from "../wire.ts";
import { frame } from "./frame.ts";
import { Listener } from "./listener.ts";
import type { Replay } from "./replay.ts";

/** Everybody who listens at the moment. */
export class Feed {
  readonly #settings: WebSettings;
  readonly #replay: Replay;
  readonly #listeners = new Set<Listener>();

  constructor(settings: WebSettings, replay: Replay) {
    this.#settings = settings;
    this.#replay = replay;
  }

  /**
   * @param after the last change that the client knows; from now on if it knows none
   * @throws WebError `too-many`
   */
  listen(userId: string, after: number | undefined): ReadableStream<Uint8Array> {
    const { limits, environment } = this.#settings;
    let open = 0;
    for (const listener of this.#listeners) if (listener.userId === userId) open += 1;
    if (open >= limits.streamsPerPerson) {
      throw new WebError("too-many", "You have this chat open too many times. Close some of its windows.");
    }
    const latest = this.#replay.latest();
    // A client that knows more than there is has seen another database.
    const reset = after !== undefined && (after > latest || this.#replay.isBehind(after, userId, limits.replay));
    const listener = new Listener({
      userId,
      replay: this.#replay,
      environment,
      heartbeatMs: limits.heartbeatMs,
      after: reset ? latest : (after ?? latest),
      reset,
      onClose: (closed) => this.#listeners.delete(closed),
    });
    this.#listeners.add(listener);
    return listener.body;
  }

  /** There is news in the log. */
  wake(): void {
    for (const listener of this.#listeners) listener.wake();
  }

  /**
   * Tell those who listen now.
   *
   * @param owner the one person who may know; `null` for everybody
   * @param key what a newer event of the same kind replaces
   */
  pass<Name extends "typing" | "preview">(owner: string | null, key: string, name: Name, data: WireEvents[Name]): void {
    const text = frame(name, data);
    for (const listener of this.#listeners) {
      if (owner === null || listener.userId === owner) listener.pass(`${name} ${key}`, text);
    }
  }

  close(): void {
    for (const listener of [...this.#listeners]) listener.close();
  }
}
