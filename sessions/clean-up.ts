export interface CleanUpStore {
  /**
   * Drop what is finished and that nothing will ask for again: deliveries that were sent or dropped, with their texts, and
   * the texts of messages that were dealt with, 7 days after they were written; what was said once a day, 2 days after;
   * remarks about conversations that have ended; pictures that never became part of a turn, after 2 days. `docs/administration.md`
   * says what is kept for how long.
   *
   * Conversations, numbers, names, who belongs to whom and deliveries that failed are not touched. A message that is
   * delivered again is known as ever. In batches, so that nobody who wants to write waits for all of it; beginning again,
   * also after a crash, is harmless.
   *
   * @param now epoch ms
   * @param ambientMs so long after they came, messages that did not address the bot lose their words; a day at most, and by
   *   default
   * @returns how many rows went or were emptied
   */
  cleanUp(now: number, ambientMs?: number): Promise<number>;
}
