import { fits, type RoutePattern } from "./route-pattern.ts";

/** How calls of a route are to go wrong. With neither `status` nor `after`, the connection is cut before they are heard. */
export interface Fault {
  status?: number;
  /** Discord's own code in the body. */
  code?: number;
  message?: string;
  /** For a 429. Default 1,000. */
  retryAfterMs?: number;
  /** Whose limit it is, for a 429. Default `user`. */
  scope?: "user" | "shared" | "global";
  /** How many calls; default 1. */
  times?: number;
  /** `lost`: the call takes effect, but the connection dies before its answer. */
  after?: "lost";
}

/** Calls that are kept waiting. */
export interface Hold {
  /** Resolves when the first such call is kept. */
  readonly arrived: Promise<void>;
  /** Let the waiting calls go on, and later ones pass. */
  release(): void;
}

export interface HoldOptions {
  /** `taken`: the calls take effect, and their answers are what is kept back. */
  after?: "taken";
}

interface HeldCalls extends Hold {
  pattern: RoutePattern;
  answers: boolean;
  arrive(): void;
  released: Promise<void>;
}

export class Faults {
  readonly #faults: Array<{ pattern: RoutePattern; fault: Fault; left: number }> = [];
  readonly #holds = new Set<HeldCalls>();

  /** @returns what ends it before so many calls went wrong */
  add(pattern: RoutePattern, fault: Fault): () => void {
    const added = { pattern, fault, left: fault.times ?? 1 };
    this.#faults.push(added);
    return () => {
      added.left = 0;
    };
  }

  take(method: string, path: string): Fault | undefined {
    const found = this.#faults.find(({ pattern, left }) => left > 0 && fits(pattern, method, path));
    if (found !== undefined) found.left -= 1;
    return found?.fault;
  }

  hold(pattern: RoutePattern, { after }: HoldOptions = {}): Hold {
    const arrival = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const hold: HeldCalls = {
      pattern,
      answers: after === "taken",
      arrived: arrival.promise,
      arrive: arrival.resolve,
      released: release.promise,
      release: () => {
        this.#holds.delete(hold);
        release.resolve();
      },
    };
    this.#holds.add(hold);
    return hold;
  }

  /** Wait as long as calls of this route (or their answers) are held. */
  async pass(method: string, path: string, what: "call" | "answer"): Promise<void> {
    for (const hold of [...this.#holds]) {
      if (hold.answers !== (what === "answer") || !fits(hold.pattern, method, path)) continue;
      hold.arrive();
      await hold.released;
    }
  }

  close(): void {
    for (const hold of [...this.#holds]) hold.release();
  }
}
