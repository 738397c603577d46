/** What a person said, without the envelope around it and without mentions. */
export function wordsOf(text: string): string {
  return text
    .replace(/<[^>]*>/g, "")
    .replace(/@\w+/g, "")
    .trim();
}

/** What counts by the day is played once more if midnight (UTC) came in between. */
export async function withinOneDay(play: () => Promise<void>): Promise<void> {
  const today = () => new Date().toISOString().slice(0, 10);
  const day = today();
  try {
    await play();
  } catch (error) {
    if (today() === day) throw error;
    await play();
  }
}
