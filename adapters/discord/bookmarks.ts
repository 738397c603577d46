import type { Bookmarks } from "../adapter.ts";
import type { Sleep } from "../backoff.ts";
import { compareSnowflakes, isSnowflake } from "./ids.ts";

const WRITE_EVERY_MS = 250;

/**
 * How far each place has been read: a copy in memory of what is kept on disk.
 *
 * A place is a channel's, thread's, private chat's or server's, its mark the id of the last message of which the gateway
 * needs to hear no more. Marks only ever go forward, and reach the disk together a moment later: what a crash loses is
 * read again, and the gateway knows those messages already. A place's first mark is written at once, and so together with
 * the first message from it: without one, a place is not read back at all.
 */
export class Marks {
  readonly #sleep: Sleep;
  readonly #stopping = new AbortController();
  #bookmarks: Bookmarks | undefined;
  #marks = new Map<string, string>();
  #changed = new Map<string, string | null>();
  #writing: Promise<void> = Promise.resolve();
  #planned = false;
  #first: Promise<void> | undefined;

  constructor(sleep: Sleep) {
    this.#sleep = sleep;
  }

  async load(bookmarks: Bookmarks): Promise<void> {
    this.#bookmarks = bookmarks;
    // One that is damaged would be asked for in vain, and never be passed.
    this.#marks = new Map([...(await bookmarks.read())].filter(([, mark]) => isSnowflake(mark)));
  }

  get(place: string): string | undefined {
    return this.#marks.get(place);
  }

  entries(): Iterable<[place: string, mark: string]> {
    return this.#marks;
  }

  /** Set the mark of a place that may have none yet. */
  begin(place: string, mark: string): void {
    if (this.#marks.has(place)) return;
    this.#set(place, mark);
    // Once what begins together has begun.
    this.#first ??= Promise.resolve()
      .then(() => this.#write())
      .finally(() => {
        this.#first = undefined;
      });
  }

  /** Move a mark on. A place that has none keeps none. Whatever stands in a channel comes after the channel itself. */
  advance(place: string, messageId: string): void {
    const mark = this.#marks.get(place);
    if (mark === undefined) return;
    if (mark === place || compareSnowflakes(messageId, mark) > 0) this.#set(place, messageId);
  }

  remove(place: string): void {
    if (this.#marks.delete(place)) this.#note(place, null);
  }

  /** Write what is not written yet. From then on, changes are written only by another call. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#writing;
    await this.#first;
    await this.#write();
  }

  #set(place: string, mark: string): void {
    this.#marks.set(place, mark);
    this.#note(place, mark);
  }

  #note(place: string, mark: string | null): void {
    this.#changed.set(place, mark);
    if (this.#planned || this.#stopping.signal.aborted) return;
    this.#planned = true;
    this.#writing = this.#writeLater();
  }

  async #writeLater(): Promise<void> {
    while (this.#changed.size > 0 && !this.#stopping.signal.aborted) {
      await this.#sleep(WRITE_EVERY_MS, this.#stopping.signal);
      await this.#write();
    }
    this.#planned = false;
  }

  async #write(): Promise<void> {
    const changes = this.#changed;
    if (changes.size === 0) return;
    this.#changed = new Map();
    try {
      await this.#bookmarks?.write(changes);
    } catch {
      // Not lost: they are written with the next ones.
      this.#changed = new Map([...changes, ...this.#changed]);
    }
  }
}
