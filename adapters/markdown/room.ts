/** What the chunk being filled may still take, asked in terms of some kind of part. */
export interface Room<T> {
  /** Whether these fit after what the chunk holds already. */
  fits(parts: readonly T[]): boolean;
  /** Whether these would fit into a chunk of their own. */
  fitAlone(parts: readonly T[]): boolean;
  /** True if the chunk holds nothing yet: then something has to go in, however it is cut. */
  fresh: boolean;
}

/** What goes into the chunk, and what is left. */
export type Cut<T> = [head: readonly T[], tail: readonly T[]];

/** The same room, asked for what is inside a part. */
export function inside<T, U>(room: Room<T>, wrap: (parts: readonly U[]) => T): Room<U> {
  return {
    fits: (parts) => room.fits([wrap(parts)]),
    fitAlone: (parts) => room.fitAlone([wrap(parts)]),
    fresh: room.fresh,
  };
}

/**
 * Cut a sequence between its parts; a part is cut inside, by `cutPart`, only if it is too long for any chunk.
 *
 * @param staysWithNext whether a part must not be the last of a chunk
 */
export function cutBetween<T>(
  parts: readonly T[],
  room: Room<T>,
  cutPart: (part: T, room: Room<T>) => Cut<T>,
  staysWithNext: (part: T) => boolean = () => false,
): Cut<T> {
  const count = longest(parts.length, (count) => room.fits(parts.slice(0, count)));
  const next = parts[count];
  if (next === undefined) return [parts, []];

  const alone = room.fresh && count === 0;
  if (alone || !room.fitAlone([next])) {
    const before = parts.slice(0, count);
    const [head, tail] = cutPart(next, {
      fits: (rest) => room.fits([...before, ...rest]),
      fitAlone: room.fitAlone,
      fresh: alone,
    });
    if (head.length > 0)
      return [
        [...before, ...head],
        [...tail, ...parts.slice(count + 1)],
      ];
  }

  let end = count;
  while (end > 0 && staysWithNext(parts[end - 1] as T)) end--;
  if (end === 0 && room.fresh) end = count;
  return [parts.slice(0, end), parts.slice(end)];
}

/** The largest number up to `most` that passes; 0 if 1 does not. A number that passes says that all below it do. */
export function longest(most: number, passes: (count: number) => boolean): number {
  let low = 0;
  let high = 1;
  while (high <= most && passes(high)) {
    low = high;
    high *= 2;
  }
  high = Math.min(high, most + 1);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (passes(middle)) low = middle;
    else high = middle;
  }
  return low;
}
