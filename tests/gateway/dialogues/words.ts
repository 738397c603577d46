/** What a person said, without the envelope around it and without mentions. */
export function wordsOf(text: string): string {
  return text
    .replace(/<[^>]*>/g, "")
    .replace(/@\w+/g, "")
    .trim();
}
