/** How long what one person has written is held back if nobody else writes. */
const LONGEST_MS = 200;

/**
 * Lets what one person writes be overtaken by the next thing that somebody else writes. One person's things keep their
 * order, and so does what is written in one chat, where the chat is named.
 */
export class HeldBack {
  #due = false;
  #held: { person: number; chat: string | undefined; deliver: () => void } | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** The next thing is overtaken. */
  begin(): void {
    this.#due = true;
  }

  pass(person: number, deliver: () => void, chat?: string): void {
    if (this.#held !== undefined) {
      if (this.#held.person === person || (chat !== undefined && this.#held.chat === chat)) {
        this.#release();
        deliver();
      } else {
        deliver();
        this.#release();
      }
    } else if (this.#due) {
      this.#due = false;
      this.#held = { person, chat, deliver };
      this.#timer = setTimeout(() => this.#release(), LONGEST_MS);
    } else {
      deliver();
    }
  }

  /** What is held goes on now, and nothing is held any more. */
  end(): void {
    this.#due = false;
    this.#release();
  }

  #release(): void {
    clearTimeout(this.#timer);
    const held = this.#held;
    this.#held = undefined;
    held?.deliver();
  }
}
