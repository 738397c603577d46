import type { Adapter, AdapterState } from "../adapters/adapter.ts";
import type { Destination, Platform } from "../adapters/record.ts";

/** The connected platforms, and how each of them is. */
export class Platforms {
  readonly #adapters = new Map<string, Adapter>();
  readonly #states = new Map<string, AdapterState>();

  constructor(adapters: Iterable<Adapter>) {
    for (const adapter of adapters) {
      this.#adapters.set(name(adapter), adapter);
      this.#states.set(name(adapter), { ready: false, reason: "starting" });
    }
  }

  /** The adapter that serves a place; undefined if its platform is not configured any more. */
  at(place: { platform: Platform; account: string } | Destination): Adapter | undefined {
    return this.#adapters.get(name(place));
  }

  all(): Adapter[] {
    return [...this.#adapters.values()];
  }

  report(adapter: Adapter, state: AdapterState): void {
    this.#states.set(name(adapter), state);
  }

  states(): Record<string, AdapterState> {
    return Object.fromEntries(this.#states);
  }
}

function name({ platform, account }: { platform: Platform; account: string }): string {
  return account === "default" ? platform : `${platform}@${account}`;
}
