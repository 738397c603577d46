/** At most `max` UTF-16 units of a text, whole characters. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  // A cut in the middle of a surrogate pair would leave half a character.
  return text.slice(0, max).replace(/[\uD800-\uDBFF]$/, "");
}
