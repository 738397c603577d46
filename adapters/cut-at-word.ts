/** At most `max` UTF-16 units, ending with a whole word where there is one. */
export function cutAtWord(text: string, max: number): string {
  if (text.length <= max) return text;
  // A cut in the middle of a surrogate pair would leave half a character.
  const cut = text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, "");
  const space = cut.lastIndexOf(" ");
  return `${(space > max / 2 ? cut.slice(0, space) : cut).trimEnd()}…`;
}
