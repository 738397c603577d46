/** When the line is cut: before a message is heard, or after it was taken and before that is confirmed. */
export type Cut = "before" | "after";

/** What goes wrong between the bot and the server, and for how long. */
export class Faults {
  /** The reason of `<failure>` that every login is answered with. */
  failedLogin: number | undefined;
  /** The code that the next messages are refused with, and how many. */
  #failed = { code: 0, times: 0 };
  /** Questions about groups are not answered. */
  groupsUnknown = false;
  #lostAcks = 0;
  #forgetting = 0;
  #holding = 0;
  #held: Array<() => void> = [];
  #cut: Cut | undefined;

  failSends(code: number, times: number): void {
    this.#failed = { code, times };
  }

  loseAcks(times: number): void {
    this.#lostAcks = times;
  }

  /** The line is cut at the next message; `undefined`: no longer. */
  cutAtSend(when: Cut | undefined): void {
    this.#cut = when;
  }

  /** Whether the line is to be cut now. */
  cuts(when: Cut): boolean {
    if (this.#cut !== when) return false;
    this.#cut = undefined;
    return true;
  }

  /** The code to refuse a message with that has just arrived. */
  refusal(): string | undefined {
    if (this.#failed.times === 0) return undefined;
    this.#failed.times -= 1;
    return String(this.#failed.code);
  }

  /** Send an ack: now, later, or never. */
  acknowledge(send: () => void): void {
    if (this.#lostAcks > 0) this.#lostAcks -= 1;
    else if (this.#holding > 0) this.#held.push(send);
    else send();
  }

  /** Keep acks back. Those that a broken connection has outlived reach nobody. */
  holdAcks(): { release(): void } {
    this.#holding += 1;
    return once(() => {
      this.#holding -= 1;
      if (this.#holding > 0) return;
      const held = this.#held;
      this.#held = [];
      for (const send of held) send();
    });
  }

  /** The server takes no notice of what the bot confirms. */
  forget(): { release(): void } {
    this.#forgetting += 1;
    return once(() => {
      this.#forgetting -= 1;
    });
  }

  get forgetting(): boolean {
    return this.#forgetting > 0;
  }
}

function once(action: () => void): { release(): void } {
  let over = false;
  return {
    release() {
      if (!over) action();
      over = true;
    },
  };
}
