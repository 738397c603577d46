const MAX_NAME = 128;

/** Control and format characters, which Telegram would show as nothing or refuse. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/**
 * A topic's name made from a message: one line of at most 128 characters.
 *
 * @see https://core.telegram.org/bots/api#createforumtopic
 */
export function topicName(title: string): string {
  return oneLine(title, MAX_NAME) || "Conversation";
}

/** A text as one line of at most `max` UTF-16 units, without what is not seen; it may be empty. */
export function oneLine(text: string, max: number): string {
  const line = text.replace(INVISIBLE, " ").replace(/\s+/g, " ").trim();
  if (line.length <= max) return line;
  // A cut in the middle of a surrogate pair would leave half a character.
  return `${line.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
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
