import { roomNameOf } from "../ids.ts";
import type { Change } from "../log/changes.ts";
import type { Log } from "../log/log.ts";
import { wireMessage } from "../wire.ts";
import { frame } from "./frame.ts";

const CACHED = 256;
const BATCH = 50;

/** Reads the log's changes as events. */
export class Replay {
  readonly #log: Log;
  /** The latest changes as text: streams that keep up all want the same ones. */
  readonly #cache = new Map<number, string>();
  /** As of when the cache was begun. */
  #rewrites = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  latest(): number {
    return this.#log.changes.latest();
  }

  /** Whether more than `count` changes that this person may see came after `seq`. */
  isBehind(seq: number, userId: string, count: number): boolean {
    return this.#log.changes.after(seq, userId, count + 1).length > count;
  }

  /** @returns the next events after `seq` and where the one after them begins; `null` if there is nothing more */
  next(seq: number, userId: string): { text: string; seq: number } | null {
    if (this.#rewrites !== this.#log.changes.rewrites) {
      this.#rewrites = this.#log.changes.rewrites;
      this.#cache.clear();
    }
    const changes = this.#log.changes.after(seq, userId, BATCH);
    const last = changes.at(-1);
    if (last === undefined) return null;
    return { text: changes.map((change) => this.#text(change)).join(""), seq: last.seq };
  }

  #text(change: Change): string {
    const cached = this.#cache.get(change.seq);
    if (cached !== undefined) return cached;
    const text = this.#read(change);
    this.#cache.set(change.seq, text);
    if (this.#cache.size > CACHED) {
      const [oldest] = this.#cache.keys();
      if (oldest !== undefined) this.#cache.delete(oldest);
    }
    return text;
  }

  /** What changed since is told as it is now; a message that is gone by now is not told at all. */
  #read({ seq, kind, chat, messageId }: Change): string {
    if (kind === "room" || messageId === null) return frame("room", { id: chat }, seq);
    const row = this.#log.messages.byId(messageId);
    if (row === undefined) return "";
    const room = roomNameOf(chat);
    if (kind === "delete") {
      return frame(
        "delete",
        row.thread === null ? { id: row.id, room } : { id: row.id, room, thread: row.thread },
        seq,
      );
    }
    if (kind === "thread") return frame("thread", { id: row.id, room, replies: row.replies }, seq);
    if (row.deletedAt !== null && row.startsThread === 0) return "";
    return frame(kind, wireMessage(row), seq);
  }
}
