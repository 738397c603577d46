/** Most that are remembered: what people reply to is rarely older. */
const CAPACITY = 5_000;

/** The ids of messages that the bot has sent, the newest of them. */
export class OwnMessages {
  readonly #ids = new Set<string>();

  add(id: string): void {
    this.#ids.delete(id);
    this.#ids.add(id);
    const oldest = this.#ids.keys().next();
    if (this.#ids.size > CAPACITY && !oldest.done) this.#ids.delete(oldest.value);
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }
}
