import { setImmediate as nextTurn } from "node:timers/promises";
import type { Destination } from "../record.ts";
import { privateChatOf } from "./ids.ts";
import type { Log } from "./log/log.ts";
import type { ErasableIn } from "./log/messages.ts";

/** Rows that are looked at in one go, and erased in one transaction: nobody waits for longer than that. */
const BATCH = 500;

/**
 * Takes out of the log, for good, what was said: texts, markup, files and choices. As where authors delete their own,
 * an empty row stays for replies and threads to refer to, and open pages are told.
 *
 * The gateway is told nothing: it is the one who asks. What it has not heard of yet is left alone. A crash leaves whole
 * batches erased; asking again goes on.
 */
export class Erasure {
  readonly #log: Log;
  readonly #now: () => number;

  constructor(log: Log, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  /** Everything that was said before a time. @param time epoch ms. @returns how many messages */
  before(time: number): Promise<number> {
    return this.#each((seqs) => this.#log.messages.saidBefore(time, seqs));
  }

  /**
   * What a person said in a chat or in one thread, and the bot's answers to it; in their private chat all of it.
   *
   * @returns how many messages
   */
  of({ chatId: chat, threadId }: Destination, userId: string): Promise<number> {
    const all = chat === privateChatOf(userId) ? 1 : 0;
    const place = { chat, thread: threadId ?? null, userId, all } as const;
    return this.#each((seqs) => this.#log.messages.saidBy(place, seqs));
  }

  async #each(found: (seqs: ErasableIn) => string[]): Promise<number> {
    const end = this.#log.messages.latest();
    let erased = 0;
    for (let after = 0; after < end; after += BATCH) {
      const ids = found({ after, upTo: Math.min(after + BATCH, end) });
      if (ids.length > 0) erased += await this.#log.write(() => this.#erase(ids));
      else await nextTurn();
    }
    if (erased > 0) this.#log.scrub();
    return erased;
  }

  #erase(ids: readonly string[]): number {
    const threads = new Map<string, string>();
    let erased = 0;
    for (const id of ids) {
      const row = this.#log.messages.byId(id);
      if (row === undefined || row.deletedAt !== null) continue;
      this.#log.messages.erase(id, this.#now());
      this.#log.messages.owe(id, null);
      this.#log.files.drop(id);
      this.#log.changes.add("delete", row.chat, id);
      if (row.thread !== null) threads.set(row.thread, row.chat);
      erased += 1;
    }
    for (const [thread, chat] of threads) this.#log.changes.add("thread", chat, thread);
    return erased;
  }
}
