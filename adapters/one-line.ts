/** Control and format characters, which platforms show as nothing, or refuse; the flags of some regions hold such. */
const INVISIBLE =
  /(\u{1F3F4}[\u{E0030}-\u{E0039}\u{E0061}-\u{E007A}]{1,6}\u{E007F})|[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]--[\u200C\u200D]]+/gv;

/** They make one emoji of several, and shape letters; with nothing to join they are nothing. */
const LOOSE_JOINERS = /(?<![^\s\u200C\u200D])[\u200C\u200D]+|[\u200C\u200D]+(?![^\s\u200C\u200D])/g;

/** A text as one line without what is not seen; it may be empty. */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(INVISIBLE, (_, flag?: string) => flag ?? " ")
    .replace(LOOSE_JOINERS, "")
    .replace(/\s+/g, " ")
    .trim();
}
