import type { WireEntity } from "./wire.ts";

/**
 * What Telegram's server marks in a plain text. Of overlapping finds the first kind in this list wins: an address in an
 * e-mail or a link is no mention.
 */
const KINDS: ReadonlyArray<readonly [type: string, pattern: RegExp]> = [
  ["url", /\bhttps?:\/\/[^\s]+[^\s.,;:!?)]/g],
  ["email", /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g],
  ["bot_command", /(?<![\w/<>])\/\w{1,64}(?:@\w{3,32})?(?!\w)/g],
  ["mention", /(?<![\w/@])@\w{3,32}(?!\w)/g],
  ["hashtag", /(?<![\w/#])#[\p{L}\p{N}_]+/gu],
];

/** Offsets and lengths in UTF-16 units, ordered by offset. */
export function entitiesOf(text: string): WireEntity[] {
  const found: WireEntity[] = [];
  for (const [type, pattern] of KINDS) {
    for (const match of text.matchAll(pattern)) {
      const entity = { type, offset: match.index, length: match[0].length };
      if (!found.some((other) => overlap(entity, other))) found.push(entity);
    }
  }
  return found.sort((one, other) => one.offset - other.offset);
}

function overlap(one: WireEntity, other: WireEntity): boolean {
  return one.offset < other.offset + other.length && other.offset < one.offset + one.length;
}
