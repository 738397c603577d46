import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Chance that is the same for the same seed. */
export class Dice {
  readonly #random: () => number;

  /** @param what draws of different things do not depend on one another, nor on the order in which they are drawn */
  constructor(seed: number, what = "") {
    const generator = xoroshiro128plus(hashOf(`${seed}:${what}`));
    this.#random = () => uniformFloat64(generator);
    // Seeds that are near one another begin alike.
    for (let warmUp = 0; warmUp < 8; warmUp++) this.#random();
  }

  /** From 0 up to 1. */
  next(): number {
    return this.#random();
  }

  /** A whole number from 0 up to `below`. */
  roll(below: number): number {
    return Math.floor(this.#random() * below);
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }

  pick<Item>(items: readonly Item[]): Item {
    if (items.length === 0) throw new RangeError("there is nothing to pick from");
    return items[this.roll(items.length)] as Item;
  }

  /** Most are near the median, few are several times as large. */
  logNormal(median: number, sigma: number): number {
    const [radius, angle] = [Math.sqrt(-2 * Math.log(1 - this.#random())), 2 * Math.PI * this.#random()];
    return median * Math.exp(sigma * radius * Math.cos(angle));
  }

  /** The time to the next of things that happen by chance, so many in a unit of time. */
  gap(rate: number): number {
    return -Math.log(1 - this.#random()) / rate;
  }
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash | 0;
}
