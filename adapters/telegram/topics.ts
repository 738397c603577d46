import { cutAtWord } from "../cut-at-word.ts";
import { oneLine } from "../one-line.ts";

const MAX_NAME = 128;

/**
 * A topic's name made from a message: one line of at most 128 characters.
 *
 * @see https://core.telegram.org/bots/api#createforumtopic
 */
export function topicName(title: string): string {
  return cutAtWord(oneLine(title), MAX_NAME) || "Conversation";
}

/**
 * Remembers which of the chats heard of last are forums: there, typing in General has to name it, while messages must
 * not. Bounded; what it forgets costs a typing sign, until the chat is heard of again.
 */
export class ForumMemory {
  readonly #forums = new Set<string>();
  readonly #capacity: number;

  constructor(capacity = 1_000) {
    this.#capacity = capacity;
  }

  note(chatId: string, isForum: boolean): void {
    this.#forums.delete(chatId);
    if (!isForum) return;
    this.#forums.add(chatId);
    const oldest = this.#forums.values().next();
    if (this.#forums.size > this.#capacity && !oldest.done) this.#forums.delete(oldest.value);
  }

  has(chatId: string): boolean {
    return this.#forums.has(chatId);
  }
}
