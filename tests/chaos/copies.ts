import type { Life } from "./life.ts";
import type { Count, PlatformName } from "./record.ts";
import type { Standing } from "./standing.ts";

const METRIC = "parley_chunks_possibly_duplicated_total";

/**
 * Compares the parts that come to stand once more than they should with the gateway's own count of those that may.
 *
 * The count is gone with its process, so it is looked at as soon as there is something to be counted. A process that is
 * killed before it has told is not asked again.
 */
export class Copies {
  readonly counts: Count[] = [];
  readonly #known = new Map<PlatformName, number>();
  /** Those that came to stand since a process began. */
  readonly #during = new WeakMap<Life, Map<PlatformName, number>>();
  readonly #looking = new Set<Promise<void>>();

  /** @returns whether a part has come to stand once more */
  look(platform: PlatformName, { answers }: Standing, life: Life): boolean {
    const copies = answers.flatMap(({ parts }) => parts.map(({ at }) => at.length - 1)).reduce((sum, n) => sum + n, 0);
    const more = copies - (this.#known.get(platform) ?? 0);
    this.#known.set(platform, copies);
    if (more <= 0) return false;
    const during = this.#during.get(life) ?? new Map<PlatformName, number>();
    this.#during.set(life, during.set(platform, (during.get(platform) ?? 0) + more));
    const looking = this.#compare(platform, life).finally(() => this.#looking.delete(looking));
    this.#looking.add(looking);
    return true;
  }

  async settled(): Promise<void> {
    await Promise.all(this.#looking);
  }

  async #compare(platform: PlatformName, life: Life): Promise<void> {
    const stood = this.#during.get(life)?.get(platform) ?? 0;
    const counted = await life.metric(METRIC);
    if (counted !== undefined)
      this.counts.push({ platform, start: life.start, stood, counted: counted.get(platform) ?? 0 });
  }
}
