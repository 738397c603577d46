/** How calls of a method are to go wrong. */
export interface Fault {
  /** Answer with this status; left out, the connection is cut. */
  status?: number;
  description?: string;
  /** Seconds, as Telegram tells them. */
  retryAfter?: number;
  parameters?: Record<string, unknown>;
  /** Answer with this body, whatever it is. */
  body?: string;
  /** How many calls; default 1. */
  times?: number;
  /** `after`: the call takes effect and its answer is what goes wrong. Default `before`. */
  when?: "before" | "after";
}

/** Calls that are kept waiting. */
export interface Hang {
  /** Resolves when the first such call has arrived. */
  arrived: Promise<void>;
  /** Let the waiting calls go on, and later ones pass. */
  release(): void;
}

interface HeldCalls extends Hang {
  /** Calls that it is still to hold. */
  left: number;
  arrive(): void;
  released: Promise<void>;
}

export class Faults {
  readonly #faults = new Map<string, Array<Fault & { left: number }>>();
  readonly #hangs = new Map<string, HeldCalls>();

  /** @returns what ends it before so many calls went wrong */
  add(method: string, fault: Fault): () => void {
    const faults = this.#faults.get(method) ?? [];
    const added = { ...fault, left: fault.times ?? 1 };
    faults.push(added);
    this.#faults.set(method, faults);
    return () => {
      added.left = 0;
    };
  }

  take(method: string): Fault | undefined {
    const fault = this.#faults.get(method)?.find(({ left }) => left > 0);
    if (fault !== undefined) fault.left -= 1;
    return fault;
  }

  /** @param calls so many are held, those after them pass */
  hang(method: string, calls = Number.POSITIVE_INFINITY): Hang {
    const arrival = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const hang: HeldCalls = {
      left: calls,
      arrived: arrival.promise,
      arrive: arrival.resolve,
      released: release.promise,
      release: () => {
        if (this.#hangs.get(method) === hang) this.#hangs.delete(method);
        release.resolve();
      },
    };
    this.#hangs.set(method, hang);
    return hang;
  }

  /** Wait as long as calls of the method are held. */
  async pass(method: string): Promise<void> {
    const hang = this.#hangs.get(method);
    if (hang === undefined || hang.left === 0) return;
    hang.left -= 1;
    hang.arrive();
    await hang.released;
  }

  close(): void {
    for (const hang of [...this.#hangs.values()]) hang.release();
  }
}
